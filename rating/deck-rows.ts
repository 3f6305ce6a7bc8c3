// The rows of one deck version as one block of bytes: what the store keeps and the pool compiles.
//
//   u32 magic and layout version, u32 rows, u32 flags, u32 zero; rows × f64 prefix sort key; rows × i64 nanos;
//   f64 effective from (epoch ms): one for all rows when flag 1 is set, else one per row
//
// Sorted by prefix, then by date. Little-endian, as typed arrays are on every machine that Node runs on.

import { AppError, invariant, prefixOfSortKey, prefixSortKey } from '#core';

/** One rate. A negative price (`NO_PRICE_NANOS`) blocks the prefix: shorter ones do not reach below it. */
export interface DeckRow {
  readonly prefix: string;
  readonly priceNanos: bigint;
  readonly effectiveFromMs: number;
}

const MAGIC = 0x4d584401;
const HEADER_BYTES = 16;
const ONE_DATE = 1;

/** Columns in any order, as they were read; `count` of each are valid. */
export interface UnsortedRows {
  readonly count: number;
  /** Prefix sort keys. */
  readonly keys: Float64Array;
  /** Nanos: whole, and exact below 2⁵³. */
  readonly nanos: Float64Array;
  readonly effectiveMs: Float64Array;
}

/** Packed rows, opened for reading: views of the bytes, no copy. */
export interface DeckView {
  readonly size: number;
  readonly keys: Float64Array;
  readonly prices: BigInt64Array;
  /** One date for all rows, or one per row. */
  readonly effectiveMs: Float64Array;
}

/** Packs rows; two rows of one prefix and date are the caller's fault. On shared memory: any thread may read it. */
export function packDeckRows(rows: readonly DeckRow[]): Uint8Array {
  const unsorted: UnsortedRows = {
    count: rows.length,
    keys: Float64Array.from(rows, (row) => prefixSortKey(row.prefix)),
    nanos: Float64Array.from(rows, (row) => Number(row.priceNanos)),
    effectiveMs: Float64Array.from(rows, (row) => row.effectiveFromMs),
  };
  const order = sortedOrder(unsorted);
  invariant(findRepeats(unsorted, order).length === 0, 'a deck lists one prefix twice for one date');
  return packSorted(unsorted, order);
}

/** Reads all rows back as objects: for exports and explanations, not for compiling. */
export function unpackDeckRows(rows: Uint8Array): DeckRow[] {
  const view = openDeckRows(rows);
  return Array.from(view.keys, (key, at) => ({
    prefix: prefixOfSortKey(key),
    priceNanos: view.prices[at] as bigint,
    effectiveFromMs: effectiveAt(view, at),
  }));
}

export function openDeckRows(rows: Uint8Array): DeckView {
  const bad = new AppError('MX1303', 'the stored rows of a deck are damaged', { next: 'import the deck again' });
  if (rows.byteLength < HEADER_BYTES) throw bad;
  // Rows that came out of a database may begin at any offset; 64-bit views may not.
  const aligned = rows.byteOffset % 8 === 0 ? rows : new Uint8Array(rows);
  const { buffer, byteOffset } = aligned;
  const [magic, size, flags] = new Uint32Array(buffer, byteOffset, 3) as unknown as [number, number, number];
  const dates = (flags & ONE_DATE) === 0 ? size : Math.min(size, 1);
  if (magic !== MAGIC || rows.byteLength !== HEADER_BYTES + size * 16 + dates * 8) throw bad;
  return {
    size,
    keys: new Float64Array(buffer, byteOffset + HEADER_BYTES, size),
    prices: new BigInt64Array(buffer, byteOffset + HEADER_BYTES + size * 8, size),
    effectiveMs: new Float64Array(buffer, byteOffset + HEADER_BYTES + size * 16, dates),
  };
}

export function effectiveAt(view: DeckView, at: number): number {
  return view.effectiveMs[view.effectiveMs.length === 1 ? 0 : at] as number;
}

/** Positions in the order of prefix, then date, then place in the file. */
export function sortedOrder(rows: UnsortedRows): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(rows.count);
  for (let at = 0; at < rows.count; at++) order[at] = at;
  return radixSort(radixSort(order, rows.effectiveMs), rows.keys);
}

/** Bits per pass: 2¹³ counters fit the first cache; four passes cover the 52 bits of a key. */
const RADIX_BITS = 13;
const RADIX = 1 << RADIX_BITS;

/** Stable, by non-negative whole numbers below 2⁵²; in one pass when they are in order already. */
function radixSort(order: Uint32Array<ArrayBuffer>, values: Float64Array): Uint32Array<ArrayBuffer> {
  if (isSorted(order, values)) return order;
  let from = order;
  let to = new Uint32Array(order.length);
  for (let divisor = 1; divisor < 2 ** 52; divisor *= RADIX) {
    const starts = new Uint32Array(RADIX + 1);
    for (const at of from) {
      const digit = Math.floor((values[at] as number) / divisor) % RADIX;
      starts[digit + 1] = (starts[digit + 1] as number) + 1;
    }
    for (let digit = 1; digit <= RADIX; digit++) {
      starts[digit] = (starts[digit] as number) + (starts[digit - 1] as number);
    }
    for (const at of from) {
      const digit = Math.floor((values[at] as number) / divisor) % RADIX;
      const place = starts[digit] as number;
      to[place] = at;
      starts[digit] = place + 1;
    }
    const spare = from;
    from = to;
    to = spare;
  }
  return from;
}

function isSorted(order: Uint32Array, values: Float64Array): boolean {
  for (let at = 1; at < order.length; at++) {
    if ((values[order[at - 1] as number] as number) > (values[order[at] as number] as number)) return false;
  }
  return true;
}

/** Pairs of positions [first, repeat] that name one prefix and one date, in the order of the repeats. */
export function findRepeats(rows: UnsortedRows, order: Uint32Array): [number, number][] {
  const repeats: [number, number][] = [];
  for (let at = 1; at < order.length; at++) {
    const first = order[at - 1] as number;
    const second = order[at] as number;
    if (rows.keys[first] === rows.keys[second] && rows.effectiveMs[first] === rows.effectiveMs[second]) {
      repeats.push([first, second]);
    }
  }
  return repeats.sort((left, right) => left[1] - right[1]);
}

export function packSorted(rows: UnsortedRows, order: Uint32Array): Uint8Array {
  const size = order.length;
  const oneDate = hasOneDate(rows);
  const dates = oneDate ? Math.min(size, 1) : size;
  const packed = new Uint8Array(new SharedArrayBuffer(HEADER_BYTES + size * 16 + dates * 8));
  new Uint32Array(packed.buffer, 0, 4).set([MAGIC, size, oneDate ? ONE_DATE : 0, 0]);
  const view = openDeckRows(packed);
  for (let at = 0; at < size; at++) {
    const from = order[at] as number;
    view.keys[at] = rows.keys[from] as number;
    view.prices[at] = BigInt(rows.nanos[from] as number);
    if (!oneDate) view.effectiveMs[at] = rows.effectiveMs[from] as number;
  }
  if (oneDate && size > 0) view.effectiveMs[0] = rows.effectiveMs[0] as number;
  return packed;
}

function hasOneDate(rows: UnsortedRows): boolean {
  for (let at = 1; at < rows.count; at++) if (rows.effectiveMs[at] !== rows.effectiveMs[0]) return false;
  return true;
}
