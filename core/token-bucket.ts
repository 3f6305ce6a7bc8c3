// Throughput: a bucket that fills with time and may hold a burst. Time comes in as an argument.

export class TokenBucket {
  #perMs: number;
  #burst: number;
  #tokens: number;
  #filledMs = -1;

  /** @param perSec tokens a second; 0 means no limit. @param burst most tokens saved up; a new bucket is full. */
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

  /** Whole tokens there are now; Infinity without a limit. */
  available(nowMs: number): number {
    if (this.#perMs === 0) return Infinity;
    this.#fill(nowMs);
    return Math.floor(this.#tokens);
  }

  /** Takes one token that `available` told of. */
  spend(): void {
    if (this.#perMs !== 0) this.#tokens--;
  }

  /** Takes `count` tokens when there are that many, or as soon as the bucket is full for messages above the burst. */
  take(count: number, nowMs: number): boolean {
    if (this.#perMs === 0) return true;
    this.#fill(nowMs);
    if (this.#tokens < Math.min(count, this.#burst)) return false;
    this.#tokens -= count;
    return true;
  }

  /** A clock that went back fills nothing, and what it passes again is not counted twice. */
  #fill(nowMs: number): void {
    if (nowMs <= this.#filledMs) return;
    if (this.#filledMs >= 0) {
      this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#filledMs) * this.#perMs);
    }
    this.#filledMs = nowMs;
  }
}
