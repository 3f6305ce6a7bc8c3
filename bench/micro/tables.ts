// What imports and compilations cost the pool, and what the main thread feels of them.
//   npx tsx --conditions=source bench/micro/tables.ts [--json]

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { RateTables, type DeckSource } from '#rating';
import { TablesPool } from '../../switch/tables/index.js';
import { deckCsv, deckPrefixes } from './decks.js';

interface Felt {
  readonly ms: number;
  readonly loopDelayP99Ms: number;
  readonly loopDelayMaxMs: number;
}

/** Milliseconds that the work took, and how late a 1 ms timer of this thread ran meanwhile. */
async function felt(work: () => Promise<unknown>): Promise<Felt> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const startMs = performance.now();
  await work();
  const ms = performance.now() - startMs;
  await sleep(20);
  delay.disable();
  return {
    ms: Math.round(ms),
    loopDelayP99Ms: delay.percentile(99) / 1e6,
    loopDelayMaxMs: delay.max / 1e6,
  };
}

const pool = new TablesPool();
const report: Record<string, unknown> = {};

async function importDecks(count: number, size: number, shared: boolean): Promise<DeckSource[]> {
  const same = deckPrefixes(size, 1);
  const decks: DeckSource[] = [];
  for (let ref = 1; ref <= count; ref++) {
    const csv = deckCsv(shared ? same : deckPrefixes(size, ref), ref);
    const result = await pool.importDeck({ source: csv });
    if (!result.ok) throw new Error(result.errors[0]?.why);
    decks.push({ ref, version: 1, rows: result.rows });
  }
  return decks;
}

const trunks = (decks: readonly DeckSource[]) => decks.map((deck) => ({ trunkRef: deck.ref, deckRef: deck.ref }));

async function main(): Promise<void> {
  const csv = deckCsv(deckPrefixes(100_000, 99), 99);
  await importDecks(2, 1_000, true);
  report['idleLoop'] = await felt(() => sleep(1_000));
  report['import100k'] = await felt(() => pool.importDeck({ source: csv }));
  for (const [name, count, size, shared] of [
    ['compile1x400k', 1, 400_000, true],
    ['compile20x100k', 20, 100_000, true],
    ['compile30x100kDistinct', 30, 100_000, false],
  ] as const) {
    const decks = await importDecks(count, size, shared);
    let ordinals = 0;
    const cost = await felt(async () => {
      const result = await pool.compile({ decks, trunkDecks: trunks(decks), nowMs: Date.UTC(2026, 5, 1) });
      ordinals = new RateTables(result.tables).index.size;
    });
    report[name] = { ...cost, ordinals };
  }
  await pool.close();
  report['rssMb'] = Math.round(process.memoryUsage.rss() / 1e6);
  if (!process.argv.includes('--json')) console.table(report);
  console.log(JSON.stringify(report));
}

await main();
