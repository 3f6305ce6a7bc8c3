import assert from 'node:assert/strict';
import {
  AppError,
  buildPrefixTable,
  buildPrefixTableOfKeys,
  PrefixTable,
  prefixOfSortKey,
  prefixSortKey,
  seededRandom,
} from '#core';

describe('prefix table', () => {
  it('finds the longest listed prefix', () => {
    const table = buildPrefixTable(['39', '3933', '393', '44', '7']);
    const found = (digits: string): string => table.prefixAt(table.lookup(digits));
    assert.equal(found('393331234567'), '3933');
    assert.equal(found('393401234567'), '393');
    assert.equal(found('390212345678'), '39');
    assert.equal(found('7'), '7');
  });

  it('answers −1 for a number that no prefix begins', () => {
    const table = buildPrefixTable(['39']);
    assert.equal(table.lookup('3'), -1);
    assert.equal(table.lookup('38'), -1);
    assert.equal(table.lookup(''), -1);
    assert.equal(table.lookup('x39'), -1);
  });

  it('stops at the first character that is no digit', () => {
    const table = buildPrefixTable(['39', '393']);
    assert.equal(table.prefixAt(table.lookup('39x3')), '39');
  });

  it('matches everything with the empty prefix', () => {
    const table = buildPrefixTable(['', '39']);
    assert.equal(table.prefixAt(table.lookup('44')), '');
    assert.equal(table.prefixAt(table.lookup('39')), '39');
  });

  it('keeps leading zeros and all fifteen digits', () => {
    const table = buildPrefixTable(['0', '00', '999999999999999', '019999999999999']);
    for (const prefix of ['0', '00', '999999999999999', '019999999999999']) {
      assert.equal(table.prefixAt(table.lookup(prefix)), prefix);
    }
  });

  it('puts every prefix after the one it extends, and names that one as parent', () => {
    const table = buildPrefixTable(['3933', '39', '393', '4', '1']);
    for (let ordinal = 0; ordinal < table.size; ordinal++) {
      const parent = table.parents[ordinal] as number;
      assert.ok(parent < ordinal);
      if (parent >= 0) assert.ok(table.prefixAt(ordinal).startsWith(table.prefixAt(parent)));
    }
    assert.equal(table.prefixAt(table.parents[table.lookup('3933')] as number), '393');
    assert.equal(table.parents[table.lookup('4')], -1);
  });

  it('opens the same image a second time with the same answers', () => {
    const built = buildPrefixTable(['39', '393']);
    const opened = new PrefixTable(built.image);
    assert.equal(opened.lookup('3933'), built.lookup('3933'));
    assert.equal(opened.size, 2);
  });

  it('refuses an image that is none', () => {
    assert.throws(() => new PrefixTable(new ArrayBuffer(64)), AppError);
  });

  it('refuses what is not a prefix', () => {
    for (const bad of ['39a', '+39', '1234567890123456']) assert.throws(() => buildPrefixTable([bad]), AppError);
  });

  it('refuses sort keys that do not ascend', () => {
    const keys = [prefixSortKey('44'), prefixSortKey('39')];
    assert.throws(() => buildPrefixTableOfKeys(Float64Array.from(keys)), AppError);
    assert.throws(() => buildPrefixTableOfKeys(Float64Array.from([keys[0]!, keys[0]!])), AppError);
  });

  it('refuses an ordinal outside the table', () => {
    const table = buildPrefixTable(['39']);
    assert.throws(() => table.prefixAt(1), AppError);
    assert.throws(() => table.prefixNumberAt(-1), AppError);
  });

  it('agrees with trying every prefix, on random tables and numbers', () => {
    const random = seededRandom(20_261_122);
    const digits = (max: number): string =>
      Array.from({ length: Math.floor(random() * (max + 1)) }, () => Math.floor(random() * 4)).join('');
    for (let round = 0; round < 50; round++) {
      const listed = new Set(Array.from({ length: 40 }, () => digits(6)));
      const table = buildPrefixTable(listed);
      assert.equal(table.size, listed.size);
      for (let probe = 0; probe < 100; probe++) {
        const number = digits(9);
        let length = number.length;
        while (length >= 0 && !listed.has(number.slice(0, length))) length--;
        const ordinal = table.lookup(number);
        assert.equal(
          ordinal < 0 ? undefined : table.prefixAt(ordinal),
          length < 0 ? undefined : number.slice(0, length),
        );
      }
    }
  });
});

describe('prefix sort key', () => {
  it('sorts as the text does', () => {
    const random = seededRandom(7);
    const prefixes = Array.from({ length: 500 }, () =>
      Array.from({ length: Math.floor(random() * 16) }, () => Math.floor(random() * 10)).join(''),
    );
    const byText = [...prefixes].sort();
    const byKey = [...prefixes].sort((left, right) => prefixSortKey(left) - prefixSortKey(right));
    assert.deepEqual(byKey, byText);
  });

  it('gives the prefix back', () => {
    for (const prefix of ['', '0', '1', '39', '000000000000000', '999999999999999']) {
      assert.equal(prefixOfSortKey(prefixSortKey(prefix)), prefix);
      assert.ok(Number.isSafeInteger(prefixSortKey(prefix)));
    }
  });
});
