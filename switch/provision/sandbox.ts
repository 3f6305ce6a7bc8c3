// A small world for the first start: operator > reseller > customer, four simulated carriers that differ in price, delay
// and delivery rate, decks for every country, an account, a key and money to spend.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCountries, getCountryCallingCode, getExampleNumber } from 'libphonenumber-js/max';
import examples from 'libphonenumber-js/mobile/examples';
import { formatNanos, seededRandom } from '#core';
import { newKey, newPassword } from '../secrets/index.js';
import { parseProvisionText } from './document.js';
import type { ProvisionDocument } from './document.js';

export interface SandboxCredentials {
  readonly systemId: string;
  readonly password: string;
  readonly httpKey: string;
  /** A number and a name that the account may send from. */
  readonly number: string;
  readonly name: string;
}

export interface Sandbox {
  readonly yaml: string;
  readonly document: ProvisionDocument;
  readonly credentials: SandboxCredentials;
  /** To be posted after the file is applied. */
  readonly topUps: readonly { readonly tenant: string; readonly amount: string }[];
}

/** Simulated carriers: price in per cent of the market's, and how well they carry. */
const CARRIERS = [
  { id: 'alfa', country: 'IT', pricePct: 82, options: { delayMs: 120, deliveryRate: 0.88, receiptDelayMs: 2_500 } },
  { id: 'bravo', country: 'DE', pricePct: 96, options: { delayMs: 45, deliveryRate: 0.95, receiptDelayMs: 1_200 } },
  { id: 'celta', country: 'ES', pricePct: 104, options: { delayMs: 25, deliveryRate: 0.98, receiptDelayMs: 700 } },
  { id: 'delta', country: 'GB', pricePct: 121, options: { delayMs: 10, deliveryRate: 0.995, receiptDelayMs: 300 } },
] as const;

/** What each level adds: the reseller pays the dearest carrier's price and this much more, the customer again. */
const RESELLER_PCT = 108;
const CUSTOMER_PCT = 115;
/** The same decks on every machine. */
const SEED = 20_260_101;
const NUMBER = '390230001234';
const NAME = 'Matrioska';

/** Writes the decks and the file into `sandbox` in the data folder; password and key are new each time. */
export function sandbox(dataFolder: string): Sandbox {
  const folder = join(dataFolder, 'sandbox');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const decks = sandboxDecks();
  for (const [name, csv] of decks) writeFileSync(join(folder, `${name}.csv`), csv);
  const credentials = { systemId: 'sandbox', password: newPassword(), httpKey: newKey(), number: NUMBER, name: NAME };
  const text = sandboxYaml(credentials);
  // What stays on disk holds no password: applying it again keeps the ones that were made.
  const withoutSecrets = text.replace(/^ +(password|key): .*\n/gm, '');
  writeFileSync(join(folder, 'sandbox.yaml'), withoutSecrets);
  return {
    yaml: text,
    document: parseProvisionText(text, 'sandbox.yaml', folder),
    credentials,
    topUps: [
      { tenant: 'reseller', amount: '5000.00' },
      { tenant: 'customer', amount: '100.00' },
    ],
  };
}

function sandboxYaml(credentials: SandboxCredentials): string {
  const carriers = CARRIERS.map(({ id, country }) => `  ${id}: { country: ${country} }`).join('\n');
  const buyDecks = CARRIERS.map(({ id }) => `  buy-${id}: { file: buy-${id}.csv }`).join('\n');
  const trunks = CARRIERS.map(
    ({ id, options }) =>
      `  ${id}-1:\n    carrier: ${id}\n    adapter: loopback\n    deck: buy-${id}\n    options: ${JSON.stringify(options)}`,
  ).join('\n');
  return `# The sandbox that the first start made. Change it and run: matrioska apply sandbox.yaml
tenants:
  operator: { name: Sandbox operator, currency: EUR }
  reseller: { name: Sandbox reseller, parent: operator, plan: wholesale, forbidLoss: true }
  customer: { name: Sandbox customer, parent: reseller, plan: retail }
decks:
${buyDecks}
  sell-reseller: { file: sell-reseller.csv }
  sell-customer: { tenant: reseller, file: sell-customer.csv }
plans:
  wholesale: { deck: sell-reseller, chargeOn: submitted }
  retail: { tenant: reseller, deck: sell-customer, chargeOn: submitted }
carriers:
${carriers}
trunks:
${trunks}
accounts:
  sandbox:
    tenant: customer
    password: ${credentials.password}
    segmentsPerSec: 1000
    windowMax: 100
    allowFrom: [127.0.0.0/8, '::1']
resources:
  sandbox-number: { tenant: customer, type: number, value: '${credentials.number}' }
  sandbox-name: { tenant: customer, type: alphanumeric, value: ${credentials.name}, countries: ['*'] }
keys:
  sandbox:
    tenant: customer
    key: ${credentials.httpKey}
    permissions: [messages.read, messages.send]
`;
}

/** Name and CSV of every deck. Rates are invented, in a plausible range, and the same each time. */
export function sandboxDecks(): Map<string, string> {
  const random = seededRandom(SEED);
  const header = 'prefix,price,effective';
  const decks = new Map<string, string[]>();
  const add = (deck: string, prefix: string, nanos: bigint): void => {
    const lines = decks.get(deck) ?? [header];
    lines.push(`${prefix},${formatNanos(nanos)},2026-01-01`);
    decks.set(deck, lines);
  };
  for (const prefix of sandboxPrefixes()) {
    // From 0.4 to 9 cents, cheap ones more often, as wholesale lists have it.
    const marketNanos = roundTo(BigInt(Math.round(4_000_000 + random() ** 2 * 86_000_000)), 100_000n);
    let dearest = 0n;
    for (const { id, pricePct } of CARRIERS) {
      // Each carrier is better somewhere: up to 15 % either way.
      const pct = BigInt(Math.round(pricePct * (0.85 + random() * 0.3)));
      const nanos = roundTo((marketNanos * pct) / 100n, 10_000n);
      if (nanos > dearest) dearest = nanos;
      add(`buy-${id}`, prefix, nanos);
    }
    const reseller = roundTo((dearest * BigInt(RESELLER_PCT)) / 100n, 10_000n);
    add('sell-reseller', prefix, reseller);
    add('sell-customer', prefix, roundTo((reseller * BigInt(CUSTOMER_PCT)) / 100n, 10_000n));
  }
  return new Map([...decks].map(([name, lines]) => [name, `${lines.join('\n')}\n`]));
}

/** Every calling code, and below it the beginning of each country's mobile numbers. */
function sandboxPrefixes(): string[] {
  const prefixes = new Set<string>();
  for (const iso of getCountries()) {
    const callingCode = getCountryCallingCode(iso);
    prefixes.add(callingCode);
    const national = getExampleNumber(iso, examples)?.nationalNumber ?? '';
    for (const digits of [2, 3]) if (national.length > digits) prefixes.add(callingCode + national.slice(0, digits));
  }
  return [...prefixes].sort();
}

/** Up, so that no step loses a margin to rounding. */
const roundTo = (nanos: bigint, step: bigint): bigint => ((nanos + step - 1n) / step) * step;
