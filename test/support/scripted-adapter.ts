// A carrier's end that does what the test says: answers, refuses, falls silent, loses its link, sends receipts.

import type { MessageState } from '#core';
import type {
  AdapterCounters,
  AdapterEvents,
  AdapterState,
  MessageAdapter,
  OutboundMessage,
  RefusalClass,
  UpstreamReceipt,
} from '#adapters';

/** What the carrier saw of one attempt. Kept after a crash: the carrier is another company. */
export interface SentAttempt {
  readonly trunkId: string;
  readonly key: number;
  readonly destination: string;
  readonly atMs: number;
}

export class ScriptedAdapter implements MessageAdapter {
  readonly trunkId: string;
  readonly events: AdapterEvents;
  state: AdapterState = 'up';
  stateWhy = 'as the test says';
  windowMax: number;
  /** Attempts without an answer, oldest first. */
  readonly inFlight: OutboundMessage[] = [];
  /** Everything ever handed over here. */
  readonly sent: SentAttempt[] = [];
  /** Called on each submit, after it was noted; may answer at once. */
  onSubmit: (message: OutboundMessage) => void = () => undefined;
  /** Answers to receipts, by token. */
  readonly acknowledged = new Map<number, number>();
  inFlightPeak = 0;
  readonly counters: AdapterCounters = {
    submitted: 0,
    accepted: 0,
    refused: 0,
    throttled: 0,
    unanswered: 0,
    receipts: 0,
    reconnects: 0,
    bindsUp: 1,
    inFlight: 0,
  };
  #lastId = 0;
  #lastToken = 0;

  constructor(trunkId: string, events: AdapterEvents, windowMax: number) {
    this.trunkId = trunkId;
    this.events = events;
    this.windowMax = windowMax;
  }

  open(): void {
    this.linkUp();
  }

  capacity(): number {
    return this.state === 'up' ? this.windowMax - this.inFlight.length : 0;
  }

  submit(message: OutboundMessage, nowMs: number): void {
    if (this.capacity() <= 0) throw new Error('submitted without capacity');
    this.inFlight.push(message);
    this.inFlightPeak = Math.max(this.inFlightPeak, this.inFlight.length);
    this.sent.push({ trunkId: this.trunkId, key: message.key, destination: message.destination, atMs: nowMs });
    this.onSubmit(message);
  }

  /** The carrier takes the oldest unanswered attempt, or the one given; answers its id. */
  accept(upstreamId = `${this.trunkId}-${++this.#lastId}`, message = this.inFlight[0]): string {
    this.#take(message);
    this.events.accepted(this, message!, upstreamId);
    this.events.ready(this);
    return upstreamId;
  }

  refuse(refusal: RefusalClass, commandStatus = 8, message = this.inFlight[0]): void {
    this.#take(message);
    this.events.refused(this, message!, refusal, commandStatus);
    this.events.ready(this);
  }

  timeOut(message = this.inFlight[0]): void {
    this.#take(message);
    this.events.unanswered(this, message!, 'timeout');
    this.events.ready(this);
  }

  #take(message: OutboundMessage | undefined): void {
    const at = message === undefined ? -1 : this.inFlight.indexOf(message);
    if (at < 0) throw new Error(`nothing is in flight on ${this.trunkId}`);
    this.inFlight.splice(at, 1);
  }

  loseLink(): void {
    this.state = 'down';
    for (const message of this.inFlight.splice(0)) this.events.unanswered(this, message, 'link-lost');
    this.events.ready(this);
  }

  linkUp(): void {
    this.state = 'up';
    this.events.ready(this);
  }

  /** A receipt comes from the carrier; answers the token under which it will be acknowledged. */
  receipt(upstreamId: string, state: MessageState, more: Partial<UpstreamReceipt> = {}): number {
    const token = ++this.#lastToken;
    this.events.receipt(
      this,
      { upstreamId, state, errorCode: '', destination: '', doneAtMs: 0, ...more },
      Buffer.alloc(0),
      token,
    );
    return token;
  }

  acknowledge(token: number, commandStatus: number): void {
    this.acknowledged.set(token, commandStatus);
  }

  tick(): void {
    // Time is the test's.
  }

  reconfigure(): void {
    // Nothing to configure.
  }

  close(): Promise<void> {
    this.state = 'down';
    return Promise.resolve();
  }
}
