// The decision: one look-up in the ranks and a walk along them. No I/O, and nothing allocated but 64-bit prices.

import { CANDIDATES_MAX, invariant, SKIPPED_MAX } from '#core';
import type { RankImage } from './ranks.js';
import { Skip } from './skip.js';
import type { TrunkState } from './trunk-state.js';

/** Reusable answer: candidates in order, and what was skipped with the reason. */
export class Decision {
  kept = 0;
  readonly trunkRefs = new Uint32Array(CANDIDATES_MAX);
  /** Buy price per segment. */
  readonly buyNanos = new BigInt64Array(CANDIDATES_MAX);
  /** All that were skipped; the lists hold the first `SKIPPED_MAX` of them, in rank order. */
  skipped = 0;
  readonly skippedRefs = new Uint32Array(SKIPPED_MAX);
  readonly skippedWhy = new Uint8Array(SKIPPED_MAX);
  readonly skippedNanos = new BigInt64Array(SKIPPED_MAX);
  /** Trunks ranked behind the last candidate that there was room for: not looked at. */
  beyond = 0;
}

/** What is asked; one reusable object per caller. */
export class DecideRequest {
  /** Of the destination in the installed index; −1 when no prefix matched. */
  ordinal = -1;
  /** Tenants in the customer's chain of sales: the trunks of these may be used. */
  ownerRefs: readonly number[] = [];
  /** Per owner the most that it may pay without a loss; −1n when it allows losses. */
  ceilingNanos: readonly bigint[] = [];
  /** When every other candidate is out, keep the ones that are down: the message waits for them. */
  mayWait = false;
}

export interface RoutingSnapshot {
  readonly ranks: RankImage;
  /** Per trunk index; undefined for one that was removed since the ranks were built. */
  readonly trunks: readonly (TrunkState | undefined)[];
}

const NO_RANKS: RoutingSnapshot = {
  ranks: {
    ranks: new Uint16Array(0),
    counts: new Uint16Array(0),
    prices: new BigInt64Array(0),
    trunkCount: 0,
  },
  trunks: [],
};

export class Router {
  #snapshot = NO_RANKS;

  /** Swaps the tables by one assignment, and tells each trunk its new position. */
  install(snapshot: RoutingSnapshot): void {
    const { ranks, trunks } = snapshot;
    invariant(trunks.length === ranks.trunkCount, 'ranks and trunks do not belong together');
    for (const trunk of this.#snapshot.trunks) if (trunk !== undefined) trunk.index = -1;
    trunks.forEach((trunk, index) => {
      if (trunk !== undefined) trunk.index = index;
    });
    this.#snapshot = snapshot;
  }

  decide(request: DecideRequest, into: Decision): void {
    into.kept = 0;
    into.skipped = 0;
    into.beyond = 0;
    const { ordinal } = request;
    const snapshot = this.#snapshot;
    if (ordinal < 0 || ordinal >= snapshot.ranks.counts.length) return;
    walk(snapshot, request, into, false);
    if (into.kept > 0) return;
    if (request.mayWait && hasDown(into, snapshot)) {
      into.skipped = 0;
      walk(snapshot, request, into, true);
    }
    if (into.kept === 0) listUnpriced(snapshot, ordinal, into);
  }
}

function walk(snapshot: RoutingSnapshot, request: DecideRequest, into: Decision, keepDown: boolean): void {
  const { ranks, counts, prices, trunkCount } = snapshot.ranks;
  const { ordinal } = request;
  const start = ordinal * trunkCount;
  const end = start + (counts[ordinal] as number);
  for (let at = start; at < end; at++) {
    const index = ranks[at] as number;
    const trunk = snapshot.trunks[index];
    if (trunk === undefined) continue;
    const buyNanos = prices[start + index] as bigint;
    const why = judge(trunk, buyNanos, request, keepDown);
    if (why !== Skip.none) {
      skip(into, trunk.ref, why, buyNanos);
      continue;
    }
    into.trunkRefs[into.kept] = trunk.ref;
    into.buyNanos[into.kept] = buyNanos;
    into.kept++;
    // The rest is dearer, and there is room for no more.
    if (into.kept === CANDIDATES_MAX) {
      into.beyond = end - at - 1;
      return;
    }
  }
}

/** The first reason against a trunk: rights before money before momentary state. */
function judge(trunk: TrunkState, buyNanos: bigint, request: DecideRequest, keepDown: boolean): Skip {
  const owners = request.ownerRefs;
  let owner = 0;
  while (owner < owners.length && owners[owner] !== trunk.ownerRef) owner++;
  if (owner === owners.length) return Skip.notOwned;
  if (!trunk.enabled) return Skip.disabled;
  const ceiling = request.ceilingNanos[owner] as bigint;
  if (ceiling >= 0n && buyNanos > ceiling) return Skip.lossMaking;
  if (!trunk.up && !keepDown) return Skip.down;
  return trunk.full ? Skip.full : Skip.none;
}

function skip(into: Decision, ref: number, why: Skip, nanos: bigint): void {
  const at = into.skipped++;
  if (at >= SKIPPED_MAX) return;
  into.skippedRefs[at] = ref;
  into.skippedWhy[at] = why;
  into.skippedNanos[at] = nanos;
}

/** Whether a second walk can find more: a trunk was skipped as down, or the list was too short to tell. */
function hasDown(into: Decision, snapshot: RoutingSnapshot): boolean {
  if (into.skipped > SKIPPED_MAX) return snapshot.trunks.length > 0;
  for (let at = 0; at < into.skipped; at++) if (into.skippedWhy[at] === Skip.down) return true;
  return false;
}

/** Nothing was kept: say also which trunks have no price, so that the refusal explains itself. */
function listUnpriced(snapshot: RoutingSnapshot, ordinal: number, into: Decision): void {
  const { prices, trunkCount } = snapshot.ranks;
  for (let index = 0; index < trunkCount; index++) {
    const nanos = prices[ordinal * trunkCount + index] as bigint;
    const trunk = snapshot.trunks[index];
    if (nanos < 0n && trunk !== undefined) skip(into, trunk.ref, Skip.noPrice, nanos);
  }
}
