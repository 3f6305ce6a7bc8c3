// Reads Prometheus' text format: counters by name, and quantiles of a histogram between two scrapes.

/** All samples: `name` or `name{labels}` to value. */
export type Exposition = ReadonlyMap<string, number>;

export function parseExposition(text: string): Exposition {
  const samples = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const at = line.lastIndexOf(' ');
    samples.set(line.slice(0, at), Number(line.slice(at + 1)));
  }
  return samples;
}

/** The sum of a metric over all its labels. */
export function sumOf(samples: Exposition, name: string): number {
  let sum = 0;
  for (const [key, value] of samples) if (key === name || key.startsWith(`${name}{`)) sum += value;
  return sum;
}

/** Upper bound of the bucket where quantile `q` of what was counted between the scrapes lies; undefined without any. */
export function quantileBetween(before: Exposition, after: Exposition, name: string, q: number): number | undefined {
  const buckets: { bound: number; count: number }[] = [];
  for (const [key, value] of after) {
    const match = key.startsWith(`${name}_bucket{`) ? /le="([^"]+)"/.exec(key) : null;
    if (match?.[1] === undefined) continue;
    const bound = match[1] === '+Inf' ? Infinity : Number(match[1]);
    buckets.push({ bound, count: value - (before.get(key) ?? 0) });
  }
  buckets.sort((a, b) => a.bound - b.bound);
  const total = buckets.at(-1)?.count ?? 0;
  if (total === 0) return undefined;
  return buckets.find((bucket) => bucket.count >= total * q)?.bound;
}
