// Whoever guesses passwords waits longer each time. Counted per address and system_id, bounded, time as an argument.

/** Failures before the first wait: people mistype. */
const FREE_FAILURES = 5;
const FIRST_WAIT_MS = 5_000;
const WAIT_MAX_MS = 900_000;
/** Pairs remembered; the oldest go first, so that an attacker from many addresses cannot grow memory. */
const ENTRIES_MAX = 20_000;

interface Entry {
  failures: number;
  untilMs: number;
}

export class Lockout {
  readonly #entries = new Map<string, Entry>();

  isLocked(address: string, systemId: string, nowMs: number): boolean {
    const entry = this.#entries.get(`${address} ${systemId}`);
    return entry !== undefined && entry.untilMs > nowMs;
  }

  failed(address: string, systemId: string, nowMs: number): void {
    const name = `${address} ${systemId}`;
    const entry = this.#entries.get(name) ?? { failures: 0, untilMs: 0 };
    this.#entries.delete(name);
    this.#entries.set(name, entry);
    entry.failures++;
    const over = entry.failures - FREE_FAILURES;
    if (over >= 0) entry.untilMs = nowMs + Math.min(WAIT_MAX_MS, FIRST_WAIT_MS * 2 ** Math.min(over, 20));
    if (this.#entries.size > ENTRIES_MAX) this.#entries.delete(this.#entries.keys().next().value ?? '');
  }

  succeeded(address: string, systemId: string): void {
    this.#entries.delete(`${address} ${systemId}`);
  }
}
