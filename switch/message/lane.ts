// The way to one trunk: its queue in memory, what of it waits on disk, and how many attempts are not settled on disk.

import type { MessageAdapter } from '#adapters';
import type { Trunk } from '../directory/index.js';
import type { DurableTarget } from '../store/contract.js';
import { Fifo } from './fifo.js';
import { type Message, Stage } from './message.js';

export class Lane implements DurableTarget {
  readonly trunk: Trunk;
  adapter: MessageAdapter;
  readonly queue = new Fifo<Message>();
  /** Submitted, and the outcome is not on disk yet. Never above the adapter's window: that bounds repeats after a crash. */
  unsettled = 0;
  /** Messages for this trunk that wait on disk behind the queue. */
  deepCount = 0;
  /** Greatest key read back from disk; the next read continues behind it. */
  deepAfterKey = 0;
  isReadingDeep = false;
  isDirty = false;
  /** Monotonic clock: since when the adapter is not up; 0 while it is. */
  downSinceMs = 0;
  /** Waiting for a receipt, by the upstream's id. */
  readonly awaiting = new Map<string, Message>();
  readonly #wake: (lane: Lane) => void;

  constructor(trunk: Trunk, adapter: MessageAdapter, wake: (lane: Lane) => void) {
    this.trunk = trunk;
    this.adapter = adapter;
    this.#wake = wake;
  }

  /** An outcome is on disk: its window slot is free again. */
  durable(): void {
    this.unsettled--;
    this.#wake(this);
  }

  notDurable(): void {
    this.durable();
  }

  /** Hands over what the adapter has room for; answers the expired ones it met to the caller. */
  pump(nowMs: number, onExpired: (message: Message) => void): void {
    const { adapter, queue, trunk } = this;
    if (queue.size === 0 || !trunk.enabled) return;
    let room = Math.min(adapter.capacity(nowMs), adapter.windowMax - this.unsettled);
    while (room > 0) {
      const message = queue.shift();
      if (message === undefined) return;
      // It ended meanwhile (cancelled, disabled): its place in the queue is void.
      if (message.stage !== Stage.queued) continue;
      if (message.deadlineMs <= nowMs) {
        onExpired(message);
        continue;
      }
      message.stage = Stage.inFlight;
      message.attempts++;
      this.unsettled++;
      adapter.submit(message, nowMs);
      room--;
      // An adapter may answer or lose its link inside `submit`.
      if (room > 0) room = Math.min(adapter.capacity(nowMs), adapter.windowMax - this.unsettled);
    }
  }
}
