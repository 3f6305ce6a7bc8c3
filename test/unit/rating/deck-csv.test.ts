import assert from 'node:assert/strict';
import { FILE_ERRORS_MAX } from '#core';
import { type DeckMapping, parseDeckCsv, type RowError, unpackDeckRows } from '#rating';

const JANUARY_MS = Date.UTC(2026, 0, 1);

/** Rows as `prefix price date`, or the errors as `line column: why`. */
function read(text: string | Uint8Array, mapping?: DeckMapping): string[] {
  const parsed = parseDeckCsv(text, mapping);
  if (!parsed.ok) return parsed.errors.map((error) => `${error.line} ${error.column}: ${error.value} ${error.why}`);
  assert.equal(unpackDeckRows(parsed.rows).length, parsed.rowCount);
  return unpackDeckRows(parsed.rows).map((row) => `${row.prefix} ${row.priceNanos} ${row.effectiveFromMs}`);
}

function errorsOf(text: string, mapping?: DeckMapping): readonly RowError[] {
  const parsed = parseDeckCsv(text, mapping);
  assert.ok(!parsed.ok, 'the file was taken');
  return parsed.errors;
}

describe('a deck file', () => {
  it('is read by the names of its columns, in any order and case', () => {
    const text = 'Country,PRICE, Prefix ,Effective\nItaly,0.0375,39,2026-01-01\nUK,0.02,44,2026-01-01\n';
    assert.deepEqual(read(text), [`39 37500000 ${JANUARY_MS}`, `44 20000000 ${JANUARY_MS}`]);
  });

  it('is read by the numbers of its columns, without a header', () => {
    assert.deepEqual(read('Italy;39;0.0375\n', { prefix: 2, price: 3 }), ['39 37500000 0']);
  });

  it('may have a header over numbered columns', () => {
    assert.deepEqual(read('a;b\n39;0.01\n', { prefix: 1, price: 2, header: true }), ['39 10000000 0']);
  });

  it('may begin with a byte order mark and end its lines in any way', () => {
    const expected = ['39 1000000000 0', '44 2000000000 0'];
    for (const end of ['\n', '\r\n', '\r']) {
      assert.deepEqual(read(`\ufeffprefix,price${end}39,1${end}44,2${end}`), expected);
      assert.deepEqual(read(`prefix,price${end}${end}39,1${end},${end}44,2`), expected);
    }
  });

  it('may be delimited by semicolon, tab, bar or comma', () => {
    for (const sign of [';', '\t', '|', ',']) {
      assert.deepEqual(read(`prefix${sign}price\n39${sign}1\n`), ['39 1000000000 0'], JSON.stringify(sign));
    }
  });

  it('may have decimal commas when the mapping says so', () => {
    assert.deepEqual(read('prefix;price\n39;0,0375\n', { decimal: ',' }), ['39 37500000 0']);
    assert.match(read('prefix;price\n39;0,0375\n')[0] ?? '', /^2 price: 0,0375 has the other decimal sign/);
  });

  it('may quote fields, with delimiters, line ends and quotes inside', () => {
    const text = 'name,"prefix",price\n"Italy, ""mobile""\nall",39,"0.5"\nUK,44,x\n';
    const [error] = errorsOf(text);
    assert.deepEqual([error?.line, error?.column, error?.value], [4, 'price', 'x']);
    assert.deepEqual(read(text.replace(',x', ',"1"')), ['39 500000000 0', '44 1000000000 0']);
  });

  it('may write prefixes with + and spaces around', () => {
    assert.deepEqual(read('prefix,price\n +39 ,1\n'), ['39 1000000000 0']);
  });

  it('is packed in the order of prefix, then date', () => {
    const text = 'prefix,price,effective\n44,2,2026-01-01\n393,3,2026-02-01\n39,1,2026-01-01\n393,4,2026-01-01\n';
    const prefixes = read(text).map((row) => row.split(' ').slice(0, 2).join(' '));
    assert.deepEqual(prefixes, ['39 1000000000', '393 4000000000', '393 3000000000', '44 2000000000']);
  });

  it('keeps prices exact to nine places', () => {
    assert.deepEqual(read('prefix,price\n1,0.000000001\n2,1000000\n3,0.1234567890\n'), [
      '1 1 0',
      '2 1000000000000000 0',
      '3 123456789 0',
    ]);
  });

  it('may block destinations when the mapping allows it', () => {
    const text = 'prefix,price\n39,-\n44,blocked\n7,n/a\n';
    assert.deepEqual(read(text, { blocked: 'accept' }), ['39 -1 0', '44 -1 0', '7 -1 0']);
    assert.equal(errorsOf(text).length, 3);
  });
});

