// Core's Metrics on prom-client: integers are read when somebody scrapes, never pushed by hot code.

import { collectDefaultMetrics, Registry } from 'prom-client';
import type { Counter } from 'prom-client';
import type { Histogram, Metrics, MetricSource, MetricType } from '#core';

interface HistogramSource {
  readonly name: string;
  readonly help: string;
  readonly histogram: Histogram;
}

/** The shape in which prom-client's registry reads a metric. */
interface Collected {
  name: string;
  help: string;
  type: MetricType;
  aggregator: 'sum';
  values: { value: number; labels: Record<string, string | number>; metricName?: string }[];
}

export class PrometheusMetrics implements Metrics {
  readonly #registry = new Registry();

  /** @param withProcess also offer what Node tells of its process: memory, CPU, event-loop delay */
  constructor(withProcess = false) {
    if (withProcess) collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  add(source: MetricSource): void {
    this.#offer(source.name, () => collectSamples(source));
  }

  addHistogram(source: HistogramSource): void {
    this.#offer(source.name, () => collectHistogram(source));
  }

  /** The text that a Prometheus server reads. */
  exposition(): Promise<string> {
    return this.#registry.metrics();
  }

  /**
   * What counts for itself needs none of prom-client's own metric classes (which fix their label names before the
   * first trunk exists); its registry takes any object that can tell a name and values.
   */
  #offer(name: string, collect: () => Collected): void {
    const metric = { name, get: () => Promise.resolve(collect()), reset: () => undefined };
    this.#registry.registerMetric(metric as unknown as Counter);
  }
}

function collectSamples(source: MetricSource): Collected {
  const values: Collected['values'] = [];
  for (const { labels, value } of source.read()) values.push({ value, labels: { ...labels } });
  return { name: source.name, help: source.help, type: source.type, aggregator: 'sum', values };
}

/** Cumulative buckets, as the exposition format wants them. */
function collectHistogram(source: HistogramSource): Collected {
  const { name, help, histogram } = source;
  const values: Collected['values'] = [];
  let seen = 0;
  histogram.counts.forEach((count, bucket) => {
    seen += count;
    const le = histogram.bounds[bucket] ?? '+Inf';
    values.push({ value: seen, labels: { le }, metricName: `${name}_bucket` });
  });
  values.push({ value: histogram.sum, labels: {}, metricName: `${name}_sum` });
  values.push({ value: histogram.count, labels: {}, metricName: `${name}_count` });
  return { name, help, type: 'histogram', aggregator: 'sum', values };
}
