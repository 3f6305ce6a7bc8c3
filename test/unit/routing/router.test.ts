import assert from 'node:assert/strict';
import { AppError, CANDIDATES_MAX, SKIPPED_MAX } from '#core';
import {
  buildRanks,
  Decision,
  DecideRequest,
  leastCost,
  Router,
  Skip,
  skipText,
  type Strategy,
  TrunkState,
} from '#routing';

const OWNER = 1;

interface World {
  readonly router: Router;
  readonly trunks: TrunkState[];
  readonly request: DecideRequest;
}

/** One destination; trunk refs 10, 11, … in this order of indexes, with these buy prices. */
function world(pricesNanos: readonly bigint[], refs = pricesNanos.map((_, at) => 10 + at)): World {
  const columns = pricesNanos.map((price) => BigInt64Array.of(price));
  const trunks = refs.map((ref) => new TrunkState(ref, OWNER));
  for (const trunk of trunks) trunk.up = true;
  const router = new Router();
  router.install({ ranks: buildRanks({ size: 1, trunkRefs: refs, columns }), trunks });
  const request = new DecideRequest();
  request.ordinal = 0;
  request.ownerRefs = [OWNER];
  request.ceilingNanos = [-1n];
  return { router, trunks, request };
}

function decide({ router, request }: World): { kept: number[]; skipped: [number, number][] } {
  const decision = new Decision();
  router.decide(request, decision);
  const listed = Math.min(decision.skipped, SKIPPED_MAX);
  return {
    kept: [...decision.trunkRefs.subarray(0, decision.kept)],
    skipped: Array.from({ length: listed }, (_, at) => [decision.skippedRefs[at] ?? 0, decision.skippedWhy[at] ?? 0]),
  };
}

describe('a decision', () => {
  it('puts the cheapest first and keeps each buy price', () => {
    const at = world([30n, 10n, 20n]);
    const decision = new Decision();
    at.router.decide(at.request, decision);
    assert.deepEqual([...decision.trunkRefs.subarray(0, 3)], [11, 12, 10]);
    assert.deepEqual([...decision.buyNanos.subarray(0, 3)], [10n, 20n, 30n]);
    assert.deepEqual([decision.kept, decision.skipped], [3, 0]);
  });

  it('breaks ties by trunk ref, whatever the order of indexes', () => {
    assert.deepEqual(decide(world([5n, 5n, 5n], [30, 10, 20])).kept, [10, 20, 30]);
  });

  it('skips a trunk that is disabled, at once', () => {
    const at = world([10n, 20n]);
    at.trunks[0]!.enabled = false;
    assert.deepEqual(decide(at), { kept: [11], skipped: [[10, Skip.disabled]] });
    at.trunks[0]!.enabled = true;
    assert.deepEqual(decide(at).kept, [10, 11]);
  });

  it('skips a trunk that is down or full', () => {
    const at = world([10n, 20n, 30n]);
    at.trunks[0]!.up = false;
    at.trunks[1]!.full = true;
    assert.deepEqual(decide(at), {
      kept: [12],
      skipped: [
        [10, Skip.down],
        [11, Skip.full],
      ],
    });
    assert.deepEqual(
      at.trunks.map((trunk) => trunk.sendable),
      [false, false, true],
    );
  });

  it('skips a trunk whose owner is outside the chain of sales', () => {
    const at = world([10n]);
    at.request.ownerRefs = [2, 3];
    at.request.ceilingNanos = [-1n, -1n];
    assert.deepEqual(decide(at), { kept: [], skipped: [[10, Skip.notOwned]] });
  });

  it("skips a trunk that costs more than its owner's ceiling, and takes one that costs as much", () => {
    const at = world([10n, 20n]);
    at.request.ceilingNanos = [10n];
    assert.deepEqual(decide(at), { kept: [10], skipped: [[11, Skip.lossMaking]] });
    at.request.ceilingNanos = [0n];
    assert.deepEqual(decide(at).kept, []);
  });

  it("compares each trunk with its own owner's ceiling", () => {
    const columns = [BigInt64Array.of(10n), BigInt64Array.of(10n)];
    const trunks = [new TrunkState(1, 100), new TrunkState(2, 200)];
    for (const trunk of trunks) trunk.up = true;
    const at = world([]);
    at.router.install({ ranks: buildRanks({ size: 1, trunkRefs: [1, 2], columns }), trunks });
    at.request.ownerRefs = [200, 100];
    at.request.ceilingNanos = [-1n, 9n];
    assert.deepEqual(decide(at), { kept: [2], skipped: [[1, Skip.lossMaking]] });
  });

  it('keeps no more candidates than the limit and counts what lies beyond', () => {
    const at = world(Array.from({ length: CANDIDATES_MAX + 2 }, (_, i) => BigInt(i)));
    const decision = new Decision();
    at.router.decide(at.request, decision);
    assert.deepEqual([decision.kept, decision.skipped, decision.beyond], [CANDIDATES_MAX, 0, 2]);
    at.trunks[0]!.enabled = false;
    at.router.decide(at.request, decision);
    assert.deepEqual([decision.kept, decision.skipped, decision.beyond], [CANDIDATES_MAX, 1, 1]);
    at.request.ordinal = -1;
    at.router.decide(at.request, decision);
    assert.deepEqual([decision.kept, decision.skipped, decision.beyond], [0, 0, 0]);
  });

  it('counts every skipped trunk and lists the first ones', () => {
    const at = world(Array.from({ length: SKIPPED_MAX + 5 }, (_, i) => BigInt(i)));
    for (const trunk of at.trunks) trunk.enabled = false;
    const decision = new Decision();
    at.router.decide(at.request, decision);
    assert.equal(decision.skipped, SKIPPED_MAX + 5);
    assert.equal(decision.skippedRefs[SKIPPED_MAX - 1], 10 + SKIPPED_MAX - 1);
  });

  it('names trunks without a price only when nothing else was found', () => {
    const at = world([-1n, 20n]);
    assert.deepEqual(decide(at), { kept: [11], skipped: [] });
    at.trunks[1]!.enabled = false;
    assert.deepEqual(decide(at).skipped, [
      [11, Skip.disabled],
      [10, Skip.noPrice],
    ]);
  });

  it('keeps trunks that are down when asked to wait and no other is left', () => {
    const at = world([10n, 20n, 30n]);
    for (const trunk of at.trunks) trunk.up = false;
    at.trunks[2]!.enabled = false;
    at.request.mayWait = true;
    assert.deepEqual(decide(at), { kept: [10, 11], skipped: [[12, Skip.disabled]] });
    at.trunks[1]!.up = true;
    assert.deepEqual(decide(at).kept, [11]);
  });

  it('of an unknown destination keeps nothing and forgets the answer before', () => {
    const at = world([10n]);
    const decision = new Decision();
    at.router.decide(at.request, decision);
    for (const ordinal of [-1, 1]) {
      at.request.ordinal = ordinal;
      at.router.decide(at.request, decision);
      assert.deepEqual([decision.kept, decision.skipped], [0, 0]);
    }
  });

  it('before the first tables keeps nothing', () => {
    assert.deepEqual(decide({ ...world([10n]), router: new Router() }).kept, []);
  });
});

