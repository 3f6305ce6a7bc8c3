// The one digit trie: longest prefix of a number to a dense ordinal. Built once, immutable, position-independent.

import { AppError, invariant } from './errors.js';
import { E164_DIGITS_MAX } from './limits.js';

/** Per trie node: ten children and the ordinal of the prefix that ends here (−1: none). */
const NODE_INTS = 11;
const ORDINAL_AT = 10;
const MAGIC = 0x4d505401;
const HEADER_INTS = 4;

/**
 * Maps digits to the ordinal of their longest listed prefix. Ordinals follow the order of the sorted prefixes, so a
 * prefix always comes after the shorter ones it extends: a column can be filled in one pass with `parents`.
 */
export class PrefixTable {
  /** The whole table; on shared memory every thread reads the same bytes. */
  readonly image: ArrayBufferLike;
  readonly size: number;
  /** For each ordinal the ordinal of the next shorter listed prefix, or −1. */
  readonly parents: Int32Array;
  readonly #nodes: Int32Array;
  readonly #digits: Float64Array;

  /** Opens an image made by `buildPrefixTable`, in this thread or another. */
  constructor(image: ArrayBufferLike) {
    const header = new Int32Array(image, 0, HEADER_INTS);
    invariant(header[0] === MAGIC, 'not a prefix table image');
    const nodeCount = header[1] as number;
    this.image = image;
    this.size = header[2] as number;
    const digitsAt = HEADER_INTS * 4;
    this.#digits = new Float64Array(image, digitsAt, this.size);
    this.parents = new Int32Array(image, digitsAt + this.size * 8, this.size);
    this.#nodes = new Int32Array(image, digitsAt + this.size * 12, nodeCount * NODE_INTS);
  }

  /** The ordinal of the longest prefix of `digits`, or −1. */
  lookup(digits: string): number {
    const nodes = this.#nodes;
    let node = 0;
    let best = nodes[ORDINAL_AT] as number;
    for (let at = 0; at < digits.length; at++) {
      const digit = digits.charCodeAt(at) - 48;
      if (digit < 0 || digit > 9) break;
      node = nodes[node + digit] as number;
      if (node === 0) break;
      const ordinal = nodes[node + ORDINAL_AT] as number;
      if (ordinal >= 0) best = ordinal;
    }
    return best;
  }

  /** The prefix that has this ordinal. */
  prefixAt(ordinal: number): string {
    return String(this.prefixNumberAt(ordinal)).slice(1);
  }

  /** The same prefix as one number with a leading 1 (so `39` is 139), as records store it. */
  prefixNumberAt(ordinal: number): number {
    invariant(ordinal >= 0 && ordinal < this.size, 'prefix ordinal out of range');
    return this.#digits[ordinal] as number;
  }
}

/** 11⁸: splits a sort key in two halves that fit 32-bit integers. */
const HALF_KEY = 214_358_881;
const LOW_DIGITS = 8;

/**
 * A prefix as one number that sorts as the text does: base 11, left-aligned to 15 places, digit + 1 each, 0 for none.
 * The greatest is 11¹⁵ − 1 < 2⁵², exact in a double.
 */
export function prefixSortKey(prefix: string): number {
  if (!/^\d{0,15}$/.test(prefix)) throw new AppError('MX1001', `not a prefix: ${prefix}`);
  let key = 0;
  for (let at = 0; at < E164_DIGITS_MAX; at++) {
    key = key * 11 + (at < prefix.length ? prefix.charCodeAt(at) - 47 : 0);
  }
  return key;
}

/** The prefix of a sort key. */
export function prefixOfSortKey(key: number): string {
  const places = new Uint8Array(E164_DIGITS_MAX);
  const length = unpackKey(key, places);
  let prefix = '';
  for (let at = 0; at < length; at++) prefix += String((places[at] as number) - 1);
  return prefix;
}

/** Writes digit + 1 per place and answers how many digits there are. */
function unpackKey(key: number, places: Uint8Array): number {
  const high = Math.floor(key / HALF_KEY);
  splitHalf(high, places, 0, E164_DIGITS_MAX - LOW_DIGITS);
  splitHalf(key - high * HALF_KEY, places, E164_DIGITS_MAX - LOW_DIGITS, E164_DIGITS_MAX);
  let length = 0;
  while (length < E164_DIGITS_MAX && places[length] !== 0) length++;
  return length;
}

