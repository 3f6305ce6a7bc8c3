// What the switch counts, for Prometheus.

export { PrometheusMetrics } from './prometheus.js';
