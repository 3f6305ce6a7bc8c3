import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CANDIDATES_MAX, SKIPPED_MAX } from '#core';
import { buildRanks, Decision, DecideRequest, Router, Skip, TrunkState } from '#routing';
import { seeded } from '../rating/seed.js';

const trunk = fc.record({
  ref: fc.integer({ min: 1, max: 1_000 }),
  ownerRef: fc.integer({ min: 1, max: 4 }),
  enabled: fc.boolean(),
  up: fc.boolean(),
  full: fc.boolean(),
  prices: fc.array(fc.bigInt(-1n, 6n), { minLength: 3, maxLength: 3 }),
});
const trunks = fc.uniqueArray(trunk, { selector: (of) => of.ref, maxLength: 30 });
const ceilings = fc.array(fc.bigInt(-1n, 6n), { minLength: 2, maxLength: 2 });

describe('a decision among any trunks', () => {
  it('keeps exactly the best that may be used, in order of price and ref, and accounts for every other', () => {
    fc.assert(
      fc.property(trunks, ceilings, fc.nat(2), fc.boolean(), (all, ceilingNanos, ordinal, mayWait) => {
        const states = all.map((of) => {
          const state = new TrunkState(of.ref, of.ownerRef);
          state.enabled = of.enabled;
          state.up = of.up;
          state.full = of.full;
          return state;
        });
        const columns = all.map((of) => BigInt64Array.from(of.prices));
        const router = new Router();
        const ranks = buildRanks({ size: 3, trunkRefs: all.map((of) => of.ref), columns });
        router.install({ ranks, trunks: states });
        const request = new DecideRequest();
        request.ordinal = ordinal;
        request.ownerRefs = [1, 2];
        request.ceilingNanos = ceilingNanos;
        request.mayWait = mayWait;
        const decision = new Decision();
        router.decide(request, decision);

        const price = (of: (typeof all)[number]): bigint => of.prices[ordinal]!;
        const mayBuy = all.filter((of) => {
          const ceiling = ceilingNanos[of.ownerRef - 1];
          if (ceiling === undefined || !of.enabled || of.full || price(of) < 0n) return false;
          return ceiling < 0n || price(of) <= ceiling;
        });
        const up = mayBuy.filter((of) => of.up);
        const usable = up.length === 0 && mayWait ? mayBuy : up;
        const inOrder = [...usable].sort((left, right) =>
          price(left) === price(right) ? left.ref - right.ref : price(left) < price(right) ? -1 : 1,
        );
        const kept = [...decision.trunkRefs.subarray(0, decision.kept)];
        assert.deepEqual(
          kept,
          inOrder.slice(0, CANDIDATES_MAX).map((of) => of.ref),
        );
        assert.deepEqual(
          [...decision.buyNanos.subarray(0, decision.kept)],
          inOrder.slice(0, CANDIDATES_MAX).map(price),
        );

        const priced = all.filter((of) => price(of) >= 0n).length;
        assert.equal(decision.kept + decision.skipped + decision.beyond, decision.kept > 0 ? priced : all.length);
        const listed = Math.min(decision.skipped, SKIPPED_MAX);
        assert.equal(new Set([...kept, ...decision.skippedRefs.subarray(0, listed)]).size, kept.length + listed);
        assert.ok(decision.skippedWhy.subarray(0, listed).every((why) => why !== Skip.none));
      }),
      seeded(500),
    );
  });

  it('does not depend on the order of trunk indexes, nor turn two trunks round when a third comes', () => {
    fc.assert(
      fc.property(trunks, (all) => {
        const ranked = (of: typeof all): number[] => {
          const refs = of.map((one) => one.ref);
          const columns = of.map((one) => BigInt64Array.from(one.prices));
          const { ranks, counts } = buildRanks({ size: 3, trunkRefs: refs, columns });
          return [...ranks.subarray(0, counts[0])].map((index) => refs[index]!);
        };
        const whole = ranked(all);
        assert.deepEqual(ranked([...all].reverse()), whole);
        const without = all.slice(1);
        assert.deepEqual(
          ranked(without),
          whole.filter((ref) => ref !== all[0]?.ref),
        );
      }),
      seeded(500),
    );
  });
});
