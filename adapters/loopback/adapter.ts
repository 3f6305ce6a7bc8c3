// A carrier simulated in the process: it answers, delivers, reports and misbehaves as its options say, and repeats
// itself from the same chance. It forgets what it owes when the process ends.

import { MessageState, type TokenBucket } from '#core';
import { Status } from '#smpp';
import type {
  AdapterContext,
  AdapterCounters,
  AdapterEvents,
  AdapterState,
  MessageAdapter,
  OutboundMessage,
} from '../contract.js';
import { newAdapterCounters } from '../counters.js';
import { newTrunkBucket, setTrunkRate } from '../trunk-bucket.js';
import { Agenda } from './agenda.js';
import type { Deed, Plan } from './agenda.js';
import type { LoopbackOptions } from './options.js';
import { validOptions } from './options.js';
import { SimulatedReceipt, replyBody } from './simulated-receipt.js';

/** Of the messages that are not delivered, those that expire on the way; the rest are undeliverable. */
const EXPIRED_SHARE = 0.2;
/** Ids count on from the wall clock, so that a restarted carrier gives none twice. */
const IDS_PER_MS = 1_000;

export class LoopbackAdapter implements MessageAdapter {
  readonly trunkId: string;
  readonly counters: AdapterCounters = newAdapterCounters();
  state: AdapterState = 'down';
  readonly #events: AdapterEvents;
  readonly #context: AdapterContext;
  readonly #bucket: TokenBucket;
  readonly #agenda = new Agenda();
  /** Receipts sent and not acknowledged, by token. */
  readonly #unacknowledged = new Map<number, SimulatedReceipt>();
  #options: LoopbackOptions;
  #receiptsOwed = 0;
  #lastToken = 0;
  #lastId: number;
  #lastAnswerMs = 0;
  #nowMs = 0;
  #isStarved = false;
  #drained: (() => void)[] = [];
  #drainEndsMs = Infinity;

  constructor(trunkId: string, options: LoopbackOptions, events: AdapterEvents, context: AdapterContext) {
    this.trunkId = trunkId;
    this.#options = options;
    this.#events = events;
    this.#context = context;
    this.#bucket = newTrunkBucket(options.tps);
    this.#lastId = Math.floor(context.clock.wallMs()) * IDS_PER_MS;
  }

  get stateWhy(): string {
    return this.state === 'up' ? 'simulated carrier' : 'closed';
  }

  get windowMax(): number {
    return this.#options.window;
  }

  /** Receipts that the carrier still owes or waits to see acknowledged. */
  get receiptsOwed(): number {
    return this.#receiptsOwed;
  }

  open(): void {
    if (this.state !== 'down') return;
    this.state = 'up';
    this.counters.bindsUp = 1;
    this.#events.ready(this);
  }

