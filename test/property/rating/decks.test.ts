import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseNanos, RATE_NANOS_MAX } from '#core';
import {
  compileTables,
  type DeckRow,
  diffDecks,
  packDeckRows,
  parseDeckCsv,
  RateTables,
  unpackDeckRows,
} from '#rating';
import { seeded } from './seed.js';

const prefix = fc.stringMatching(/^[1-4][0-3]{0,5}$/);
const row: fc.Arbitrary<DeckRow> = fc
  .tuple(prefix, fc.bigInt(-1n, 1_000_000n), fc.integer({ min: 0, max: 5 }))
  .map(([prefix, priceNanos, days]) => ({ prefix, priceNanos, effectiveFromMs: days * 86_400_000 }));
const deck = fc.uniqueArray(row, { selector: (of) => `${of.prefix} ${of.effectiveFromMs}`, maxLength: 60 });

/** The price of the longest prefix that has one in force, tried one by one: slow and plainly right. */
function priceByHand(
  rows: readonly DeckRow[],
  number: string,
  nowMs: number,
): { prefix: string; nanos: bigint } | undefined {
  for (let length = number.length; length > 0; length--) {
    const inForce = rows
      .filter((of) => of.prefix === number.slice(0, length) && of.effectiveFromMs <= nowMs)
      .sort((left, right) => left.effectiveFromMs - right.effectiveFromMs)
      .at(-1);
    if (inForce !== undefined) return { prefix: inForce.prefix, nanos: inForce.priceNanos };
  }
  return undefined;
}

describe('compiled tables of any decks', () => {
  it('price every number as trying each prefix by hand does, at any time', () => {
    const numbers = fc.array(fc.stringMatching(/^[1-5][0-4]{0,7}$/), { minLength: 20, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(deck, { maxLength: 5 }), numbers, fc.integer({ min: 0, max: 6 }), (decks, probes, days) => {
        const nowMs = days * 86_400_000;
        const sources = decks.map((rows, at) => ({ ref: at + 1, version: 1, rows: packDeckRows(rows) }));
        const tables = new RateTables(compileTables(sources, nowMs));
        decks.forEach((rows, at) => {
          for (const number of probes) {
            const ordinal = tables.index.lookup(number);
            const expected = priceByHand(rows, number, nowMs);
            assert.equal(tables.priceNanos(at + 1, ordinal), expected?.nanos ?? -1n);
            assert.equal(tables.ratePrefix(at + 1, ordinal), expected?.prefix);
          }
        });
        const future = decks.flat().filter((of) => of.effectiveFromMs > nowMs);
        assert.equal(tables.nextChangeMs, Math.min(...future.map((of) => of.effectiveFromMs)));
      }),
      seeded(300),
    );
  });
});

describe('any deck', () => {
  it('comes back from its packed form', () => {
    fc.assert(
      fc.property(deck, (rows) => {
        const sorted = [...rows].sort((left, right) =>
          left.prefix === right.prefix
            ? left.effectiveFromMs - right.effectiveFromMs
            : left.prefix < right.prefix
              ? -1
              : 1,
        );
        assert.deepEqual(unpackDeckRows(packDeckRows(rows)), sorted);
      }),
      seeded(300),
    );
  });

  it('differs from itself in nothing, and from another as the other from it, turned round', () => {
    fc.assert(
      fc.property(deck, deck, (left, right) => {
        const [a, b] = [packDeckRows(left), packDeckRows(right)];
        const same = diffDecks(a, a);
        assert.equal(same.added + same.removed + same.raised + same.lowered + same.rescheduled, 0);
        const [there, back] = [diffDecks(a, b), diffDecks(b, a)];
        assert.deepEqual(
          [there.added, there.raised, there.rescheduled],
          [back.removed, back.lowered, back.rescheduled],
        );
      }),
      seeded(300),
    );
  });

  it('written as CSV is read back the same, whatever its delimiter, quotes and line ends', () => {
    const style = fc.record({
      delimiter: fc.constantFrom(',', ';', '\t', '|'),
      end: fc.constantFrom('\n', '\r\n', '\r'),
      quote: fc.boolean(),
      name: fc.string({ maxLength: 12 }),
    });
    fc.assert(
      fc.property(deck, style, (rows, { delimiter, end, quote, name }) => {
        fc.pre(rows.length > 0);
        const field = (text: string): string => (quote ? `"${text}"` : text);
        const label = `"${name.replaceAll('"', '""')}"`;
        const lines = [['prefix', 'name', 'price', 'effective'].join(delimiter)];
        for (const of of rows) {
          const nanos = of.priceNanos.toString().padStart(10, '0');
          const price = of.priceNanos < 0n ? '-' : `${nanos.slice(0, -9)}.${nanos.slice(-9)}`;
          const date = new Date(Date.UTC(2026, 0, 1) + of.effectiveFromMs).toISOString().slice(0, 10);
          lines.push([field(of.prefix), label, field(price), date].join(delimiter));
        }
        const parsed = parseDeckCsv(lines.join(end), { blocked: 'accept' });
        assert.ok(parsed.ok, parsed.ok ? '' : parsed.errors[0]?.why);
        const shifted = rows.map((of) => ({ ...of, effectiveFromMs: of.effectiveFromMs + Date.UTC(2026, 0, 1) }));
        assert.deepEqual(unpackDeckRows(parsed.rows), unpackDeckRows(packDeckRows(shifted)));
      }),
      seeded(300),
    );
  });
});

describe('any bytes as a deck', () => {
  it('are taken or refused with at least one error, and never throw', () => {
    const noise = fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes));
    const nearly = fc
      .array(fc.constantFrom('39', '0.5', '"', ',', ';', '\n', '\r', '-', '+', ' ', 'prefix', 'price', '\ufeff', '""'))
      .map((parts) => Buffer.from(`prefix,price\n${parts.join('')}`));
    fc.assert(
      fc.property(fc.oneof(noise, nearly), (bytes) => {
        const parsed = parseDeckCsv(bytes);
        if (parsed.ok) assert.equal(unpackDeckRows(parsed.rows).length, parsed.rowCount);
        else assert.ok(parsed.errorCount >= parsed.errors.length && parsed.errors.length > 0);
      }),
      seeded(2_000),
    );
  });

  it('read a price as money does elsewhere', () => {
    const price = fc.oneof(
      fc.stringMatching(/^-?\d{1,8}(\.\d{0,11})?$/),
      fc.string({ unit: fc.constantFrom('0', '1', '9', '.', '-', 'e'), maxLength: 9 }),
    );
    fc.assert(
      fc.property(price, (text) => {
        const expected = parseNanos(text);
        const parsed = parseDeckCsv(`prefix,price\n39,${text}\n`);
        const isRate = expected !== undefined && expected >= 0n && expected <= RATE_NANOS_MAX && !text.startsWith('-');
        assert.equal(parsed.ok, isRate, text);
        if (parsed.ok) assert.equal(unpackDeckRows(parsed.rows)[0]?.priceNanos, expected);
      }),
      seeded(1_000),
    );
  });
});
