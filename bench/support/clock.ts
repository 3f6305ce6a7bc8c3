// One clock for all processes of a run: milliseconds of CLOCK_MONOTONIC, as a float, at the price of performance.now().

const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();

/** The same instant reads the same in every process of this machine. */
export const sharedNowMs = (): number => offsetMs + performance.now();

/** Log files keep instants as u32 counts of this many milliseconds since the run's epoch: enough for eleven hours. */
export const TICK_MS = 0.01;

export const sleepMs = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