function splitHalf(half: number, places: Uint8Array, from: number, to: number): void {
  let rest = half | 0;
  for (let at = to - 1; at >= from; at--) {
    const next = (rest / 11) | 0;
    places[at] = rest - next * 11;
    rest = next;
  }
}

/** Builds a table over distinct prefixes of 0 to 15 digits; sorts them itself. */
export function buildPrefixTable(prefixes: Iterable<string>): PrefixTable {
  const keys = new Set<number>();
  for (const prefix of prefixes) keys.add(prefixSortKey(prefix));
  return buildPrefixTableOfKeys(Float64Array.from(keys).sort());
}

/** The same over sort keys that are ascending and distinct already: what large imports use. */
export function buildPrefixTableOfKeys(keys: Float64Array): PrefixTable {
  const nodeCount = countNodes(keys);
  const parentsAt = HEADER_INTS * 4 + keys.length * 8;
  const nodesAt = HEADER_INTS * 4 + keys.length * 12;
  const image = new SharedArrayBuffer(nodesAt + nodeCount * NODE_INTS * 4);
  new Int32Array(image, 0, HEADER_INTS).set([MAGIC, nodeCount, keys.length, 0]);
  const digits = new Float64Array(image, HEADER_INTS * 4, keys.length);
  const parents = new Int32Array(image, parentsAt, keys.length);
  const nodes = new Int32Array(image, nodesAt, nodeCount * NODE_INTS);
  growTrie(keys, { digits, parents, nodes });
  return new PrefixTable(image);
}

/** One node for the root, and one for each digit that a prefix does not share with the one before it. */
function countNodes(keys: Float64Array): number {
  let places = new Uint8Array(E164_DIGITS_MAX);
  let before = new Uint8Array(E164_DIGITS_MAX);
  let count = 1;
  let previous = -1;
  for (const key of keys) {
    invariant(key > previous, 'prefix sort keys must ascend');
    previous = key;
    const length = unpackKey(key, places);
    count += length - sharedPlaces(places, before, length);
    const spare = before;
    before = places;
    places = spare;
  }
  return count;
}

function sharedPlaces(places: Uint8Array, before: Uint8Array, length: number): number {
  let shared = 0;
  while (shared < length && places[shared] === before[shared]) shared++;
  return shared;
}

interface TableColumns {
  readonly digits: Float64Array;
  readonly parents: Int32Array;
  readonly nodes: Int32Array;
}

/**
 * Sorted keys visit the trie depth first, so only the path from the root is kept. Children hold the offset of a node
 * in ints: a look-up adds and never multiplies.
 */
function growTrie(keys: Float64Array, { digits, parents, nodes }: TableColumns): void {
  let places = new Uint8Array(E164_DIGITS_MAX);
  let before = new Uint8Array(E164_DIGITS_MAX);
  const path = new Int32Array(E164_DIGITS_MAX + 1);
  let used = NODE_INTS;
  nodes[ORDINAL_AT] = -1;
  for (let ordinal = 0; ordinal < keys.length; ordinal++) {
    const length = unpackKey(keys[ordinal] as number, places);
    const shared = sharedPlaces(places, before, length);
    for (let depth = shared; depth < length; depth++) {
      nodes[(path[depth] as number) + (places[depth] as number) - 1] = used;
      nodes[used + ORDINAL_AT] = -1;
      path[depth + 1] = used;
      used += NODE_INTS;
    }
    // A leading 1 keeps leading zeros; 16 digits beginning with 1 are exact in a double.
    let number = 1;
    let parent = -1;
    for (let depth = 0; depth < length; depth++) {
      const above = nodes[(path[depth] as number) + ORDINAL_AT] as number;
      if (above >= 0) parent = above;
      number = number * 10 + (places[depth] as number) - 1;
    }
    digits[ordinal] = number;
    parents[ordinal] = parent;
    nodes[(path[length] as number) + ORDINAL_AT] = ordinal;
    const spare = before;
    before = places;
    places = spare;
  }
}
