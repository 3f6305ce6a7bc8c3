// Latencies in logarithmic buckets (64 per octave, so within 1.1 %), from one microsecond to a minute.

const BUCKETS_PER_OCTAVE = 64;
const OCTAVES = 26;
const LOWEST_MS = 0.001;

/** What a histogram says of itself when it crosses a process border. */
export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export class LatencyHistogram {
  readonly #counts = new Float64Array(BUCKETS_PER_OCTAVE * OCTAVES);
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  record(ms: number): void {
    const scaled = ms > LOWEST_MS ? Math.log2(ms / LOWEST_MS) * BUCKETS_PER_OCTAVE : 0;
    const bucket = Math.min(scaled | 0, this.#counts.length - 1);
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#count++;
    this.#sumMs += ms;
    if (ms > this.#maxMs) this.#maxMs = ms;
  }

  /** Upper edge of the bucket that holds quantile `q`. */
  quantileMs(q: number): number {
    const target = q * this.#count;
    let seen = 0;
    for (let bucket = 0; bucket < this.#counts.length; bucket++) {
      seen += this.#counts[bucket] ?? 0;
      if (seen >= target && seen > 0) return LOWEST_MS * 2 ** ((bucket + 1) / BUCKETS_PER_OCTAVE);
    }
    return 0;
  }

  summary(): LatencySummary {
    return {
      count: this.#count,
      meanMs: this.#count === 0 ? 0 : this.#sumMs / this.#count,
      p50Ms: this.quantileMs(0.5),
      p99Ms: this.quantileMs(0.99),
      p999Ms: this.quantileMs(0.999),
      maxMs: this.#maxMs,
    };
  }

  reset(): void {
    this.#counts.fill(0);
    this.#count = 0;
    this.#sumMs = 0;
    this.#maxMs = 0;
  }
}