  capacity(nowMs: number): number {
    let room = 0;
    if (this.state === 'up' && this.#receiptsOwed < this.#options.receiptsMax) {
      room = Math.min(this.#options.window - this.counters.inFlight, this.#bucket.available(nowMs));
    }
    if (room <= 0) this.#isStarved = true;
    return Math.max(0, room);
  }

  submit(message: OutboundMessage, nowMs: number): void {
    const options = this.#options;
    this.#bucket.spend();
    this.counters.submitted++;
    this.counters.inFlight++;
    const deed = this.#decide(message);
    let dueMs =
      nowMs + (deed === 'silence' ? options.answerTimeoutMs : this.#spread(options.delayMs, options.delayJitterMs));
    if (!options.outOfOrder && deed !== 'silence') {
      dueMs = Math.max(dueMs, this.#lastAnswerMs);
      this.#lastAnswerMs = dueMs;
    }
    this.#agenda.add(dueMs, deed, message, undefined);
  }

  acknowledge(token: number, commandStatus: number): void {
    const owed = this.#unacknowledged.get(token);
    // A refused receipt stays the carrier's and comes again like one that was not answered.
    if (owed === undefined || commandStatus !== Status.ESME_ROK) return;
    this.#unacknowledged.delete(token);
    owed.isAcknowledged = true;
    this.#receiptsOwed--;
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    for (let plan = this.#agenda.takeDue(nowMs); plan !== undefined; plan = this.#agenda.takeDue(nowMs)) this.#do(plan);
    if (this.#isStarved && this.state === 'up') {
      this.#isStarved = false;
      if (this.capacity(nowMs) > 0) this.#events.ready(this);
    }
    if (this.state === 'draining' && (this.counters.inFlight === 0 || nowMs >= this.#drainEndsMs)) this.#end();
  }

  reconfigure(options: unknown): void {
    this.#options = validOptions(this.trunkId, options);
    setTrunkRate(this.#bucket, this.#options.tps);
    this.#events.ready(this);
  }

  /** Ticks must go on until it resolves: answers in flight come with them. */
  close(deadlineMs: number): Promise<void> {
    if (this.state === 'down') return Promise.resolve();
    this.state = 'draining';
    this.#drainEndsMs = Math.min(this.#drainEndsMs, this.#context.clock.monotonicMs() + deadlineMs);
    return new Promise((resolve) => {
      this.#drained.push(resolve);
      if (this.counters.inFlight === 0) this.#end();
    });
  }

  #decide(message: OutboundMessage): Deed {
    const { refuseRate, throttleRate, silenceRate, earlyReceiptRate } = this.#options;
    const chance = this.#context.random();
    if (chance < refuseRate) return 'refuse';
    if (chance < refuseRate + throttleRate) return 'throttle';
    if (chance < refuseRate + throttleRate + silenceRate) return 'silence';
    return message.wantsReceipt && this.#context.random() < earlyReceiptRate ? 'accept-after-receipt' : 'accept';
  }

  #do(plan: Plan): void {
    const { deed, message, receipt } = plan;
    if (receipt !== undefined) {
      if (deed === 'reply') this.#reply(receipt);
      else this.#sendReceipt(receipt);
    } else if (message !== undefined) {
      this.#answer(deed, message);
    }
  }

  #answer(deed: Deed, message: OutboundMessage): void {
    this.counters.inFlight--;
    switch (deed) {
      case 'refuse':
        this.counters.refused++;
        this.#events.refused(this, message, 'trunk-permanent', Status.ESME_RSUBMITFAIL);
        return;
      case 'throttle':
        this.counters.refused++;
        this.counters.throttled++;
        this.#events.refused(this, message, 'throttled', Status.ESME_RTHROTTLED);
        return;
      case 'silence':
        this.counters.unanswered++;
        this.#events.unanswered(this, message, 'timeout');
        return;
      default:
        this.#accept(message, deed === 'accept-after-receipt');
    }
  }

  #accept(message: OutboundMessage, isReceiptFirst: boolean): void {
    const upstreamId = (++this.#lastId).toString();
    // The message belongs to the switch again after `accepted`: copy before.
    const outcome = this.#outcome(message, upstreamId, isReceiptFirst);
    if (isReceiptFirst && outcome !== undefined) this.#sendReceipt(outcome);
    this.counters.accepted++;
    this.#events.accepted(this, message, upstreamId);
  }

  /** Plans what becomes of the message; answers its receipt when one is wanted. */
  #outcome(message: OutboundMessage, upstreamId: string, isReceiptFirst: boolean): SimulatedReceipt | undefined {
    const options = this.#options;
    const random = this.#context.random;
    const isDelivered = random() < options.deliveryRate;
    const lost = random() < EXPIRED_SHARE ? MessageState.expired : MessageState.undeliverable;
    const waitMs = isReceiptFirst ? 0 : this.#spread(options.receiptDelayMs, options.receiptJitterMs);
    const doesReply = isDelivered && options.replyRate > 0 && random() < options.replyRate;
    if (!message.wantsReceipt && !doesReply) return undefined;
    const wallMs = this.#context.clock.wallMs();
    const receipt = new SimulatedReceipt({
      upstreamId,
      state: isDelivered ? MessageState.delivered : lost,
      source: message.source,
      destination: message.destination,
      submittedAtMs: wallMs,
      doneAtMs: wallMs + waitMs,
    });
    if (doesReply) this.#agenda.add(this.#nowMs + waitMs, 'reply', undefined, receipt);
    if (!message.wantsReceipt) return undefined;
    this.#receiptsOwed++;
    if (!isReceiptFirst) this.#agenda.add(this.#nowMs + waitMs, 'receipt', undefined, receipt);
    return receipt;
  }

  /** Sends a receipt, now and again until it is acknowledged, as an SMSC does. */
  #sendReceipt(owed: SimulatedReceipt): void {
    if (owed.isAcknowledged) return;
    this.#unacknowledged.delete(owed.token);
    owed.token = ++this.#lastToken;
    this.#unacknowledged.set(owed.token, owed);
    this.#agenda.add(this.#nowMs + this.#options.receiptResendMs, 'receipt', undefined, owed);
    this.counters.receipts++;
    this.#events.receipt(this, owed.receipt, owed.raw, owed.token);
  }

  /** A reply is sent once: token 0 is nobody's. */
  #reply(about: SimulatedReceipt): void {
    const raw = replyBody(about.receipt.destination, about.source);
    this.#events.mobileOriginated(this, raw, 0);
  }

  #spread(ms: number, jitterMs: number): number {
    return jitterMs === 0 ? ms : ms + this.#context.random() * jitterMs;
  }

  /** The link goes down: what is unanswered now never will be. Receipts wait for nobody. */
  #end(): void {
    this.state = 'down';
    this.counters.bindsUp = 0;
    for (const { deed, message } of this.#agenda.clear()) {
      if (message === undefined || deed === 'receipt') continue;
      this.counters.inFlight--;
      this.counters.unanswered++;
      this.#events.unanswered(this, message, 'link-lost');
    }
    this.#unacknowledged.clear();
    this.#receiptsOwed = 0;
    for (const resolve of this.#drained.splice(0)) resolve();
  }
}
