// Throughput of a trunk: tokens that come with time. Time is an argument.

/** A tick comes about every 100 ms; two of them may be saved up, so that a late tick costs no throughput. */
const BURST_SEC = 0.2;

export class TokenBucket {
  #perMs = 0;
  #burst = 0;
  #tokens = 0;
  #filledMs = -1;

  /** @param perSec messages a second; 0 means no limit */
  constructor(perSec: number) {
    this.configure(perSec);
    this.#tokens = this.#burst;
  }

  /** A new rate, without a fresh burst. */
  configure(perSec: number): void {
    this.#perMs = perSec / 1_000;
    this.#burst = Math.max(1, perSec * BURST_SEC);
    if (this.#tokens > this.#burst) this.#tokens = this.#burst;
  }

  /** Whole tokens there are now; Infinity without a limit. */
  available(nowMs: number): number {
    if (this.#perMs === 0) return Infinity;
    if (this.#filledMs >= 0 && nowMs > this.#filledMs) {
      this.#tokens = Math.min(this.#burst, this.#tokens + (nowMs - this.#filledMs) * this.#perMs);
    }
    if (nowMs > this.#filledMs) this.#filledMs = nowMs;
    return Math.floor(this.#tokens);
  }

  take(): void {
    if (this.#perMs !== 0) this.#tokens--;
  }
}
