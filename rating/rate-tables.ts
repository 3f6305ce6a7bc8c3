// Compiled decks as the data plane reads them: one destination index, one price column per deck.

import { invariant, PrefixTable } from '#core';

/** Says in a column that the deck has no price for this destination, or blocks it. */
export const NO_PRICE_NANOS = -1n;

/** One deck in a compiled image. */
export interface DeckColumn {
  readonly ref: number;
  readonly version: number;
  /** bigint64 nanos per ordinal, inherited from shorter prefixes; `NO_PRICE_NANOS` where there is none. */
  readonly prices: SharedArrayBuffer;
  /** One bit per ordinal: the deck lists this very prefix. */
  readonly listed: SharedArrayBuffer;
}

/** What the pool hands to every thread: shared memory only, nothing to copy. */
export interface TablesImage {
  readonly index: ArrayBufferLike;
  readonly decks: readonly DeckColumn[];
  /** Prices are those in force from here … */
  readonly validFromMs: number;
  /** … up to here, when the next effective date comes; Infinity when none does. */
  readonly nextChangeMs: number;
}

/** Look-ups over an image. Opening one costs a few views per deck, so the main thread only swaps. */
export class RateTables {
  readonly index: PrefixTable;
  readonly validFromMs: number;
  readonly nextChangeMs: number;
  readonly deckRefs: readonly number[];
  readonly #positions = new Map<number, number>();
  readonly #versions: number[] = [];
  readonly #columns: BigInt64Array[] = [];
  readonly #listed: Uint8Array[] = [];

  constructor(image: TablesImage) {
    this.index = new PrefixTable(image.index);
    this.validFromMs = image.validFromMs;
    this.nextChangeMs = image.nextChangeMs;
    this.deckRefs = image.decks.map((deck) => deck.ref);
    for (const deck of image.decks) {
      invariant(!this.#positions.has(deck.ref), 'a deck is listed twice in one table');
      this.#positions.set(deck.ref, this.#columns.length);
      this.#versions.push(deck.version);
      this.#columns.push(new BigInt64Array(deck.prices));
      this.#listed.push(new Uint8Array(deck.listed));
    }
  }

  /** The whole column of a deck, for routing. */
  column(deckRef: number): BigInt64Array | undefined {
    const position = this.#positions.get(deckRef);
    return position === undefined ? undefined : this.#columns[position];
  }

  /** The deck's version in these tables; 0 when it is not in them. */
  version(deckRef: number): number {
    const position = this.#positions.get(deckRef);
    return position === undefined ? 0 : (this.#versions[position] as number);
  }

  /** Price per segment for an ordinal of `index`; `NO_PRICE_NANOS` when the deck has none (ordinal −1: no match). */
  priceNanos(deckRef: number, ordinal: number): bigint {
    const position = this.#positions.get(deckRef);
    if (position === undefined || ordinal < 0) return NO_PRICE_NANOS;
    return (this.#columns[position] as BigInt64Array)[ordinal] ?? NO_PRICE_NANOS;
  }

  /** The prefix that the deck itself lists and that gave its price; undefined when it has none. */
  ratePrefix(deckRef: number, ordinal: number): string | undefined {
    const listed = this.#listedOrdinal(deckRef, ordinal);
    return listed < 0 ? undefined : this.index.prefixAt(listed);
  }

  /** The same as one number with a leading 1 (so `39` is 139), as records store it; 0 when there is none. */
  ratePrefixNumber(deckRef: number, ordinal: number): number {
    const listed = this.#listedOrdinal(deckRef, ordinal);
    return listed < 0 ? 0 : this.index.prefixNumberAt(listed);
  }

  /** The destination's longest prefix over all decks, in the same form; 0 when none matched. */
  prefixKey(ordinal: number): number {
    return ordinal < 0 ? 0 : this.index.prefixNumberAt(ordinal);
  }

  #listedOrdinal(deckRef: number, ordinal: number): number {
    const position = this.#positions.get(deckRef);
    if (position === undefined) return -1;
    const listed = this.#listed[position] as Uint8Array;
    const parents = this.index.parents;
    let at = ordinal;
    while (at >= 0 && ((listed[at >> 3] as number) & (1 << (at & 7))) === 0) at = parents[at] as number;
    return at;
  }
}
