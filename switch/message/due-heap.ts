// What happens later, soonest first: retries and short validity periods. A binary heap over one time field.

export interface Due {
  /** Monotonic clock. */
  nextAttemptMs: number;
}

export class DueHeap<T extends Due> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    const items = this.#items;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = items[parent] as T;
      if (above.nextAttemptMs <= item.nextAttemptMs) break;
      items[at] = above;
      at = parent;
    }
    items[at] = item;
  }

  /** Takes out the soonest item that is due at `nowMs`, or undefined. */
  popDue(nowMs: number): T | undefined {
    const first = this.#items[0];
    if (first === undefined || first.nextAttemptMs > nowMs) return undefined;
    const last = this.#items.pop() as T;
    if (this.#items.length > 0) this.#sink(last);
    return first;
  }

  #sink(item: T): void {
    const items = this.#items;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= items.length) break;
      const right = child + 1;
      if (right < items.length && (items[right] as T).nextAttemptMs < (items[child] as T).nextAttemptMs) child = right;
      const below = items[child] as T;
      if (below.nextAttemptMs >= item.nextAttemptMs) break;
      items[at] = below;
      at = child;
    }
    items[at] = item;
  }
}
