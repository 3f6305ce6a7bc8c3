// What a new version of a deck changes: for whoever approves it.

import { prefixOfSortKey } from '#core';
import { effectiveAt, openDeckRows, type DeckView } from './deck-rows.js';

export type DeckChange = 'added' | 'removed' | 'raised' | 'lowered' | 'rescheduled';

/** One prefix that changes; prices are the ones in force after the last date, −1n: none or blocked. */
export interface DeckDiffExample {
  readonly prefix: string;
  readonly change: DeckChange;
  readonly beforeNanos: bigint;
  readonly afterNanos: bigint;
  /** When the new price comes into force; of a removed prefix the old one's date. */
  readonly effectiveFromMs: number;
}

/** Counts prefixes. `raised` and `lowered` compare the prices that stand once all dates have come. */
export interface DeckDiff {
  readonly added: number;
  readonly removed: number;
  readonly raised: number;
  readonly lowered: number;
  /** The final price stays, but a date or a price before it changes. */
  readonly rescheduled: number;
  readonly unchanged: number;
  /** In per cent of the old price, over prefixes that had one; 0 when none rises or falls. */
  readonly largestRisePct: number;
  readonly largestFallPct: number;
  /** The first of each kind of change. */
  readonly examples: readonly DeckDiffExample[];
}

const EXAMPLES_PER_CHANGE = 5;

/** Compares packed rows; no `before` means a new deck. */
export function diffDecks(before: Uint8Array | undefined, after: Uint8Array): DeckDiff {
  const walk = new DiffWalk(before === undefined ? undefined : openDeckRows(before), openDeckRows(after));
  walk.run();
  return walk.diff;
}

class DiffWalk {
  readonly diff = {
    added: 0,
    removed: 0,
    raised: 0,
    lowered: 0,
    rescheduled: 0,
    unchanged: 0,
    largestRisePct: 0,
    largestFallPct: 0,
    examples: [] as DeckDiffExample[],
  };
  readonly #old: DeckView | undefined;
  readonly #new: DeckView;
  readonly #shown: Record<DeckChange, number> = { added: 0, removed: 0, raised: 0, lowered: 0, rescheduled: 0 };

  constructor(before: DeckView | undefined, after: DeckView) {
    this.#old = before;
    this.#new = after;
  }

  run(): void {
    let oldAt = 0;
    let newAt = 0;
    const oldSize = this.#old?.size ?? 0;
    while (oldAt < oldSize || newAt < this.#new.size) {
      const oldKey = this.#old?.keys[oldAt] ?? Infinity;
      const newKey = this.#new.keys[newAt] ?? Infinity;
      const oldEnd = oldKey <= newKey && this.#old !== undefined ? endOfPrefix(this.#old, oldAt) : oldAt;
      const newEnd = newKey <= oldKey ? endOfPrefix(this.#new, newAt) : newAt;
      this.#prefix(oldAt, oldEnd, newAt, newEnd);
      oldAt = oldEnd;
      newAt = newEnd;
    }
  }

  /** One prefix: its old rows and its new rows, either of which may be none. */
  #prefix(oldAt: number, oldEnd: number, newAt: number, newEnd: number): void {
    if (this.#old === undefined || oldAt === oldEnd) {
      this.#count('added', -1, newEnd - 1);
      return;
    }
    if (newAt === newEnd) {
      this.#count('removed', oldEnd - 1, -1);
      return;
    }
    const oldNanos = this.#old.prices[oldEnd - 1] as bigint;
    const newNanos = this.#new.prices[newEnd - 1] as bigint;
    if (oldNanos === newNanos) {
      if (sameRows(this.#old, oldAt, oldEnd, this.#new, newAt, newEnd)) this.diff.unchanged++;
      else this.#count('rescheduled', oldEnd - 1, newEnd - 1);
      return;
    }
    // Blocking a prefix is the end of it, opening one its beginning.
    if (newNanos < 0n) this.#count('removed', oldEnd - 1, newEnd - 1);
    else if (oldNanos < 0n) this.#count('added', oldEnd - 1, newEnd - 1);
    else this.#priced(oldNanos, newNanos, oldEnd - 1, newEnd - 1);
  }

  #priced(oldNanos: bigint, newNanos: bigint, oldAt: number, newAt: number): void {
    const pct = oldNanos === 0n ? 0 : Number(((newNanos - oldNanos) * 10_000n) / oldNanos) / 100;
    this.diff.largestRisePct = Math.max(this.diff.largestRisePct, pct);
    this.diff.largestFallPct = Math.max(this.diff.largestFallPct, -pct);
    this.#count(newNanos > oldNanos ? 'raised' : 'lowered', oldAt, newAt);
  }

  #count(change: DeckChange, oldAt: number, newAt: number): void {
    this.diff[change]++;
    if (this.#shown[change]++ >= EXAMPLES_PER_CHANGE) return;
    const from = newAt >= 0 ? this.#new : (this.#old as DeckView);
    const at = newAt >= 0 ? newAt : oldAt;
    this.diff.examples.push({
      prefix: prefixOfSortKey(from.keys[at] as number),
      change,
      beforeNanos: this.#old?.prices[oldAt] ?? -1n,
      afterNanos: this.#new.prices[newAt] ?? -1n,
      effectiveFromMs: effectiveAt(from, at),
    });
  }
}

/** The position after the last row of the prefix that begins here. */
function endOfPrefix(view: DeckView, start: number): number {
  let end = start + 1;
  while (end < view.size && view.keys[end] === view.keys[start]) end++;
  return end;
}

function sameRows(
  left: DeckView,
  leftAt: number,
  leftEnd: number,
  right: DeckView,
  rightAt: number,
  rightEnd: number,
): boolean {
  if (leftEnd - leftAt !== rightEnd - rightAt) return false;
  for (let row = 0; row < leftEnd - leftAt; row++) {
    if (left.prices[leftAt + row] !== right.prices[rightAt + row]) return false;
    if (effectiveAt(left, leftAt + row) !== effectiveAt(right, rightAt + row)) return false;
  }
  return true;
}
