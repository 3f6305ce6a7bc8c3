// What one message's money costs: quote, reserve and settle over 4 levels; and what reading a deck costs per row.
//   node --expose-gc --import=tsx --conditions=source bench/micro/rating.ts

import { bench, do_not_optimize, run } from 'mitata';
import { seededRandom } from '#core';
import { Balance, compileTables, parseDeckCsv, quote, Quote, RateTables, reserve, Sale, settleLevel } from '#rating';
import { deckCsv, deckPrefixes } from './decks.js';

const LEVELS = 4;
const ACCOUNTS = 1_000;
const NUMBERS = 65_536;

const prefixes = deckPrefixes(100_000, 1);
const csv = deckCsv(prefixes, 1);
const decks = Array.from({ length: 24 }, (_, at) => {
  const parsed = parseDeckCsv(deckCsv(prefixes, at + 1));
  if (!parsed.ok) throw new Error(parsed.errors[0]?.why);
  return { ref: at + 1, version: 1, rows: parsed.rows };
});
const rates = new RateTables(compileTables(decks, Date.UTC(2026, 5, 1)));

const upper = Array.from({ length: LEVELS - 1 }, (_, at) => new Balance(at + 1, 'EUR', 10n ** 15n));
const chains = Array.from({ length: ACCOUNTS }, (_, account) =>
  [new Balance(100 + account, 'EUR', 10n ** 15n), ...upper].map(
    (balance, level) =>
      new Sale(balance, {
        sellerRef: 0,
        deckRef: 21 + level,
        planRef: 1,
        chargeOn: 'accepted',
        forbidLoss: false,
      }),
  ),
);
const random = seededRandom(5);
const ordinals = Int32Array.from({ length: NUMBERS }, () => Math.floor(random() * rates.index.size));
const into = new Quote();
const message = { settledLevels: 0 };
let at = 0;

bench('quote, reserve and settle 4 levels', () => {
  at = (at + 1) & (NUMBERS - 1);
  const chain = chains[at % ACCOUNTS] as Sale[];
  quote(rates, chain, LEVELS, ordinals[at] as number, 1 + (at & 3), into);
  if (reserve(chain, LEVELS, into.amountMicros) >= 0) throw new Error('the bench ran out of money');
  message.settledLevels = 0;
  for (let level = 0; level < LEVELS; level++) {
    const amount = into.amountMicros[level] as bigint;
    settleLevel(message, level, (chain[level] as Sale).balance, amount, amount);
  }
});
bench('quote 4 levels alone', () => {
  at = (at + 1) & (NUMBERS - 1);
  do_not_optimize(quote(rates, chains[at % ACCOUNTS] as Sale[], LEVELS, ordinals[at] as number, 1, into));
});
bench('read a deck of 100,000 rows', () => do_not_optimize(parseDeckCsv(csv)));
bench('compile that deck', () => do_not_optimize(compileTables(decks.slice(0, 1), Date.UTC(2026, 5, 1))));
await run();
