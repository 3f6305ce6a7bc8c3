// Hot code counts in plain integers that it owns; a collector reads them when somebody asks. No vendor library here.

export type MetricType = 'counter' | 'gauge' | 'histogram';

/** One value of one series. `labels` come from small closed sets, never from a peer's free text. */
export interface MetricSample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric that is read, not pushed: `read` is called on each scrape. */
export interface MetricSource {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  read(): Iterable<MetricSample>;
}

/** Where folders offer what they count. */
export interface Metrics {
  add(source: MetricSource): void;
  addHistogram(source: { readonly name: string; readonly help: string; readonly histogram: Histogram }): void;
}

/** A fixed-bucket histogram in typed arrays: `record` costs a few nanoseconds and allocates nothing. */
export class Histogram {
  readonly bounds: readonly number[];
  readonly counts: Float64Array;
  sum = 0;
  count = 0;

  /** @param bounds upper bounds, ascending; values above the last fall into an implicit +Inf bucket. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Float64Array(bounds.length + 1);
  }

  record(value: number): void {
    let bucket = 0;
    const bounds = this.bounds;
    while (bucket < bounds.length && value > (bounds[bucket] as number)) bucket++;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sum += value;
    this.count++;
  }

  /** The upper bound of the bucket that holds quantile `q`; Infinity when it lies above the last bound. */
  quantile(q: number): number {
    const target = q * this.count;
    let seen = 0;
    for (let bucket = 0; bucket < this.counts.length; bucket++) {
      seen += this.counts[bucket] as number;
      if (seen >= target) return this.bounds[bucket] ?? Infinity;
    }
    return 0;
  }
}

/** Latency bounds in milliseconds, from a tenth of a millisecond to ten seconds. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  0.1, 0.25, 0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 200, 500, 1000, 2000, 5000, 10_000,
];
