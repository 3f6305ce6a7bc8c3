import assert from 'node:assert/strict';
import { seededRandom } from '#core';

import { IdIndex } from '../../../../bench/support/id-index.js';

describe('id index', () => {
  it('agrees with a Map over random puts and takes, growth included', () => {
    const seed = Number(process.env['SEED'] ?? 7);
    const random = seededRandom(seed);
    const index = new IdIndex();
    const oracle = new Map<string, number>();
    for (let step = 0; step < 300_000; step++) {
      const id = `77${Math.floor(random() * 90_000)}`;
      const octets = Buffer.from(id);
      if (random() < 0.6) {
        index.put(octets, 0, octets.length, step);
        oracle.set(id, step);
      } else {
        assert.equal(index.take(octets, 0, octets.length), oracle.get(id) ?? -1, `seed ${seed}, step ${step}`);
        oracle.delete(id);
      }
    }
    assert.equal(index.size, oracle.size);
  });
});
