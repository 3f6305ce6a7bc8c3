import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseDeckCsv, RateTables, unpackDeckRows } from '#rating';
import { TablesPool } from '../../../../switch/tables/index.js';

const CSV =
  'prefix,price,effective\n39,0.02,2026-01-01\n393,0.03,2026-01-01\n393,0.04,2026-06-01\n44,0.01,2026-01-01\n';

describe('the tables pool', function () {
  // The first task starts a thread, and in a source run a TypeScript loader with it.
  this.timeout(60_000);
  let pool: TablesPool;
  let folder: string;

  before(() => {
    pool = new TablesPool({ threadsMax: 1 });
    folder = mkdtempSync(join(tmpdir(), 'tables-'));
  });
  after(async () => {
    await pool.close();
    rmSync(folder, { recursive: true });
  });

  it('reads a deck from its bytes as the parser does, on shared memory', async () => {
    const result = await pool.importDeck({ source: Buffer.from(CSV) });
    const parsed = parseDeckCsv(CSV);
    assert.ok(result.ok && parsed.ok);
    assert.deepEqual(unpackDeckRows(result.rows), unpackDeckRows(parsed.rows));
    assert.ok(result.rows.buffer instanceof SharedArrayBuffer);
    assert.deepEqual([result.rowCount, result.diff.added], [4, 3]);
  });

  it('reads a deck from a path and says what it changes', async () => {
    const path = join(folder, 'deck.csv');
    writeFileSync(path, CSV.replace('44,0.01', '44,0.05'));
    const before = parseDeckCsv(CSV);
    assert.ok(before.ok);
    const result = await pool.importDeck({ source: path, before: before.rows });
    assert.ok(result.ok);
    assert.deepEqual([result.diff.raised, result.diff.unchanged, result.diff.largestRisePct], [1, 2, 400]);
  });

  it('answers bad rows and unreadable files, and lives on', async () => {
    const bad = await pool.importDeck({ source: Buffer.from('prefix,price\n39,x\n') });
    assert.ok(!bad.ok);
    assert.deepEqual([bad.errorCount, bad.errors[0]?.line], [1, 2]);
    const absent = await pool.importDeck({ source: join(folder, 'absent.csv') });
    assert.ok(!absent.ok);
    assert.match(absent.errors[0]?.why ?? '', /absent\.csv cannot be read/);
    assert.ok((await pool.importDeck({ source: Buffer.from(CSV) })).ok);
  });

  it('compiles tables and ranks as of an instant, and leaves the rows with their owner', async () => {
    const dear = parseDeckCsv(CSV);
    const cheap = parseDeckCsv('prefix,price\n3933,0.001\n');
    assert.ok(dear.ok && cheap.ok);
    const plain = Uint8Array.from(cheap.rows);
    const decks = [
      { ref: 1, version: 3, rows: dear.rows },
      { ref: 2, version: 1, rows: plain },
    ];
    const trunkDecks = [
      { trunkRef: 20, deckRef: 1 },
      { trunkRef: 21, deckRef: 2 },
      { trunkRef: 22, deckRef: 9 },
    ];
    const result = await pool.compile({ decks, trunkDecks, nowMs: Date.UTC(2026, 2, 1) });
    const rates = new RateTables(result.tables);
    const ordinal = rates.index.lookup('393331234567');
    assert.equal(rates.priceNanos(1, ordinal), 30_000_000n);
    assert.equal(rates.priceNanos(2, ordinal), 1_000_000n);
    assert.equal(rates.nextChangeMs, Date.UTC(2026, 5, 1));
    assert.equal(rates.version(1), 3);
    const { ranks, counts, trunkCount } = result.ranks;
    assert.equal(counts[ordinal], 2);
    assert.deepEqual([...ranks.subarray(ordinal * trunkCount, ordinal * trunkCount + 2)], [1, 0]);
    assert.ok(ranks.buffer instanceof SharedArrayBuffer);
    assert.deepEqual(result.trunkDecks, trunkDecks);
    assert.equal(unpackDeckRows(plain).length, 1);
  });

  it('works below the traffic: its thread is nicer than the process', async function () {
    if (process.platform !== 'linux') this.skip();
    await pool.importDeck({ source: Buffer.from(CSV) });
    const nices = readdirSync('/proc/self/task').map((task) => {
      const stat = readFileSync(`/proc/self/task/${task}/stat`, 'utf8');
      return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]);
    });
    const main = getPriority(process.pid);
    assert.ok(main < 10);
    assert.ok(nices.includes(10), `nice values ${nices.join(' ')}`);
  });

  it('may be closed twice', async () => {
    const other = new TablesPool({ threadsMax: 1 });
    await other.close();
    await other.close();
  });
});
