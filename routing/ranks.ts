// Rank tables: for each destination ordinal the trunks that have a price, best score first. Built in the pool.

import { invariant, TRUNKS_MAX } from '#core';
import type { ScoreParts, Strategy } from './strategy/contract.js';
import { leastCost } from './strategy/least-cost.js';

export interface RankInput {
  /** Ordinals of the destination index. */
  readonly size: number;
  /** Ref per trunk index: breaks ties. */
  readonly trunkRefs: readonly number[];
  /** Buy nanos per trunk index and ordinal; negative: no price. */
  readonly columns: readonly BigInt64Array[];
  readonly strategy?: Strategy;
}

/** Position-independent, on shared memory. Row `ordinal` begins at `ordinal * trunkCount` in `ranks` and `prices`. */
export interface RankImage {
  /** Trunk indexes, best first; `counts[ordinal]` of a row are valid. */
  readonly ranks: Uint16Array;
  readonly counts: Uint16Array;
  /** Buy nanos by row, then trunk index; negative: no price. One row lies in a few cache lines, a column each would not. */
  readonly prices: BigInt64Array;
  readonly trunkCount: number;
}

/**
 * Ranks every destination in one pass over all columns. Each row is sorted starting from the order of the row before:
 * neighbours in the index are ranked alike, so most are in order already. Trunks without a price sink to the end.
 */
export function buildRanks(input: RankInput): RankImage {
  const { size, columns, trunkRefs } = input;
  const trunkCount = columns.length;
  invariant(trunkCount <= TRUNKS_MAX, 'too many trunks for one rank table');
  invariant(trunkRefs.length === trunkCount, 'each trunk index needs its ref');
  const image: RankImage = {
    ranks: new Uint16Array(new SharedArrayBuffer(size * trunkCount * 2)),
    counts: new Uint16Array(new SharedArrayBuffer(size * 2)),
    prices: new BigInt64Array(new SharedArrayBuffer(size * trunkCount * 8)),
    trunkCount,
  };
  const halves = columns.map((column) => halvesOf(column, size));
  const strategy = input.strategy ?? leastCost;
  const order = Uint16Array.from({ length: trunkCount }, (_, index) => index);
  const scores = new Float64Array(trunkCount);
  const rows = new Int32Array(image.prices.buffer);
  for (let ordinal = 0; ordinal < size; ordinal++) {
    const start = ordinal * trunkCount;
    const count = scoreRow({ ordinal, halves, strategy, scores, rows, start });
    sortOrder(order, scores, trunkRefs);
    image.counts[ordinal] = count;
    for (let at = 0; at < count; at++) image.ranks[start + at] = order[at] as number;
  }
  return image;
}

/** 64-bit prices are read and moved as two halves: no bigint per cell. */
function halvesOf(column: BigInt64Array, size: number): Int32Array {
  invariant(column.length === size, 'a price column does not fit the destination index');
  return new Int32Array(column.buffer, column.byteOffset, size * 2);
}

interface RowParts {
  readonly ordinal: number;
  readonly halves: readonly Int32Array[];
  readonly strategy: Strategy;
  readonly scores: Float64Array;
  readonly rows: Int32Array;
  readonly start: number;
}

const parts: ScoreParts = { costNanos: 0 };

/** Copies one destination's prices, scores them (Infinity: no price), and answers how many there are. */
function scoreRow({ ordinal, halves, strategy, scores, rows, start }: RowParts): number {
  let count = 0;
  for (let index = 0; index < halves.length; index++) {
    const column = halves[index] as Int32Array;
    const low = column[ordinal * 2] as number;
    const high = column[ordinal * 2 + 1] as number;
    rows[(start + index) * 2] = low;
    rows[(start + index) * 2 + 1] = high;
    if (high < 0) {
      scores[index] = Infinity;
      continue;
    }
    parts.costNanos = high * 4_294_967_296 + (low >>> 0);
    scores[index] = strategy.score(parts);
    count++;
  }
  return count;
}

function sortOrder(order: Uint16Array, scores: Float64Array, trunkRefs: readonly number[]): void {
  for (let at = 1; at < order.length; at++) {
    const index = order[at] as number;
    const score = scores[index] as number;
    let to = at;
    while (to > 0) {
      const other = order[to - 1] as number;
      const otherScore = scores[other] as number;
      if (otherScore < score) break;
      if (otherScore === score && (trunkRefs[other] as number) < (trunkRefs[index] as number)) break;
      order[to] = other;
      to--;
    }
    order[to] = index;
  }
}
