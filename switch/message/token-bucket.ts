// Throughput in segments: a bucket that fills with time and may hold a burst. Time comes in as an argument.

export class TokenBucket {
  #perMs: number;
  #burst: number;
  #tokens: number;
  #filledMs = 0;

  /** @param perSec tokens a second; 0 means no limit. @param burst most tokens saved up. */
  constructor(perSec: number, burst: number) {
    this.#perMs = perSec / 1_000;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Applies new limits without granting a fresh burst. */
  configure(perSec: number, burst: number): void {
    this.#perMs = perSec / 1_000;
    this.#burst = burst;
    if (this.#tokens > burst) this.#tokens = burst;
  }

  /** Takes `count` tokens when there are that many, or as soon as the bucket is full for messages above the burst. */
  take(count: number, nowMs: number): boolean {
    if (this.#perMs === 0) return true;
    const tokens = Math.min(this.#burst, this.#tokens + Math.max(0, nowMs - this.#filledMs) * this.#perMs);
    this.#filledMs = nowMs;
    if (tokens < Math.min(count, this.#burst)) {
      this.#tokens = tokens;
      return false;
    }
    this.#tokens = tokens - count;
    return true;
  }
}
