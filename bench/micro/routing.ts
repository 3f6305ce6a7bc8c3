// What one decision costs: 20 trunks over 100,000 prefixes, destinations uniform and Zipf.
//   node --expose-gc --import=tsx --conditions=source bench/micro/routing.ts

import { bench, do_not_optimize, run, summary } from 'mitata';
import { PrefixTable, seededRandom } from '#core';
import { compileTables, parseDeckCsv, RateTables } from '#rating';
import { buildRanks, Decision, DecideRequest, Router, TrunkState } from '#routing';
import { deckCsv, deckPrefixes } from './decks.js';

const TRUNKS = 20;
const PREFIXES = 100_000;
const NUMBERS = 65_536;

const prefixes = deckPrefixes(PREFIXES, 1);
const decks = Array.from({ length: TRUNKS }, (_, at) => {
  const parsed = parseDeckCsv(deckCsv(prefixes, at + 1));
  if (!parsed.ok) throw new Error(parsed.errors[0]?.why);
  return { ref: at + 1, version: 1, rows: parsed.rows };
});
const rates = new RateTables(compileTables(decks, Date.UTC(2026, 5, 1)));
const columns = decks.map((deck) => rates.column(deck.ref) ?? new BigInt64Array(0));
const trunks = decks.map((deck) => new TrunkState(deck.ref, deck.ref % 4));
for (const trunk of trunks) trunk.up = true;
const router = new Router();
router.install({
  ranks: buildRanks({ size: rates.index.size, trunkRefs: trunks.map((trunk) => trunk.ref), columns }),
  trunks,
});

const random = seededRandom(5);
const numberBelow = (prefix: string): string => (prefix + String(Math.floor(random() * 1e9))).padEnd(12, '5');
const uniform = Array.from({ length: NUMBERS }, () => numberBelow(prefixes[Math.floor(random() * PREFIXES)] as string));
// Rank r is drawn in proportion to 1/r: the inverse of its cumulated share is an exponential.
const zipf = Array.from({ length: NUMBERS }, () =>
  numberBelow(prefixes[Math.floor(PREFIXES ** random()) - 1] as string),
);

const request = new DecideRequest();
request.ownerRefs = [0, 1, 2, 3];
request.ceilingNanos = [-1n, 100_000_000n, -1n, 50_000_000n];
const decision = new Decision();
const index = new PrefixTable(rates.index.image);

for (const [name, numbers] of [
  ['uniform', uniform],
  ['zipf', zipf],
] as const) {
  let at = 0;
  summary(() => {
    bench(`look-up alone, ${name}`, () => {
      at = (at + 1) & (NUMBERS - 1);
      do_not_optimize(index.lookup(numbers[at] as string));
    });
    bench(`look-up and decide, ${name}`, () => {
      at = (at + 1) & (NUMBERS - 1);
      request.ordinal = index.lookup(numbers[at] as string);
      router.decide(request, decision);
      do_not_optimize(decision.kept);
    });
  });
}
await run();