describe('dates of a deck', () => {
  it('are ISO 8601, UTC unless they name a zone', () => {
    const at = (date: string): number =>
      Number(read(`prefix,price,effective\n39,1,${date}\n`)[0]?.split(' ')[2] ?? Number.NaN);
    assert.equal(at('2026-01-01'), JANUARY_MS);
    assert.equal(at('2024-02-29'), Date.UTC(2024, 1, 29));
    assert.equal(at('2026-03-31 23:59:58'), Date.UTC(2026, 2, 31, 23, 59, 58));
    assert.equal(at('2026-01-01T00:00:00Z'), JANUARY_MS);
    assert.equal(at('2026-01-01T02:00+02:00'), JANUARY_MS);
    assert.equal(at('2025-12-31T19:00:00-0500'), JANUARY_MS);
    assert.equal(at('2100-03-01'), Date.UTC(2100, 2, 1));
  });

  it('agree with the calendar on every day of 400 years', () => {
    const lines = ['prefix,price,effective'];
    const expected: number[] = [];
    for (let day = Date.UTC(1990, 0, 1); day < Date.UTC(2200, 0, 1); day += 86_400_000) {
      lines.push(`${100_000 + expected.length},1,${new Date(day).toISOString().slice(0, 10)}`);
      expected.push(day);
    }
    const parsed = parseDeckCsv(lines.join('\n'));
    assert.ok(parsed.ok);
    assert.deepEqual(
      unpackDeckRows(parsed.rows).map((row) => row.effectiveFromMs),
      expected,
    );
  });

  it('may have a given format', () => {
    const at = (date: string, dateFormat: string): string =>
      read(`prefix,price,effective\n39,1,${date}\n`, { dateFormat })[0] ?? '';
    assert.equal(at('01/02/2026', 'DD/MM/YYYY'), `39 1000000000 ${Date.UTC(2026, 1, 1)}`);
    assert.equal(at('2/1/26 07:30', 'M/D/YY HH:mm'), `39 1000000000 ${Date.UTC(2026, 1, 1, 7, 30)}`);
    assert.equal(at('20260201', 'YYYYMMDD'), `39 1000000000 ${Date.UTC(2026, 1, 1)}`);
    assert.match(at('2026-02-01', 'DD.MM.YYYY'), /^2 effective: 2026-02-01 is not a date/);
  });

  it('that do not exist are refused', () => {
    for (const date of [
      '2026-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-01-32',
      '1066-10-14',
      '26-01-01',
      '2026-01-01T25:00',
    ]) {
      assert.match(read(`prefix,price,effective\n39,1,${date}\n`)[0] ?? '', /^2 effective: .* is not a date/, date);
    }
  });

  it('may be absent only when the mapping says what that means', () => {
    const text = 'prefix,price,effective\n39,1,\n44,1,2026-01-01\n';
    assert.deepEqual(read(text), ['2 effective:  is empty']);
    assert.deepEqual(read(text, { effectiveFromMs: 5 }), ['39 1000000000 5', `44 1000000000 ${JANUARY_MS}`]);
  });

  it('cannot have a format that names no day, or a unit twice', () => {
    for (const dateFormat of ['MM/YYYY', 'DD/DD/MM/YYYY', 'DD Mon YYYY', '']) {
      assert.match(read('prefix,price,effective\n39,1,2026-01-01\n', { dateFormat })[0] ?? '', /is no date format/);
    }
  });
});