describe('tables of the router', () => {
  it('are swapped whole, and trunks learn their new position', () => {
    const at = world([10n, 20n]);
    const columns = [BigInt64Array.of(1n)];
    const kept = at.trunks[1]!;
    at.router.install({ ranks: buildRanks({ size: 1, trunkRefs: [kept.ref], columns }), trunks: [kept] });
    assert.deepEqual(
      at.trunks.map((trunk) => trunk.index),
      [-1, 0],
    );
    assert.deepEqual(decide(at).kept, [11]);
  });

  it('may name a trunk that is gone: it is no candidate and no reason', () => {
    const at = world([10n, 20n, -1n]);
    const columns = [BigInt64Array.of(1n), BigInt64Array.of(2n), BigInt64Array.of(-1n)];
    const ranks = buildRanks({ size: 1, trunkRefs: [10, 11, 12], columns });
    at.router.install({ ranks, trunks: [undefined, at.trunks[1], undefined] });
    assert.deepEqual(decide(at), { kept: [11], skipped: [] });
    at.router.install({ ranks, trunks: [undefined, undefined, undefined] });
    assert.deepEqual(decide(at), { kept: [], skipped: [] });
  });

  it('that do not belong together are refused', () => {
    const columns = [BigInt64Array.of(1n)];
    const ranks = buildRanks({ size: 1, trunkRefs: [1], columns });
    assert.throws(() => new Router().install({ ranks, trunks: [] }), AppError);
    assert.throws(() => buildRanks({ size: 2, trunkRefs: [1], columns }), AppError);
    assert.throws(() => buildRanks({ size: 1, trunkRefs: [], columns }), AppError);
  });
});

describe('ranks', () => {
  it('order every destination by the strategy, exactly up to the dearest rate', () => {
    const dear = 1_000_000_000_000_000n;
    const columns = [BigInt64Array.of(dear, 3n, -1n), BigInt64Array.of(dear - 1n, 4n, -1n)];
    const { ranks, counts, trunkCount } = buildRanks({ size: 3, trunkRefs: [1, 2], columns });
    assert.deepEqual([...counts], [2, 2, 0]);
    assert.deepEqual([ranks[0], ranks[1], ranks[trunkCount], ranks[trunkCount + 1]], [1, 0, 0, 1]);
    assert.ok(ranks.buffer instanceof SharedArrayBuffer && counts.buffer instanceof SharedArrayBuffer);
  });

  it('follow any strategy behind the contract', () => {
    const dearest: Strategy = { name: 'dearest', score: (parts) => -parts.costNanos };
    const columns = [BigInt64Array.of(1n), BigInt64Array.of(2n)];
    assert.deepEqual([...buildRanks({ size: 1, trunkRefs: [1, 2], columns, strategy: dearest }).ranks], [1, 0]);
    assert.equal(leastCost.score({ costNanos: 7 }), 7);
  });
});

describe('skip reasons', () => {
  it('have words, also when a later version wrote them', () => {
    for (const why of Object.values(Skip)) assert.ok(skipText(why).length > 3);
    assert.match(skipText(200), /200/);
  });
});
