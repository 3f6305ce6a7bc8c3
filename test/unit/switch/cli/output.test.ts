import assert from 'node:assert/strict';
import { AppError } from '#core';
import { readArguments, wholeNumber } from '../../../../switch/cli/arguments.js';
import { formatError, formatReport, formatTable, formatTree } from '../../../../switch/cli/output.js';

describe('what people see', () => {
  it('is a table with columns as wide as needed', () => {
    const rows = [
      { id: 'a', n: 1 },
      { id: 'longer', n: 10_000, extra: 1 },
    ];
    assert.equal(formatTable(rows, ['id', 'n']), 'id      n\na       1\nlonger  10000');
  });

  it('is an error with its code, and the next step below', () => {
    assert.equal(
      formatError(new AppError('MX1501', 'no switch', { next: 'start it' })),
      'error MX1501: no switch\n→ start it',
    );
    assert.equal(formatError(new AppError('MX1403', 'none')), 'error MX1403: none');
    assert.match(formatError(new TypeError('oops')), /^error MX1001: TypeError: oops[^]*\n→ /);
  });

  it('is a difference with signs and counts', () => {
    const deck = {
      id: 'd',
      rowCount: 3,
      added: 1,
      removed: 0,
      raised: 2,
      lowered: 0,
      rescheduled: 0,
      unchanged: 0,
      largestRisePct: 1,
      largestFallPct: 0,
    };
    const text = formatReport({
      dryRun: true,
      unchanged: 4,
      decks: [deck],
      created: [{ kind: 'tenant', id: 't', fields: [] }],
      changed: [{ kind: 'trunk', id: 'x', fields: [{ field: 'enabled', before: 'true', after: 'false' }] }],
      removed: [{ kind: 'key', id: 'k', fields: [] }],
    });
    assert.deepEqual(text.split('\n'), [
      '+ tenant t',
      '~ trunk x',
      '    enabled: true → false',
      '- key k',
      '~ deck d: 3 rows: 2 raised, 0 lowered, 1 new, 0 gone, 0 rescheduled',
      'dry run, nothing was changed: 1 created, 2 changed, 1 removed, 4 unchanged',
    ]);
  });

  it('is an indented tree for a story', () => {
    assert.equal(formatTree({ id: 1, levels: [{ a: 'b' }], none: [] }), 'id: 1\nlevels:\n  -\n    a: b');
  });
});

describe('a command line', () => {
  it('with anything unknown or too much is MX1502', () => {
    assert.throws(() => readArguments(['--colour'], {}, 0), { code: 'MX1502' });
    assert.throws(() => readArguments(['a', 'b'], {}, 1), { code: 'MX1502', message: "'b' is one word too many" });
    assert.throws(() => wholeNumber('1x', 'n', 0, 5), { code: 'MX1502' });
    assert.throws(() => wholeNumber('6', 'n', 0, 5), { code: 'MX1502' });
  });

  it('gives words, texts and flags', () => {
    const args = readArguments(['a', '--json', '--reason', 'r'], {}, 1);
    assert.deepEqual(
      [args.words, args.flag('json'), args.text('reason'), args.text('config')],
      [['a'], true, 'r', undefined],
    );
  });
});