describe('a bad deck file', () => {
  it('is refused whole, with every bad row by line and column', () => {
    const text = [
      'prefix,price,effective',
      '39,0.01,2026-01-01',
      '39x,0.01,2026-01-01',
      '44,-0.01,tomorrow',
      '45,0.0000000001,2026-01-01',
      '46,1000001,2026-01-01',
      '0039,0.01,2026-01-01',
      '1234567890123456,0.01,2026-01-01',
      ',,2026-01-01',
      '47',
      '3.93E+05,1e-3,2026-01-01',
    ].join('\n');
    assert.deepEqual(
      errorsOf(text).map((error) => `${error.line} ${error.column}`),
      [
        '3 prefix',
        '4 price',
        '4 effective',
        '5 price',
        '6 price',
        '7 prefix',
        '8 prefix',
        '9 prefix',
        '9 price',
      ].concat(['10 price', '10 effective', '11 prefix', '11 price']),
    );
  });

  it('names a repeated prefix and date by both lines', () => {
    const errors = errorsOf('prefix,price\n39,1\n44,1\n+39,2\n44,1\n');
    assert.deepEqual(
      errors.map((error) => [error.line, error.why]),
      [
        [4, 'repeats the prefix and date of line 2'],
        [5, 'repeats the prefix and date of line 3'],
      ],
    );
  });

  it('may list one prefix for two dates', () => {
    assert.equal(read('prefix,price,effective\n39,1,2026-01-01\n39,2,2026-02-01\n').length, 2);
  });

  it('lists a hundred errors and counts the rest', () => {
    const parsed = parseDeckCsv(`prefix,price\n${'x,y\n'.repeat(1_000)}`);
    assert.ok(!parsed.ok);
    assert.equal(parsed.errors.length, FILE_ERRORS_MAX);
    assert.equal(parsed.errorCount, 2_000);
  });

  it('is refused when a mapped column is missing, doubled or numbered from 0', () => {
    assert.match(
      read('code,price\n39,1\n')[0] ?? '',
      /^1 prefix: {2}the file has no column of this name: it has code, price$/,
    );
    assert.match(read('prefix,price,price\n39,1,2\n')[0] ?? '', /two columns have this name/);
    assert.match(read('39,1\n', { prefix: 0, price: 2 })[0] ?? '', /count from 1/);
    assert.match(read('prefix,price\n39,1\n', { effective: 'from' })[0] ?? '', /no column of this name/);
  });

  it('is refused when it is empty or has a header alone', () => {
    assert.match(read('')[0] ?? '', /no column of this name: it has no header line/);
    assert.match(read('prefix,price\n')[0] ?? '', /has no rows/);
  });

  it('is refused when it is UTF-16', () => {
    assert.match(read(Buffer.from('\ufeffprefix,price\n39,1\n', 'utf16le'))[0] ?? '', /UTF-16/);
  });

  it('is told of quotes that never close or that text follows, and goes on after the latter', () => {
    const stray = errorsOf('prefix,price\n"39"x,1\n44,y\n');
    assert.deepEqual(
      stray.map((error) => error.line),
      [2, 3],
    );
    assert.match(errorsOf('prefix,price\n39,1\n"44,1\n45,1\n')[0]?.why ?? '', /never closes/);
  });

  it('is told when a line has far too many columns', () => {
    assert.match(errorsOf(`prefix,price\n39,1${',x'.repeat(300)}\n`)[0]?.why ?? '', /too many columns/);
  });

  it('never shows more than a short, clean piece of what it holds', () => {
    const [error] = errorsOf(`prefix,price\n39,"1\u0007${'9'.repeat(500)}"\n`);
    assert.ok((error?.value.length ?? 0) <= 40);
    assert.ok(!(error?.value ?? '').includes('\u0007'));
  });
});
