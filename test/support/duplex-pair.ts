// Two ends of a wire in memory: what one writes the other reads. Delivery can be held back like a full TCP window.

import { Duplex } from 'node:stream';

/** One end. `isHeld` makes it a peer that never reads: writes towards it stay pending. */
export class WireEnd extends Duplex {
  other: WireEnd | undefined;
  /** Octets that arrived here in one piece each, so that tests can count writes. */
  readonly arrivals: Buffer[] = [];
  #isHeld = false;
  readonly #waiting: (() => void)[] = [];

  /** Stops taking what the other end writes. */
  hold(): void {
    this.#isHeld = true;
  }

  release(): void {
    this.#isHeld = false;
    for (const deliver of this.#waiting.splice(0)) deliver();
  }

  override _read(): void {
    // Everything is pushed as it comes.
  }

  override _write(octets: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const other = this.other;
    if (other === undefined) {
      done(new Error('the wire is cut'));
      return;
    }
    other.#take(() => {
      // The writer may reuse its buffer once `done` is called, as a kernel allows.
      const copy = Buffer.from(octets);
      other.arrivals.push(copy);
      if (!other.destroyed) other.push(copy);
      setImmediate(done);
    });
  }

  override _final(done: (error?: Error | null) => void): void {
    const other = this.other;
    if (other !== undefined) {
      other.#take(() => {
        if (!other.destroyed) other.push(null);
      });
    }
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    const other = this.other;
    // Like a reset: the other end hears of it at once.
    if (other !== undefined && !other.destroyed) setImmediate(() => (other.destroyed ? false : other.push(null)));
    done(error);
  }

  #take(deliver: () => void): void {
    if (this.#isHeld) this.#waiting.push(deliver);
    else deliver();
  }
}

/** Two connected ends. */
export function duplexPair(): [WireEnd, WireEnd] {
  const left = new WireEnd({ allowHalfOpen: true });
  const right = new WireEnd({ allowHalfOpen: true });
  left.other = right;
  right.other = left;
  return [left, right];
}

/** Lets the event loop turn: session flushes and wire deliveries happen. */
export async function turns(count = 4): Promise<void> {
  for (let at = 0; at < count; at++) await new Promise<void>((resolve) => setImmediate(resolve));
}
