// What one message costs at every level, and the holds for it: all levels or none, each settled once.

import { invariant, nanosToMicrosCeil, TENANT_DEPTH_MAX } from '#core';
import { hold, settle, type Balance, type Overrun } from './balance.js';
import { NO_PRICE_NANOS, type RateTables } from './rate-tables.js';
import type { Sale } from './sale.js';

export type QuoteResult = 'ok' | 'no-rate' | 'loss-making';

/** Reusable answer of a quote; the arrays have room for every level and are valid up to `levels`. */
export class Quote {
  result: QuoteResult = 'no-rate';
  levels = 0;
  /** The level that has no rate or makes a loss, bottom is 0; −1 when none. */
  failedLevel = -1;
  /** Per segment. */
  readonly rateNanos: bigint[] = new Array<bigint>(TENANT_DEPTH_MAX).fill(0n);
  /** For all segments, rounded up to micros. */
  readonly amountMicros: bigint[] = new Array<bigint>(TENANT_DEPTH_MAX).fill(0n);
}

/** Prices the lowest `levels` sales of the chain for a destination ordinal of these tables. */
export function quote(
  tables: RateTables,
  chain: readonly Sale[],
  levels: number,
  ordinal: number,
  segments: number,
  into: Quote,
): QuoteResult {
  invariant(levels <= chain.length && levels <= TENANT_DEPTH_MAX, 'a quote has more levels than its chain');
  into.levels = levels;
  into.failedLevel = -1;
  const count = BigInt(segments);
  for (let level = 0; level < levels; level++) {
    const rateNanos = tables.priceNanos((chain[level] as Sale).deckRef, ordinal);
    if (rateNanos === NO_PRICE_NANOS) return fail(into, 'no-rate', level);
    into.rateNanos[level] = rateNanos;
    // Rounded up once, over all segments, in the seller's favour.
    into.amountMicros[level] = nanosToMicrosCeil(rateNanos * count);
  }
  for (let level = 0; level + 1 < levels; level++) {
    if ((chain[level] as Sale).forbidLoss && losesMoney(chain, into, level)) return fail(into, 'loss-making', level);
  }
  into.result = 'ok';
  return 'ok';
}

/** The seller of this level earns less than it pays one level up. Two currencies without a rate prove nothing: a loss. */
function losesMoney(chain: readonly Sale[], into: Quote, level: number): boolean {
  if ((chain[level] as Sale).currency !== (chain[level + 1] as Sale).currency) return true;
  return (into.rateNanos[level] as bigint) < (into.rateNanos[level + 1] as bigint);
}

function fail(into: Quote, result: QuoteResult, level: number): QuoteResult {
  into.result = result;
  into.failedLevel = level;
  return result;
}

/** Holds the amounts at the lowest `levels` levels, all or none: −1 when held, else the level that refused. */
export function reserve(chain: readonly Sale[], levels: number, amountsMicros: readonly bigint[]): number {
  for (let level = 0; level < levels; level++) {
    if (hold((chain[level] as Sale).balance, amountsMicros[level] as bigint)) continue;
    for (let held = 0; held < level; held++) {
      (chain[held] as Sale).balance.heldMicros -= amountsMicros[held] as bigint;
    }
    return level;
  }
  return -1;
}

/** Gives a whole reservation back: nothing was charged at any level, and nothing was settled before. */
export function release(chain: readonly Sale[], levels: number, heldMicros: readonly bigint[]): void {
  for (let level = 0; level < levels; level++) {
    settle((chain[level] as Sale).balance, heldMicros[level] as bigint, 0n);
  }
}

/** Which levels of a reservation are settled, one bit each. What owns the reservation (a message) carries it. */
export interface Settlement {
  settledLevels: number;
}

/** Settles one level once: true when it did, false (and nothing changed) when it was settled before. */
export function settleLevel(
  of: Settlement,
  level: number,
  balance: Balance,
  heldMicros: bigint,
  chargedMicros: bigint,
  overrun: Overrun = 'refuse',
): boolean {
  const bit = 1 << level;
  if ((of.settledLevels & bit) !== 0) return false;
  settle(balance, heldMicros, chargedMicros, overrun);
  of.settledLevels |= bit;
  return true;
}
