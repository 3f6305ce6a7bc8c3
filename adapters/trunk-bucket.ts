// Throughput of a trunk in messages.

import { TokenBucket } from '#core';

/** A tick comes about every 100 ms; two of them may be saved up, so that a late tick costs no throughput. */
const BURST_SEC = 0.2;

const burstOf = (tps: number): number => Math.max(1, tps * BURST_SEC);

/** @param tps messages a second; 0 means no limit */
export const newTrunkBucket = (tps: number): TokenBucket => new TokenBucket(tps, burstOf(tps));

/** A new rate, without a fresh burst. */
export function setTrunkRate(bucket: TokenBucket, tps: number): void {
  bucket.configure(tps, burstOf(tps));
}
