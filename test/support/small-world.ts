// A provisioning file for tests of the whole switch: operator > reseller > customer, an account, and SMPP trunks to
// upstreams of the test, the first one cheapest.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';

export interface SmallWorldTrunk {
  readonly id: string;
  readonly port: number;
}

export const ACME = { systemId: 'acme', password: 's3cret' } as const;

/** What one segment to 34… costs each level, in EUR. */
export const PRICES = { customer: '0.05', reseller: '0.03' } as const;
export const TOP_UPS = { reseller: '500.00', customer: '100.00' } as const;

type Section = Record<string, Record<string, unknown>>;
export type SmallWorldFile = Record<string, Section>;

/** Carriers `c-ID` and trunks ID for what is given; each costs a cent more than the one before. */
export function smallWorld(trunks: readonly SmallWorldTrunk[]): SmallWorldFile {
  const byTrunk = (name: (id: string) => string, entry: (trunk: SmallWorldTrunk) => Record<string, unknown>): Section =>
    Object.fromEntries(trunks.map((trunk) => [name(trunk.id), entry(trunk)]));
  return {
    tenants: {
      operator: { currency: 'EUR' },
      reseller: { parent: 'operator', plan: 'wholesale' },
      customer: { parent: 'reseller', plan: 'retail' },
    },
    decks: {
      ...byTrunk(
        (id) => `buy-${id}`,
        ({ id }) => ({ file: `buy-${id}.csv` }),
      ),
      'sell-reseller': { file: 'sell-reseller.csv' },
      'sell-customer': { tenant: 'reseller', file: 'sell-customer.csv' },
    },
    plans: {
      wholesale: { deck: 'sell-reseller', chargeOn: 'submitted' },
      retail: { tenant: 'reseller', deck: 'sell-customer', chargeOn: 'submitted' },
    },
    carriers: byTrunk(
      (id) => `c-${id}`,
      () => ({ country: 'ES' }),
    ),
    trunks: byTrunk(
      (id) => id,
      ({ id, port }) => ({
        carrier: `c-${id}`,
        adapter: 'smpp',
        deck: `buy-${id}`,
        secrets: { password: 'upstream' },
        options: { host: '127.0.0.1', port, systemId: 'matrioska', reconnectMinMs: 50, reconnectMaxMs: 200 },
      }),
    ),
    accounts: { acme: { tenant: 'customer', ...ACME, segmentsPerSec: 1_000 } },
    resources: { 'acme-name': { tenant: 'customer', type: 'alphanumeric', value: 'ACME', countries: ['*'] } },
  };
}

/** Writes the file and its decks into a folder; answers the path of the file. */
export function writeSmallWorld(world: SmallWorldFile, folder: string): string {
  mkdirSync(folder, { recursive: true });
  let cents = 0;
  for (const deck of Object.keys(world['decks'] ?? {})) {
    if (deck.startsWith('buy-')) writeDeck(folder, deck, `0.0${++cents}`);
  }
  writeDeck(folder, 'sell-reseller', PRICES.reseller);
  writeDeck(folder, 'sell-customer', PRICES.customer);
  const path = join(folder, 'world.yaml');
  writeFileSync(path, stringify(world));
  return path;
}

function writeDeck(folder: string, deck: string, price: string): void {
  writeFileSync(join(folder, `${deck}.csv`), `prefix,price,effective\n34,${price},2026-01-01\n`);
}
