// What the simulated carrier will do, earliest first; things due at one moment keep the order they were planned in.

import type { OutboundMessage } from '../contract.js';
import type { SimulatedReceipt } from './simulated-receipt.js';

export type Deed = 'accept' | 'accept-after-receipt' | 'refuse' | 'throttle' | 'silence' | 'receipt' | 'reply';

/** One planned deed; `message` for answers, `receipt` for what follows them. */
export interface Plan {
  readonly dueMs: number;
  readonly order: number;
  readonly deed: Deed;
  readonly message: OutboundMessage | undefined;
  readonly receipt: SimulatedReceipt | undefined;
}

const isBefore = (left: Plan, right: Plan): boolean =>
  left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.order < right.order);

/** A binary heap. */
export class Agenda {
  readonly #heap: Plan[] = [];
  #order = 0;

  get size(): number {
    return this.#heap.length;
  }

  add(dueMs: number, deed: Deed, message: OutboundMessage | undefined, receipt: SimulatedReceipt | undefined): void {
    const plan: Plan = { dueMs, order: this.#order++, deed, message, receipt };
    const heap = this.#heap;
    let at = heap.length;
    heap.push(plan);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Plan;
      if (!isBefore(plan, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = plan;
  }

  /** Takes the next plan that is due, if any. */
  takeDue(nowMs: number): Plan | undefined {
    const heap = this.#heap;
    const first = heap[0];
    if (first === undefined || first.dueMs > nowMs) return undefined;
    const last = heap.pop() as Plan;
    if (heap.length > 0) this.#sink(last);
    return first;
  }

  clear(): Plan[] {
    return this.#heap.splice(0);
  }

  #sink(plan: Plan): void {
    const heap = this.#heap;
    const count = heap.length;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= count) break;
      if (child + 1 < count && isBefore(heap[child + 1] as Plan, heap[child] as Plan)) child++;
      const below = heap[child] as Plan;
      if (!isBefore(below, plan)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = plan;
  }
}
