// The seed of a property run: from SEED, or drawn; fast-check prints it with any failure.

export interface SeededRun {
  seed?: number;
  numRuns: number;
}

/** Parameters for `fc.assert`: `SEED=n npm test` repeats a run exactly. */
export function seededRun(numRuns: number): SeededRun {
  const seed = process.env['SEED'];
  return seed === undefined ? { numRuns } : { seed: Number(seed), numRuns };
}
