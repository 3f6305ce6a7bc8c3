// Decks to tables, in the pool: one destination index over all prefixes, one inherited price column per deck.

import { buildPrefixTableOfKeys, type PrefixTable } from '#core';
import { effectiveAt, openDeckRows, type DeckView } from './deck-rows.js';
import type { DeckColumn, TablesImage } from './rate-tables.js';

/** One deck version as the store keeps it. */
export interface DeckSource {
  readonly ref: number;
  readonly version: number;
  /** Packed by `packDeckRows` or `parseDeckCsv`. */
  readonly rows: Uint8Array;
}

/** Compiles the rates in force at `nowMs`, and says how long they hold. */
export function compileTables(decks: readonly DeckSource[], nowMs: number): TablesImage {
  const views = decks.map((deck) => openDeckRows(deck.rows));
  const keys = uniteKeys(views);
  const index = buildPrefixTableOfKeys(keys);
  const span = { validFromMs: 0, nextChangeMs: Infinity };
  const columns = decks.map((deck, at) => fillColumn(deck, views[at] as DeckView, { keys, index, nowMs }, span));
  return { index: index.image, decks: columns, ...span };
}

/** All distinct keys, ascending: merged pairwise, so that many decks cost their sum times a logarithm. */
function uniteKeys(views: readonly DeckView[]): Float64Array {
  const queue = views.map((view) => distinct(view.keys));
  for (let next = 0; next + 1 < queue.length; next += 2) {
    queue.push(mergeKeys(queue[next] as Float64Array, queue[next + 1] as Float64Array));
  }
  return queue.at(-1) ?? new Float64Array(0);
}

function distinct(sorted: Float64Array): Float64Array {
  const out = new Float64Array(sorted.length);
  let count = 0;
  for (const key of sorted) if (count === 0 || out[count - 1] !== key) out[count++] = key;
  return out.subarray(0, count);
}

function mergeKeys(left: Float64Array, right: Float64Array): Float64Array {
  const out = new Float64Array(left.length + right.length);
  let leftAt = 0;
  let rightAt = 0;
  let count = 0;
  while (leftAt < left.length && rightAt < right.length) {
    const leftKey = left[leftAt] as number;
    const rightKey = right[rightAt] as number;
    out[count++] = leftKey <= rightKey ? leftKey : rightKey;
    if (leftKey <= rightKey) leftAt++;
    if (rightKey <= leftKey) rightAt++;
  }
  out.set(left.subarray(leftAt), count);
  count += left.length - leftAt;
  out.set(right.subarray(rightAt), count);
  return out.subarray(0, count + right.length - rightAt);
}

interface Destinations {
  readonly keys: Float64Array;
  readonly index: PrefixTable;
  readonly nowMs: number;
}

/** Longer prefixes come after the ones they extend, so one pass gives each its own price or its parent's. */
function fillColumn(
  deck: DeckSource,
  view: DeckView,
  { keys, index, nowMs }: Destinations,
  span: { validFromMs: number; nextChangeMs: number },
): DeckColumn {
  const size = keys.length;
  const prices = new SharedArrayBuffer(size * 8);
  const listed = new SharedArrayBuffer((size + 7) >> 3);
  // 64-bit prices are moved as two halves: no bigint per cell.
  const halves = new Int32Array(prices);
  const own = new Int32Array(view.prices.buffer, view.prices.byteOffset, view.size * 2);
  const bits = new Uint8Array(listed);
  const { parents } = index;
  let row = 0;
  for (let ordinal = 0; ordinal < size; ordinal++) {
    let inForce = -1;
    for (; row < view.size && view.keys[row] === keys[ordinal]; row++) {
      const fromMs = effectiveAt(view, row);
      if (fromMs <= nowMs) {
        inForce = row;
        if (fromMs > span.validFromMs) span.validFromMs = fromMs;
      } else if (fromMs < span.nextChangeMs) span.nextChangeMs = fromMs;
    }
    const parent = parents[ordinal] as number;
    if (inForce >= 0) {
      bits[ordinal >> 3] = (bits[ordinal >> 3] as number) | (1 << (ordinal & 7));
      halves[ordinal * 2] = own[inForce * 2] as number;
      halves[ordinal * 2 + 1] = own[inForce * 2 + 1] as number;
    } else {
      halves[ordinal * 2] = parent < 0 ? -1 : (halves[parent * 2] as number);
      halves[ordinal * 2 + 1] = parent < 0 ? -1 : (halves[parent * 2 + 1] as number);
    }
  }
  return { ref: deck.ref, version: deck.version, prices, listed };
}
