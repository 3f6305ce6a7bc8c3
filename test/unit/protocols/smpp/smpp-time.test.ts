import assert from 'node:assert/strict';
import { formatSmppTime, parseSmppTime } from '#smpp';

const nowMs = Date.UTC(2026, 10, 22, 16, 0, 0);

describe('SMPP times', () => {
  it('reads an absolute time with its offset in quarter hours', () => {
    assert.deepEqual(parseSmppTime('261122170000004+', nowMs), { kind: 'absolute', atMs: nowMs });
    assert.deepEqual(parseSmppTime('261122150000004-', nowMs), { kind: 'absolute', atMs: nowMs });
    assert.equal(parseSmppTime('261122160000300+', nowMs)?.atMs, nowMs + 300);
  });

  it('H17: reads a relative time as relative, months by the calendar', () => {
    assert.deepEqual(parseSmppTime('000002000000000R', nowMs), { kind: 'relative', atMs: nowMs + 172_800_000 });
    assert.equal(parseSmppTime('000100000000000R', nowMs)?.atMs, Date.UTC(2026, 11, 22, 16));
    assert.equal(parseSmppTime('000300000000000R', Date.UTC(2026, 10, 30))?.atMs, Date.UTC(2027, 1, 28));
    assert.equal(parseSmppTime('000000480000000R', nowMs)?.atMs, nowMs + 172_800_000);
  });

  it('H17: answers undefined for an impossible time', () => {
    const impossible = [
      '',
      '2611221600',
      '261322160000000+',
      '260230160000000+',
      '261122240000000+',
      '261122166000000+',
      '261122160060000+',
      '261122160000049+',
      '261122160000000x',
      '26112216000000 +',
      'not a time at a!',
      '260000000000000+',
    ];
    for (const text of impossible) assert.equal(parseSmppTime(text, nowMs), undefined, text);
  });

  it('knows leap days', () => {
    assert.equal(parseSmppTime('280229000000000+', nowMs)?.atMs, Date.UTC(2028, 1, 29));
    assert.equal(parseSmppTime('270229000000000+', nowMs), undefined);
  });

  it('takes the year nearest to now, also at the turn of a century', () => {
    assert.equal(parseSmppTime('991231000000000+', Date.UTC(2100, 0, 1))?.atMs, Date.UTC(2099, 11, 31));
    assert.equal(parseSmppTime('000101000000000+', Date.UTC(2099, 11, 31))?.atMs, Date.UTC(2100, 0, 1));
  });

  it('writes both kinds, and a relative time beyond 31 days as absolute', () => {
    assert.equal(formatSmppTime({ kind: 'absolute', atMs: nowMs + 300 }, nowMs), '261122160000300+');
    assert.equal(formatSmppTime({ kind: 'relative', atMs: nowMs + 90_061_500 }, nowMs), '000001010102000R');
    assert.equal(formatSmppTime({ kind: 'relative', atMs: Date.UTC(2027, 0, 1) }, nowMs), '270101000000000+');
  });

  it('H17: writes no text for a time that is none', () => {
    for (const atMs of [Number.NaN, Number.POSITIVE_INFINITY, Date.UTC(2200, 0, 1)]) {
      assert.equal(formatSmppTime({ kind: 'absolute', atMs }, nowMs), undefined);
    }
  });
});
