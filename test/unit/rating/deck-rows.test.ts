import assert from 'node:assert/strict';
import { AppError } from '#core';
import { diffDecks, type DeckRow, packDeckRows, unpackDeckRows } from '#rating';

const row = (prefix: string, priceNanos: bigint, effectiveFromMs = 0): DeckRow => ({
  prefix,
  priceNanos,
  effectiveFromMs,
});

describe('packed deck rows', () => {
  it('come back sorted by prefix, then date', () => {
    const rows = [row('44', 3n, 9), row('39', 2n, 8), row('39', 1n, 7), row('3', 4n, 9)];
    assert.deepEqual(unpackDeckRows(packDeckRows(rows)), [rows[3], rows[2], rows[1], rows[0]]);
  });

  it('take 16 octets a row when one date holds for all, 24 else', () => {
    const rows = Array.from({ length: 1_000 }, (_, at) => row(String(1_000 + at), BigInt(at), 5));
    assert.equal(packDeckRows(rows).byteLength, 16 + 16_000 + 8);
    assert.equal(packDeckRows([...rows, row('9', 1n, 6)]).byteLength, 16 + 24 * 1_001);
  });

  it('may be none', () => {
    assert.deepEqual(unpackDeckRows(packDeckRows([])), []);
  });

  it('are read from any offset of a larger block, as a database hands them out', () => {
    const packed = packDeckRows([row('39', 2n), row('44', 3n)]);
    const block = Buffer.alloc(packed.byteLength + 3);
    block.set(packed, 3);
    assert.deepEqual(unpackDeckRows(block.subarray(3)), unpackDeckRows(packed));
  });

  it('are refused when they are damaged', () => {
    const packed = Buffer.from(packDeckRows([row('39', 2n)]));
    assert.throws(() => unpackDeckRows(packed.subarray(0, 20)), AppError);
    assert.throws(() => unpackDeckRows(packed.subarray(0, 8)), AppError);
    packed[0] = 7;
    assert.throws(() => unpackDeckRows(packed), AppError);
  });

  it('never hold one prefix twice for one date', () => {
    assert.throws(() => packDeckRows([row('39', 1n), row('39', 2n)]), AppError);
  });
});

describe('the difference of two deck versions', () => {
  it('counts what is new, gone, dearer, cheaper, moved and the same', () => {
    const before = packDeckRows([row('1', 10n), row('2', 10n), row('3', 10n), row('4', 10n), row('5', 10n)]);
    const after = packDeckRows([row('1', 10n), row('2', 15n), row('3', 5n), row('4', 10n, 9), row('6', 1n)]);
    const { examples, ...counts } = diffDecks(before, after);
    assert.deepEqual(counts, {
      added: 1,
      removed: 1,
      raised: 1,
      lowered: 1,
      rescheduled: 1,
      unchanged: 1,
      largestRisePct: 50,
      largestFallPct: 50,
    });
    assert.deepEqual(
      examples.map((example) => [example.prefix, example.change, example.beforeNanos, example.afterNanos]),
      [
        ['2', 'raised', 10n, 15n],
        ['3', 'lowered', 10n, 5n],
        ['4', 'rescheduled', 10n, 10n],
        ['5', 'removed', 10n, -1n],
        ['6', 'added', -1n, 1n],
      ],
    );
  });

  it('compares the prices that stand once all dates have come', () => {
    const before = packDeckRows([row('39', 10n, 1)]);
    assert.equal(diffDecks(before, packDeckRows([row('39', 10n, 1), row('39', 12n, 2)])).raised, 1);
    assert.equal(diffDecks(before, packDeckRows([row('39', 12n, 1), row('39', 10n, 2)])).rescheduled, 1);
  });

  it('takes blocking for removal and opening for addition', () => {
    const open = packDeckRows([row('39', 10n)]);
    const blocked = packDeckRows([row('39', -1n)]);
    assert.equal(diffDecks(open, blocked).removed, 1);
    assert.equal(diffDecks(blocked, open).added, 1);
    assert.equal(diffDecks(blocked, blocked).unchanged, 1);
  });

  it('from nothing is all new, and shows a few examples of each kind only', () => {
    const rows = Array.from({ length: 100 }, (_, at) => row(String(100 + at), 1n));
    const diff = diffDecks(undefined, packDeckRows(rows));
    assert.deepEqual([diff.added, diff.examples.length], [100, 5]);
    assert.equal(diffDecks(packDeckRows(rows), packDeckRows([])).removed, 100);
  });
});
