import assert from 'node:assert/strict';
import { AppError } from '#core';
import { compileTables, type DeckRow, type DeckSource, NO_PRICE_NANOS, packDeckRows, RateTables } from '#rating';

const deck = (ref: number, rows: readonly (readonly [string, bigint, number?])[], version = 1): DeckSource => ({
  ref,
  version,
  rows: packDeckRows(
    rows.map(([prefix, priceNanos, effectiveFromMs = 0]): DeckRow => ({ prefix, priceNanos, effectiveFromMs })),
  ),
});

const compile = (decks: readonly DeckSource[], nowMs = 1_000): RateTables =>
  new RateTables(compileTables(decks, nowMs));

const price = (tables: RateTables, deckRef: number, number: string): bigint =>
  tables.priceNanos(deckRef, tables.index.lookup(number));

describe('compiled tables', () => {
  it("give each deck the price of its own longest prefix, also where another deck's is longer", () => {
    const tables = compile([
      deck(1, [
        ['39', 10n],
        ['3933', 20n],
      ]),
      deck(2, [
        ['3', 5n],
        ['39333', 7n],
      ]),
    ]);
    assert.equal(price(tables, 1, '393331'), 20n);
    assert.equal(price(tables, 2, '393331'), 7n);
    assert.equal(price(tables, 1, '39340'), 10n);
    assert.equal(price(tables, 2, '39340'), 5n);
  });

  it('say which prefix of the deck itself gave the price', () => {
    const tables = compile([
      deck(1, [
        ['39', 10n],
        ['3933', 20n],
      ]),
      deck(2, [
        ['3', 5n],
        ['39333', 7n],
      ]),
    ]);
    const ordinal = tables.index.lookup('393331');
    assert.equal(tables.ratePrefix(1, ordinal), '3933');
    assert.equal(tables.ratePrefixNumber(1, ordinal), 13_933);
    assert.equal(tables.ratePrefix(2, ordinal), '39333');
    assert.equal(tables.ratePrefix(2, tables.index.lookup('3934')), '3');
    assert.equal(tables.prefixKey(ordinal), 139_333);
  });

  it('have no price where the deck lists nothing, knows no such deck, or nothing matched', () => {
    const tables = compile([deck(1, [['39', 10n]]), deck(2, [['44', 7n]])]);
    assert.equal(price(tables, 1, '44'), NO_PRICE_NANOS);
    assert.equal(price(tables, 3, '39'), NO_PRICE_NANOS);
    assert.equal(price(tables, 1, '7'), NO_PRICE_NANOS);
    assert.equal(tables.ratePrefix(1, tables.index.lookup('44')), undefined);
    assert.equal(tables.ratePrefixNumber(3, 0), 0);
    assert.equal(tables.prefixKey(-1), 0);
    assert.deepEqual([tables.version(1), tables.version(3)], [1, 0]);
    assert.equal(tables.column(3), undefined);
    assert.equal(tables.column(1)?.length, 2);
  });

  it('close a blocked prefix and what lies below it, until a longer one opens again', () => {
    const tables = compile([
      deck(1, [
        ['39', 10n],
        ['393', -1n],
        ['39333', 30n],
      ]),
      deck(2, [['3933', 1n]]),
    ]);
    assert.equal(price(tables, 1, '3902'), 10n);
    assert.equal(price(tables, 1, '39331'), NO_PRICE_NANOS);
    assert.equal(price(tables, 1, '393331'), 30n);
  });

  it('hold the rates in force, and say from when to when', () => {
    const dated = [
      deck(1, [
        ['39', 10n, 100],
        ['39', 20n, 500],
        ['39', 30n, 900],
      ]),
      deck(2, [
        ['39', 1n],
        ['44', 2n, 700],
      ]),
    ];
    const at = (nowMs: number): [bigint, bigint, number, number] => {
      const tables = compile(dated, nowMs);
      return [price(tables, 1, '39'), price(tables, 2, '44'), tables.validFromMs, tables.nextChangeMs];
    };
    assert.deepEqual(at(99), [NO_PRICE_NANOS, NO_PRICE_NANOS, 0, 100]);
    assert.deepEqual(at(100), [10n, NO_PRICE_NANOS, 100, 500]);
    assert.deepEqual(at(699), [20n, NO_PRICE_NANOS, 500, 700]);
    assert.deepEqual(at(700), [20n, 2n, 700, 900]);
    assert.deepEqual(at(10_000), [30n, 2n, 900, Infinity]);
  });

  it('inherit below a prefix whose only rate is still to come', () => {
    const tables = compile([
      deck(1, [
        ['39', 10n],
        ['393', 99n, 5_000],
      ]),
    ]);
    const ordinal = tables.index.lookup('3933');
    assert.equal(tables.priceNanos(1, ordinal), 10n);
    assert.equal(tables.ratePrefix(1, ordinal), '39');
  });

  it('lie on shared memory only, so that they pass between threads uncopied', () => {
    const image = compileTables([deck(1, [['39', 10n]])], 0);
    assert.ok(image.index instanceof SharedArrayBuffer);
    for (const column of image.decks) {
      assert.ok(column.prices instanceof SharedArrayBuffer && column.listed instanceof SharedArrayBuffer);
    }
  });

  it('may be of no deck at all', () => {
    const tables = compile([]);
    assert.equal(tables.index.lookup('39'), -1);
    assert.equal(tables.nextChangeMs, Infinity);
  });

  it('refuse a deck that is listed twice', () => {
    assert.throws(() => compile([deck(1, [['39', 1n]]), deck(1, [['44', 1n]])]), AppError);
  });
});
