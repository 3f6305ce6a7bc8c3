import assert from 'node:assert/strict';
import { TokenBucket } from '#core';

/** How many single tokens it gives away at this moment. */
function drained(bucket: TokenBucket, nowMs: number): number {
  let taken = 0;
  while (taken < 1_000 && bucket.take(1, nowMs)) taken++;
  return taken;
}

describe('a token bucket', () => {
  it('is full at first and gives its burst, whatever the clock reads', () => {
    assert.equal(drained(new TokenBucket(10, 5), 0), 5);
    assert.equal(drained(new TokenBucket(10, 5), 7_000_000), 5);
  });

  it('fills at its rate, and never above its burst', () => {
    const bucket = new TokenBucket(10, 5);
    drained(bucket, 1_000);
    assert.equal(bucket.available(1_050), 0);
    assert.equal(bucket.available(1_100), 1);
    assert.equal(drained(bucket, 1_350), 3);
    assert.equal(drained(bucket, 60_000), 5);
  });

  it('keeps its rate over many small steps of time', () => {
    const bucket = new TokenBucket(8, 4);
    let taken = -drained(bucket, 0);
    for (let nowMs = 0; nowMs <= 10_000; nowMs += 1) taken += drained(bucket, nowMs);
    assert.equal(taken + 4, 80);
  });

  it('without a rate limits nothing', () => {
    const bucket = new TokenBucket(0, 1);
    assert.equal(bucket.available(0), Infinity);
    bucket.spend();
    assert.equal(bucket.take(1_000_000, 0), true);
    assert.equal(bucket.available(0), Infinity);
  });

  it('takes all of a message or nothing', () => {
    const bucket = new TokenBucket(10, 5);
    assert.equal(bucket.take(3, 0), true);
    assert.equal(bucket.take(3, 0), false);
    assert.equal(bucket.available(0), 2);
  });

  it('lets a message above its burst pass when it is full, and then waits until that is paid back', () => {
    const bucket = new TokenBucket(10, 5);
    assert.equal(bucket.take(8, 0), true);
    assert.equal(bucket.take(1, 300), false);
    assert.equal(bucket.take(1, 400), true);
    assert.equal(bucket.take(8, 800), false);
    assert.equal(bucket.take(8, 900), true);
  });

  it('spends the tokens that it told of', () => {
    const bucket = new TokenBucket(10, 5);
    for (let left = bucket.available(0); left > 0; left--) bucket.spend();
    assert.equal(bucket.available(0), 0);
    assert.equal(bucket.take(1, 0), false);
  });

  it('grants no fresh burst with new limits, and drops what is above a smaller one', () => {
    const bucket = new TokenBucket(10, 5);
    bucket.configure(100, 50);
    assert.equal(bucket.available(5_000), 5);
    assert.equal(bucket.available(5_100), 15);
    bucket.configure(100, 8);
    assert.equal(bucket.available(5_100), 8);
  });

  it('gives nothing for time that it saw before', () => {
    const bucket = new TokenBucket(10, 5);
    drained(bucket, 10_000);
    assert.equal(bucket.available(9_000), 0);
    assert.equal(bucket.available(10_000), 0);
    assert.equal(bucket.available(10_100), 1);
  });
});
