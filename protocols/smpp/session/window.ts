// Our unanswered requests: a ring of slots found by sequence_number & mask, threaded oldest to newest.

import { invariant } from '#core';

/** SMPP 3.4 §3.2: sequence_number runs from 1 to 0x7FFFFFFF. */
const SEQUENCE_MAX = 0x7fffffff;
/** Slots of a session that has sent nothing yet; an idle bind must stay small. */
const SLOTS_AT_START = 16;

/**
 * The window of one direction. Every operation is O(1); the ring doubles as it fills, so half of it is always free and
 * a number whose slot is still held by an old request is simply passed over.
 */
export class RequestWindow {
  /** Requests that wait for their answer. */
  size = 0;
  #windowMax: number;
  #mask = SLOTS_AT_START - 1;
  #sequences = new Int32Array(SLOTS_AT_START);
  #commands = new Int32Array(SLOTS_AT_START);
  #sentAtMs = new Float64Array(SLOTS_AT_START);
  #contexts: unknown[] = new Array<unknown>(SLOTS_AT_START).fill(undefined);
  #older = new Int32Array(SLOTS_AT_START).fill(-1);
  #newer = new Int32Array(SLOTS_AT_START).fill(-1);
  #oldest = -1;
  #newest = -1;
  #lastSequence: number;

  /** @param lastSequence the number before the first one handed out */
  constructor(windowMax: number, lastSequence = 0) {
    this.#windowMax = windowMax;
    this.#lastSequence = lastSequence;
  }

  get free(): number {
    return this.size < this.#windowMax ? this.#windowMax - this.size : 0;
  }

  /** A new limit; requests above a lowered one keep waiting for their answers. */
  setMax(windowMax: number): void {
    this.#windowMax = windowMax;
  }

  /** A number that no waiting request bears, for requests that are not part of the window (bind, enquire_link). */
  nextSequence(): number {
    let sequence = this.#lastSequence;
    do {
      sequence = sequence >= SEQUENCE_MAX ? 1 : sequence + 1;
    } while (this.#sequences[sequence & this.#mask] !== 0);
    this.#lastSequence = sequence;
    return sequence;
  }

  /** Takes a slot; the caller has looked at `free`. Answers the request's sequence_number. */
  open(commandId: number, context: unknown, nowMs: number): number {
    invariant(this.size < this.#windowMax, 'window overran its limit');
    if (this.size * 2 >= this.#sequences.length) this.#grow();
    const sequence = this.nextSequence();
    const slot = sequence & this.#mask;
    this.#sequences[slot] = sequence;
    this.#commands[slot] = commandId;
    this.#sentAtMs[slot] = nowMs;
    this.#contexts[slot] = context;
    this.#older[slot] = this.#newest;
    this.#newer[slot] = -1;
    if (this.#newest === -1) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
    this.size++;
    return sequence;
  }

  /** The slot of a waiting request; −1 when none bears that number. */
  find(sequence: number): number {
    const slot = sequence & this.#mask;
    return sequence !== 0 && this.#sequences[slot] === sequence ? slot : -1;
  }

  commandAt(slot: number): number {
    return this.#commands[slot]!;
  }

  /** Frees the slot and answers its context. */
  take(slot: number): unknown {
    invariant(this.#sequences[slot] !== 0, 'a window slot was taken twice');
    const context = this.#contexts[slot];
    this.#contexts[slot] = undefined;
    this.#sequences[slot] = 0;
    const older = this.#older[slot]!;
    const newer = this.#newer[slot]!;
    if (older === -1) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === -1) this.#newest = older;
    else this.#older[newer] = older;
    this.size--;
    return context;
  }

  /** The slot of the oldest request sent at or before `sentBeforeMs`; −1 when there is none. */
  oldestSentBy(sentBeforeMs: number): number {
    const slot = this.#oldest;
    return slot !== -1 && this.#sentAtMs[slot]! <= sentBeforeMs ? slot : -1;
  }

  /** Empties the window; contexts in the order they were sent. */
  takeAll(): unknown[] {
    const contexts: unknown[] = [];
    while (this.#oldest !== -1) contexts.push(this.take(this.#oldest));
    return contexts;
  }

  #grow(): void {
    const before = {
      sequences: this.#sequences,
      commands: this.#commands,
      sentAtMs: this.#sentAtMs,
      contexts: this.#contexts,
      newer: this.#newer,
      oldest: this.#oldest,
    };
    const slots = before.sequences.length * 2;
    this.#mask = slots - 1;
    this.#sequences = new Int32Array(slots);
    this.#commands = new Int32Array(slots);
    this.#sentAtMs = new Float64Array(slots);
    this.#contexts = new Array<unknown>(slots).fill(undefined);
    this.#older = new Int32Array(slots).fill(-1);
    this.#newer = new Int32Array(slots).fill(-1);
    this.#newest = -1;
    // Numbers that differ below the old mask differ below the new one too: no two can meet.
    for (let from = before.oldest; from !== -1; from = before.newer[from]!) {
      const slot = before.sequences[from]! & this.#mask;
      this.#sequences[slot] = before.sequences[from]!;
      this.#commands[slot] = before.commands[from]!;
      this.#sentAtMs[slot] = before.sentAtMs[from]!;
      this.#contexts[slot] = before.contexts[from];
      this.#older[slot] = this.#newest;
      if (this.#newest === -1) this.#oldest = slot;
      else this.#newer[this.#newest] = slot;
      this.#newest = slot;
    }
  }
}
