// The one digit trie: longest prefix of a number to a dense ordinal. Built once, immutable, position-independent.

import { invariant } from './errors.js';

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

  /** The prefix as a number with a leading 1 (`39` is 139), as records keep it; 0 for no prefix. */
  keyAt(ordinal: number): number {
    return ordinal < 0 ? 0 : (this.#digits[ordinal] as number);
  }

  /** The prefix that has this ordinal. */
  prefixAt(ordinal: number): string {
    invariant(ordinal >= 0 && ordinal < this.size, 'prefix ordinal out of range');
    return String(this.#digits[ordinal]).slice(1);
  }
}

/** Builds a table over distinct prefixes of 0 to 15 digits; sorts them itself. */
export function buildPrefixTable(prefixes: Iterable<string>): PrefixTable {
  const sorted = [...new Set(prefixes)].sort();
  const nodes = growTrie(sorted);
  const bytes = HEADER_INTS * 4 + sorted.length * 12 + nodes.length * 4;
  const image = new SharedArrayBuffer(bytes);
  new Int32Array(image, 0, HEADER_INTS).set([MAGIC, nodes.length / NODE_INTS, sorted.length, 0]);
  const digits = new Float64Array(image, HEADER_INTS * 4, sorted.length);
  const parents = new Int32Array(image, HEADER_INTS * 4 + sorted.length * 8, sorted.length);
  new Int32Array(image, HEADER_INTS * 4 + sorted.length * 12, nodes.length).set(nodes);
  const open: number[] = [];
  sorted.forEach((prefix, ordinal) => {
    // A leading 1 keeps leading zeros; 16 digits beginning with 1 are exact in a double.
    digits[ordinal] = Number(`1${prefix}`);
    while (open.length > 0 && !prefix.startsWith(sorted[open.at(-1) as number] as string)) open.pop();
    parents[ordinal] = open.at(-1) ?? -1;
    open.push(ordinal);
  });
  return new PrefixTable(image);
}

/** Children hold the offset of a node in ints, so that a look-up adds and never multiplies. */
function growTrie(sorted: readonly string[]): Int32Array {
  let nodes = new Int32Array(1024 * NODE_INTS);
  let used = NODE_INTS;
  nodes[ORDINAL_AT] = -1;
  sorted.forEach((prefix, ordinal) => {
    invariant(/^\d{0,15}$/.test(prefix), `not a prefix: ${prefix}`);
    let node = 0;
    for (let at = 0; at < prefix.length; at++) {
      const child = node + prefix.charCodeAt(at) - 48;
      if (nodes[child] === 0) {
        if (used + NODE_INTS > nodes.length) {
          const larger = new Int32Array(nodes.length * 2);
          larger.set(nodes);
          nodes = larger;
        }
        nodes[child] = used;
        nodes[used + ORDINAL_AT] = -1;
        used += NODE_INTS;
      }
      node = nodes[child] as number;
    }
    nodes[node + ORDINAL_AT] = ordinal;
  });
  return nodes.slice(0, used);
}
