// Reads of rows take a while, and what they bring may be old by then: its message ended, or went through memory and was
// spilled anew. Knows which rows of which reads must not be believed.

interface Barred {
  /** Journal batch that, once projected, takes the old row away. */
  readonly batch: number;
  /** The last read that may have seen the old row; −1 while it is there. */
  lastRead: number;
}

export class StaleRows {
  #begun = 0;
  /** Numbers of the reads under way, oldest first. */
  readonly #underWay = new Set<number>();
  readonly #barred = new Map<number, Barred>();

  /** A read of rows begins; `end` takes the number it answers. */
  begin(): number {
    this.#underWay.add(++this.#begun);
    return this.#begun;
  }

  end(read: number): void {
    this.#underWay.delete(read);
  }

  /** The message ended: its row is void, and goes when this batch is projected. */
  ended(key: number, batch: number): void {
    this.#barred.set(key, { batch, lastRead: -1 });
  }

  /** The message left memory for a new row: only reads under way may still bring the old one. */
  replaced(key: number): void {
    if (this.#underWay.size > 0) this.#barred.set(key, { batch: 0, lastRead: this.#begun });
  }

  isStale(key: number, read: number): boolean {
    const barred = this.#barred.get(key);
    return barred !== undefined && (barred.lastRead < 0 || read <= barred.lastRead);
  }

  /** Forgets what no read can bring any more. To be called now and then. */
  sweep(projectedBatch: number): void {
    if (this.#barred.size === 0) return;
    const oldest = this.#underWay.values().next().value ?? Infinity;
    for (const [key, barred] of this.#barred) {
      // Ended in the order of batches: the rest is not projected either.
      if (barred.batch > projectedBatch) break;
      if (barred.lastRead < 0) barred.lastRead = this.#begun;
      if (oldest > barred.lastRead) this.#barred.delete(key);
    }
  }
}
