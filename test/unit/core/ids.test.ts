import assert from 'node:assert/strict';
import { formatMessageId, keyWallMs, KeySource, NODE_MAX, parseMessageId } from '#core';

const NOW_MS = Date.UTC(2026, 10, 22, 12);

describe('message ids', () => {
  it('ascend strictly within one millisecond and beyond its 2,048 keys', () => {
    const source = new KeySource();
    let last = 0;
    for (let i = 0; i < 5_000; i++) {
      const key = source.next(NOW_MS);
      assert.ok(key > last);
      last = key;
    }
  });

  it('never repeat when the wall clock steps back', () => {
    const source = new KeySource();
    const before = source.next(NOW_MS);
    assert.ok(source.next(NOW_MS - 3_600_000) > before);
  });

  it('never repeat a key that was found in the store', () => {
    const source = new KeySource();
    const stored = new KeySource().next(NOW_MS + 10);
    source.seen(stored);
    assert.ok(source.next(NOW_MS) > stored);
    source.seen(1);
    assert.ok(source.next(NOW_MS) > stored);
  });

  it('tell the millisecond in which they were made', () => {
    assert.equal(keyWallMs(new KeySource().next(NOW_MS)), NOW_MS);
  });

  it('come back from a peer with key and node', () => {
    const key = new KeySource().next(NOW_MS);
    for (const node of [0, 7, 42, NODE_MAX]) {
      const id = formatMessageId(key, node);
      assert.match(id, /^[1-9]\d{3,18}$/);
      assert.deepEqual(parseMessageId(id), { key, node });
    }
  });

  it('stay below 2⁶³ and within 19 digits for two centuries', () => {
    const id = formatMessageId(new KeySource().next(Date.UTC(2159, 0, 1)), NODE_MAX);
    assert.ok(id.length <= 19);
    assert.ok(BigInt(id) < 2n ** 63n);
  });

  it('of other forms are not ours', () => {
    for (const text of ['', '12', '0123456', 'abc', '12x4', '99999999999999999999', ' 1234']) {
      assert.equal(parseMessageId(text), undefined, text);
    }
  });
});
