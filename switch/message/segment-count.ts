// Which journal segments still hold something that only they know. A segment may go when all before it may go too.

export class SegmentCount {
  readonly #open = new Map<number, number>();

  add(segment: number): void {
    this.#open.set(segment, (this.#open.get(segment) ?? 0) + 1);
  }

  remove(segment: number): void {
    const left = (this.#open.get(segment) ?? 0) - 1;
    if (left <= 0) this.#open.delete(segment);
    else this.#open.set(segment, left);
  }

  /** The lowest segment in use, or `current` when none is. */
  lowest(current: number): number {
    let lowest = current;
    for (const segment of this.#open.keys()) if (segment < lowest) lowest = segment;
    return lowest;
  }
}
