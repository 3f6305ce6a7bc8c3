// Writes a world as provisioning files: one YAML file and a CSV per deck.

import { scryptSync } from 'node:crypto';
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import type { DeckShape } from './price-list.js';
import type { World, WorldDeck } from './world.js';

/** High enough that no run of any length empties it: balances start at zero and fall. */
const CREDIT_LIMIT = '100000000.00';

/** Answers the path of the YAML file, ready for `matrioska apply`. */
export function writeWorld(world: World, folder: string): string {
  mkdirSync(folder, { recursive: true });
  for (const deck of world.decks) writeDeck(world, deck, join(folder, `${deck.id}.csv`));
  const file = join(folder, 'world.yaml');
  writeFileSync(file, JSON.stringify(documentOf(world), undefined, 1)); // JSON is YAML.
  return file;
}

/** A new version of one deck, as a provisioning file of its own. */
export function writeDeckFile(world: World, deck: WorldDeck, folder: string): string {
  writeDeck(world, deck, join(folder, `${deck.id}.csv`));
  const file = join(folder, 'deck.yaml');
  writeFileSync(file, JSON.stringify({ decks: { [deck.id]: deckEntry(deck) } }));
  return file;
}

function writeDeck(world: World, deck: DeckShape, path: string): void {
  const file = openSync(path, 'w');
  for (const chunk of world.deckCsv(deck)) writeSync(file, chunk);
  closeSync(file);
}

const deckEntry = (deck: WorldDeck): object => ({ tenant: deck.owner, currency: 'EUR', file: `${deck.id}.csv` });

/** A section of a provisioning file: entries by id. */
function section<T>(
  items: readonly T[],
  idOf: (item: T, at: number) => string,
  entryOf: (item: T, at: number) => object,
): object {
  return Object.fromEntries(items.map((item, at) => [idOf(item, at), entryOf(item, at)]));
}

function documentOf(world: World): object {
  const { options } = world;
  // One for all: the switch checks and remembers per account, and a thousand derivations would be ours to wait for.
  const hash = hashOf(world.accounts[0]?.password ?? '', options.passwordCost);
  const senders = world.tenants.filter((tenant) => tenant.id.startsWith('c'));
  return {
    tenants: section(
      world.tenants,
      (tenant) => tenant.id,
      (tenant) => ({
        ...(tenant.parent === undefined ? {} : { parent: tenant.parent.id, plan: tenant.plan?.id }),
        currency: 'EUR',
        creditLimit: CREDIT_LIMIT,
        forbidLoss: true,
      }),
    ),
    decks: section(world.decks, (deck) => deck.id, deckEntry),
    plans: section(
      world.plans,
      (plan) => plan.id,
      (plan) => ({ tenant: plan.owner, deck: plan.deck.id, chargeOn: plan.chargeOn }),
    ),
    carriers: section(
      options.ports,
      (_, trunk) => `carrier-${trunk}`,
      () => ({ tenant: 'operator', country: 'IT' }),
    ),
    trunks: section(
      options.ports,
      (_, trunk) => `trunk-${trunk}`,
      (port, trunk) => trunkEntry(world, port, trunk),
    ),
    accounts: section(
      world.accounts,
      (account) => account.id,
      (account) => ({
        tenant: account.tenant.id,
        systemId: account.systemId,
        passwordHash: hash,
        bindMax: options.accountBindMax,
        windowMax: options.accountWindowMax,
        segmentsPerSec: 1_000_000,
        burstSegments: 1_000_000,
      }),
    ),
    resources: section(
      senders,
      (tenant) => `sender-${tenant.id}`,
      (tenant) => ({
        tenant: tenant.id,
        type: 'alphanumeric',
        value: `B${tenant.id.slice(1)}`,
        countries: ['*'],
      }),
    ),
  };
}

const trunkEntry = (world: World, port: number, trunk: number): object => ({
  carrier: `carrier-${trunk}`,
  adapter: 'smpp',
  deck: `buy-${trunk}`,
  receipts: 'asked',
  secrets: { password: 'secret' },
  options: {
    host: '127.0.0.1',
    port,
    systemId: `sw${trunk}`,
    window: world.options.trunkWindowMax,
    reconnectMinMs: 100,
    reconnectMaxMs: 500,
  },
});

/** A hash as the switch stores it, at a cost of the tool's choosing. */
function hashOf(password: string, cost: number): string {
  const salt = Buffer.from(`bench-salt-${password}`.padEnd(16, '.').slice(0, 16));
  const key = scryptSync(password, salt, 32, { N: cost, r: 8, p: 1 });
  return `scrypt$${cost}$8$1$${salt.toString('base64')}$${key.toString('base64')}`;
}
