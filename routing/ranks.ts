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

/** Position-independent, on shared memory. Row `ordinal` begins at `ordinal * stride` and holds `counts[ordinal]`. */
export interface RankImage {
  /** Trunk indexes. */
  readonly ranks: Uint16Array;
  readonly counts: Uint16Array;
  /** Buy nanos by row, then trunk index; negative: no price. One row lies in a few cache lines, a column each would not. */
  readonly prices: BigInt64Array;
  readonly stride: number;
  readonly trunkCount: number;
}

export function buildRanks(input: RankInput): RankImage {
  const { size, columns, trunkRefs } = input;
  const trunkCount = columns.length;
  invariant(trunkCount <= TRUNKS_MAX, 'too many trunks for one rank table');
  invariant(trunkRefs.length === trunkCount, 'each trunk index needs its ref');
  const counts = new Uint16Array(new SharedArrayBuffer(size * 2));
  const strategy = input.strategy ?? leastCost;
  const scored = columns.map((column) => scoreColumn(column, size, strategy, counts));
  let stride = 0;
  for (const count of counts) if (count > stride) stride = count;
  const ranks = new Uint16Array(new SharedArrayBuffer(size * stride * 2));
  const prices = new BigInt64Array(new SharedArrayBuffer(size * trunkCount * 8));
  columns.forEach((column, index) => layColumn(column, prices, index, trunkCount));
  const image = { ranks, counts, prices, stride, trunkCount };
  fillRanks(image, scored, trunkRefs);
  return image;
}

/** Scores of one trunk; Infinity where it has no price. Reads 64-bit prices as two halves: no bigint per cell. */
function scoreColumn(column: BigInt64Array, size: number, strategy: Strategy, counts: Uint16Array): Float64Array {
  invariant(column.length === size, 'a price column does not fit the destination index');
  const halves = new Int32Array(column.buffer, column.byteOffset, size * 2);
  const scores = new Float64Array(size);
  const parts: ScoreParts = { costNanos: 0 };
  for (let ordinal = 0; ordinal < size; ordinal++) {
    const high = halves[ordinal * 2 + 1] as number;
    if (high < 0) {
      scores[ordinal] = Infinity;
      continue;
    }
    parts.costNanos = high * 4_294_967_296 + ((halves[ordinal * 2] as number) >>> 0);
    scores[ordinal] = strategy.score(parts);
    counts[ordinal] = (counts[ordinal] as number) + 1;
  }
  return scores;
}

/** Lays one column into the rows, as two halves a price. */
function layColumn(column: BigInt64Array, prices: BigInt64Array, index: number, trunkCount: number): void {
  const from = new Int32Array(column.buffer, column.byteOffset, column.length * 2);
  const to = new Int32Array(prices.buffer);
  for (let ordinal = 0; ordinal < column.length; ordinal++) {
    const at = (ordinal * trunkCount + index) * 2;
    to[at] = from[ordinal * 2] as number;
    to[at + 1] = from[ordinal * 2 + 1] as number;
  }
}

/**
 * Sorts each row by insertion, starting from the order of the row before: neighbours in the index are ranked alike, so
 * most rows are in order already. Trunks without a price sink to the end and are not copied.
 */
function fillRanks(image: RankImage, scored: readonly Float64Array[], trunkRefs: readonly number[]): void {
  const { ranks, counts, stride, trunkCount } = image;
  const order = Uint16Array.from({ length: trunkCount }, (_, index) => index);
  const scores = new Float64Array(trunkCount);
  for (let ordinal = 0; ordinal < counts.length; ordinal++) {
    for (let index = 0; index < trunkCount; index++) {
      scores[index] = (scored[index] as Float64Array)[ordinal] as number;
    }
    sortOrder(order, scores, trunkRefs);
    const count = counts[ordinal] as number;
    const start = ordinal * stride;
    for (let at = 0; at < count; at++) ranks[start + at] = order[at] as number;
  }
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
