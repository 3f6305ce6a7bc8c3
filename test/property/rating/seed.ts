// The seed of a property run: from SEED, or drawn and printed with any failure by fast-check itself.

import type { Parameters } from 'fast-check';

/** Parameters for `fc.assert`: `SEED=n npm test` repeats a run exactly. */
export function seeded<T>(numRuns: number): Parameters<T> {
  const seed = process.env['SEED'];
  return seed === undefined ? { numRuns } : { numRuns, seed: Number(seed) };
}
