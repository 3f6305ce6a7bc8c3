// What a strategy is: a pure score per trunk and destination. Ranks are built from it in the pool.

/** What is known of one trunk for one destination. One object, refilled for each. */
export interface ScoreParts {
  /** Buy price per segment in nanos: exact, since rates are below 2⁵³. */
  costNanos: number;
}

export interface Strategy {
  readonly name: string;
  /** Lower goes first; equal scores go by trunk ref. Depends on its argument alone. */
  score(parts: ScoreParts): number;
}
