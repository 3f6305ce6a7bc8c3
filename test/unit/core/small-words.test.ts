import assert from 'node:assert/strict';
import { AppError, err, errorCodes, Histogram, invariant, isFinalState, ManualClock, MessageState, ok } from '#core';
import { seededRandom, silentLogger, systemClock } from '#core';

describe('clocks', () => {
  it('set by hand move both readings, and the wall alone when stepped', () => {
    const clock = new ManualClock(1_000);
    clock.advance(500);
    assert.deepEqual([clock.wallMs(), clock.monotonicMs()], [1_500, 500]);
    clock.stepWall(-1_000);
    assert.deepEqual([clock.wallMs(), clock.monotonicMs()], [500, 500]);
  });

  it('of the machine never go back monotonically', () => {
    const first = systemClock.monotonicMs();
    assert.ok(systemClock.monotonicMs() >= first);
    assert.ok(systemClock.wallMs() > Date.UTC(2025, 0, 1));
  });
});

describe('seeded chance', () => {
  it('repeats from its seed and differs between seeds', () => {
    const draw = (seed: number): number[] => Array.from({ length: 5 }, seededRandom(seed));
    assert.deepEqual(draw(1), draw(1));
    assert.notDeepEqual(draw(1), draw(2));
  });

  it('stays in [0, 1) and is spread evenly', () => {
    const random = seededRandom(3);
    const buckets = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const value = random();
      assert.ok(value >= 0 && value < 1);
      buckets[Math.floor(value * 10)]!++;
    }
    for (const count of buckets) assert.ok(count > 850 && count < 1_150, String(buckets));
  });
});

describe('histogram', () => {
  it('counts each value in the first bucket that holds it', () => {
    const histogram = new Histogram([1, 2, 5]);
    for (const value of [0.5, 1, 1.5, 5, 6]) histogram.record(value);
    assert.deepEqual([...histogram.counts], [2, 1, 1, 1]);
    assert.deepEqual([histogram.count, histogram.sum], [5, 14]);
  });

  it('answers the bound of the bucket that a quantile falls in', () => {
    const histogram = new Histogram([1, 2, 5]);
    for (let i = 0; i < 99; i++) histogram.record(0.5);
    histogram.record(3);
    assert.equal(histogram.quantile(0.5), 1);
    assert.equal(histogram.quantile(0.995), 5);
    histogram.record(100);
    assert.equal(histogram.quantile(1), Infinity);
  });
});

describe('errors', () => {
  it('carry a stable code, the next step and the cause', () => {
    const cause = new Error('EACCES');
    const error = new AppError('MX1301', 'the data folder cannot be used', { cause, next: 'check its rights' });
    assert.deepEqual([error.code, error.next, error.cause], ['MX1301', 'check its rights', cause]);
    assert.equal(error.name, 'AppError');
  });

  it('have codes of the form MX and four digits, each with a meaning', () => {
    for (const [code, meaning] of Object.entries(errorCodes)) {
      assert.match(code, /^MX\d{4}$/);
      assert.ok(meaning.length > 0);
    }
  });

  it('state a broken invariant as MX1001', () => {
    invariant(true, 'holds');
    assert.throws(() => invariant(false, 'does not hold'), { code: 'MX1001', message: 'does not hold' });
  });
});

describe('results', () => {
  it('are a value or a reason', () => {
    assert.deepEqual(ok(1), { ok: true, value: 1 });
    assert.deepEqual(err('late'), { ok: false, why: 'late' });
  });
});

describe('message states', () => {
  it('are final unless the message is still on its way', () => {
    const open: number[] = [MessageState.scheduled, MessageState.enroute, MessageState.accepted];
    for (const state of Object.values(MessageState)) assert.equal(isFinalState(state), !open.includes(state));
  });
});

describe('the silent logger', () => {
  it('takes every event and its children are silent too', () => {
    silentLogger.child({ a: 1 }).error({}, 'nothing');
    assert.equal(silentLogger.child({}), silentLogger);
  });
});
