import assert from 'node:assert/strict';
import { Histogram } from '#core';
import { PrometheusMetrics } from '../../../../switch/metrics/index.js';

describe('metrics for Prometheus', () => {
  it('reads a counter anew on each scrape, with labels that were unknown at the start', async () => {
    const metrics = new PrometheusMetrics();
    const samples: { labels: Record<string, string>; value: number }[] = [];
    metrics.add({ name: 'mx_sent_total', help: 'Sent.', type: 'counter', read: () => samples });
    assert.match(await metrics.exposition(), /# TYPE mx_sent_total counter/);
    samples.push({ labels: { trunk: 'a' }, value: 3 }, { labels: { trunk: 'b"\n' }, value: 4 });
    const text = await metrics.exposition();
    assert.match(text, /^mx_sent_total\{trunk="a"\} 3$/m);
    assert.match(text, /^mx_sent_total\{trunk="b\\"\\n"\} 4$/m);
    samples[0]!.value = 5;
    assert.match(await metrics.exposition(), /^mx_sent_total\{trunk="a"\} 5$/m);
  });

  it('exports a histogram with cumulative buckets, sum and count', async () => {
    const metrics = new PrometheusMetrics();
    const histogram = new Histogram([1, 5]);
    for (const value of [0.5, 1, 3, 7]) histogram.record(value);
    metrics.addHistogram({ name: 'mx_wait_ms', help: 'Wait.', histogram });
    const text = await metrics.exposition();
    assert.match(text, /^mx_wait_ms_bucket\{le="1"\} 2$/m);
    assert.match(text, /^mx_wait_ms_bucket\{le="5"\} 3$/m);
    assert.match(text, /^mx_wait_ms_bucket\{le="\+Inf"\} 4$/m);
    assert.match(text, /^mx_wait_ms_sum 11.5$/m);
    assert.match(text, /^mx_wait_ms_count 4$/m);
    assert.match(text, /# TYPE mx_wait_ms histogram/);
  });

  it('refuses two metrics of one name', () => {
    const metrics = new PrometheusMetrics();
    const source = { name: 'mx_a', help: 'A.', type: 'gauge' as const, read: () => [] };
    metrics.add(source);
    assert.throws(() => metrics.add(source), /already been registered/);
  });
});
