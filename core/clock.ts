// Time comes in as an argument. Durations use the monotonic reading; the wall clock is only for what people read.

export interface Clock {
  /** Milliseconds since the Unix epoch. May jump when the operator sets the clock. */
  wallMs(): number;
  /** Milliseconds since an arbitrary start, never going back: every duration and deadline uses this one. */
  monotonicMs(): number;
}

/** The machine's clocks. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** A clock that tests and simulations move by hand. */
export class ManualClock implements Clock {
  #wallMs: number;
  #monotonicMs = 0;

  constructor(wallMs = Date.UTC(2026, 0, 1)) {
    this.#wallMs = wallMs;
  }

  wallMs(): number {
    return this.#wallMs;
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  advance(ms: number): void {
    this.#wallMs += ms;
    this.#monotonicMs += ms;
  }

  /** Moves the wall clock alone, as an operator or NTP does. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }
}
