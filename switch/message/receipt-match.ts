// Finds the message that a carrier's receipt is about: in memory, parked until its submit_sm_resp comes, or in a row on
// disk. A receipt is believed only when its number is the message's destination.

import { EARLY_RECEIPTS_MAX, isFinalState, type MessageState } from '#core';
import type { MessageAdapter, UpstreamReceipt } from '#adapters';
import { Status } from '#smpp';
import { RecordType, type DurableTarget } from '../store/contract.js';
import type { MessageFlow } from './flow.js';
import { ReceiptParkedHead, ReceiptUnparkedHead } from './journal-records.js';
import type { Lane } from './lane.js';
import { type Message, Stage } from './message.js';
import { type ReviveTime, awaitedSince } from './revive.js';
import { getText, putText, skipText } from './wire.js';

/** How long a receipt waits for its message before it is given up. */
const PARKED_MS = 60_000;
/** After this the rows on disk are asked too; before, the submit_sm_resp is probably just behind. */
const ASK_DISK_AFTER_MS = 250;
/** Receipts asked of the disk in one batch. */
const DISK_BATCH = 500;

/** A receipt whose message is not known yet. */
export class ParkedReceipt implements DurableTarget {
  readonly lane: Lane;
  readonly token: number;
  readonly upstreamId: string;
  readonly state: MessageState;
  readonly errorCode: string;
  readonly destination: string;
  readonly doneAtMs: number;
  readonly bornMs: number;
  /** Journal segment of its record. */
  segment = 0;
  wasAsked = false;
  isSettled = false;
  ackAdapter: MessageAdapter | undefined;
  ackToken: number;

  constructor(lane: Lane, receipt: UpstreamReceipt, token: number, bornMs: number, ackToken: number) {
    this.lane = lane;
    this.token = token;
    this.upstreamId = receipt.upstreamId;
    this.state = receipt.state;
    this.errorCode = receipt.errorCode;
    this.destination = receipt.destination;
    this.doneAtMs = receipt.doneAtMs;
    this.bornMs = bornMs;
    this.ackAdapter = lane.adapter;
    this.ackToken = ackToken;
  }

  /** Ours to keep now: the upstream may forget it. */
  durable(): void {
    this.ackAdapter?.acknowledge(this.ackToken, Status.ESME_ROK);
    this.ackAdapter = undefined;
  }

  notDurable(): void {
    this.ackAdapter?.acknowledge(this.ackToken, Status.ESME_RX_T_APPN);
    this.ackAdapter = undefined;
  }
}

export class ReceiptMatch {
  readonly #flow: MessageFlow;
  /** By lane and upstream id; several receipts of one id keep the last. */
  readonly #parked = new Map<number, Map<string, ParkedReceipt>>();
  #parkedCount = 0;
  #isAsking = false;
  #nextSweepMs = 0;
  readonly counters = { matched: 0, early: 0, fromDisk: 0, unmatched: 0, wrongNumber: 0, intermediate: 0, refused: 0 };

  constructor(flow: MessageFlow) {
    this.#flow = flow;
  }

  get parkedCount(): number {
    return this.#parkedCount;
  }

  /** The upstream took the message: from now on its receipt finds it. */
  await(lane: Lane, message: Message): void {
    lane.awaiting.set(message.upstreamId, message);
    const parked = this.#parkedCount === 0 ? undefined : this.#parked.get(lane.trunk.ref)?.get(message.upstreamId);
    if (parked === undefined) return;
    this.counters.early++;
    this.#settleParked(parked, message);
  }

  /** A message leaves memory (spilled): rows on disk answer for it. */
  forget(lane: Lane, message: Message): void {
    if (lane.awaiting.get(message.upstreamId) === message) lane.awaiting.delete(message.upstreamId);
  }

  /** A receipt came from the carrier. */
  arrived(lane: Lane, receipt: UpstreamReceipt, ackToken: number): void {
    if (!isFinalState(receipt.state)) {
      // Says that it is under way, which we know.
      this.counters.intermediate++;
      lane.adapter.acknowledge(ackToken, Status.ESME_ROK);
      return;
    }
    const message = lane.awaiting.get(receipt.upstreamId);
    if (message === undefined) {
      this.#park(lane, receipt, ackToken);
      return;
    }
    if (!isSameNumber(receipt.destination, message.destination)) {
      this.counters.wrongNumber++;
      this.#flow.log.warn({ trunk: lane.trunk.id }, 'receipt names another number than its message; check the id base');
      lane.adapter.acknowledge(ackToken, Status.ESME_ROK);
      return;
    }
    this.counters.matched++;
    message.ackAdapter = lane.adapter;
    message.ackToken = ackToken;
    this.#end(lane, message, receipt);
  }

  #end(lane: Lane, message: Message, receipt: Pick<UpstreamReceipt, 'state' | 'errorCode' | 'doneAtMs'>): void {
    lane.awaiting.delete(message.upstreamId);
    const doneMs = receipt.doneAtMs > 0 ? receipt.doneAtMs : this.#flow.clock.wallMs();
    this.#flow.settlement.finish(message, receipt.state, receipt.errorCode, doneMs, undefined);
  }

  #park(lane: Lane, receipt: UpstreamReceipt, ackToken: number): void {
    let ofLane = this.#parked.get(lane.trunk.ref);
    if (ofLane === undefined) {
      ofLane = new Map();
      this.#parked.set(lane.trunk.ref, ofLane);
    }
    if (ofLane.size >= EARLY_RECEIPTS_MAX) {
      // The carrier keeps it and sends it again (SMPP 3.4 §5.1.3).
      this.counters.refused++;
      lane.adapter.acknowledge(ackToken, Status.ESME_RX_T_APPN);
      return;
    }
    const flow = this.#flow;
    const token = flow.keys.next(flow.clock.wallMs());
    const parked = new ParkedReceipt(lane, receipt, token, flow.clock.monotonicMs(), ackToken);
    const before = ofLane.get(receipt.upstreamId);
    if (before === undefined) this.#parkedCount++;
    else this.#unpark(before);
    ofLane.set(receipt.upstreamId, parked);
    this.#append(parked);
  }

  #append(parked: ParkedReceipt): void {
    const { journal, clock } = this.#flow;
    const text = parked.upstreamId.length + parked.destination.length + parked.errorCode.length;
    const start = journal.begin(RecordType.receiptParked, ReceiptParkedHead.bytes + text + 3 + 1 + 8);
    const { buffer, view } = journal;
    view.setFloat64(start + ReceiptParkedHead.token, parked.token, true);
    view.setUint32(start + ReceiptParkedHead.trunkRef, parked.lane.trunk.ref, true);
    view.setFloat64(start + ReceiptParkedHead.atMs, clock.wallMs(), true);
    let at = putText(buffer, start + ReceiptParkedHead.bytes, parked.upstreamId);
    buffer[at] = parked.state;
    at = putText(buffer, at + 1, parked.destination);
    at = putText(buffer, at, parked.errorCode);
    view.setFloat64(at, parked.doneAtMs, true);
    parked.segment = journal.segment;
    this.#flow.segments.add(parked.segment);
    journal.end(at + 8, parked);
  }

  /** Takes up a parked receipt found in the journal at start. */
  restore(lane: Lane, buffer: Buffer, segment: number, now: ReviveTime): void {
    const idAt = ReceiptParkedHead.bytes;
    const stateAt = skipText(buffer, idAt);
    const errorAt = skipText(buffer, stateAt + 1);
    const receipt: UpstreamReceipt = {
      upstreamId: getText(buffer, idAt),
      state: buffer[stateAt] as MessageState,
      destination: getText(buffer, stateAt + 1),
      errorCode: getText(buffer, errorAt),
      doneAtMs: buffer.readDoubleLE(skipText(buffer, errorAt)),
    };
    // Its time runs on over restarts: one that nobody claims must not keep its segment through crash after crash.
    const bornMs = awaitedSince(buffer.readDoubleLE(ReceiptParkedHead.atMs), now);
    const parked = new ParkedReceipt(lane, receipt, buffer.readDoubleLE(ReceiptParkedHead.token), bornMs, 0);
    parked.ackAdapter = undefined;
    parked.segment = segment;
    this.#flow.segments.add(segment);
    const ofLane = this.#parked.get(lane.trunk.ref) ?? new Map<string, ParkedReceipt>();
    this.#parked.set(lane.trunk.ref, ofLane);
    const before = ofLane.get(receipt.upstreamId);
    if (before === undefined) this.#parkedCount++;
    else this.#flow.segments.remove(before.segment);
    ofLane.set(receipt.upstreamId, parked);
    // It may have been matched already, in a record that the crash took.
    const message = lane.awaiting.get(receipt.upstreamId);
    if (message !== undefined) this.#settleParked(parked, message);
  }

  #unpark(parked: ParkedReceipt): void {
    parked.isSettled = true;
    const { journal } = this.#flow;
    const at = journal.begin(RecordType.receiptUnparked, ReceiptUnparkedHead.bytes);
    journal.view.setFloat64(at, parked.token, true);
    journal.end(at + ReceiptUnparkedHead.bytes);
    this.#flow.segments.remove(parked.segment);
  }

  #remove(parked: ParkedReceipt): void {
    const ofLane = this.#parked.get(parked.lane.trunk.ref);
    if (ofLane?.get(parked.upstreamId) !== parked) return;
    ofLane.delete(parked.upstreamId);
    this.#parkedCount--;
    this.#unpark(parked);
  }

  #settleParked(parked: ParkedReceipt, message: Message): void {
    if (isSameNumber(parked.destination, message.destination)) this.#end(parked.lane, message, parked);
    else this.counters.wrongNumber++;
    // Behind the record that ends the message: a crash between the two must not lose the receipt.
    this.#remove(parked);
  }

  /** Asks the disk for older messages, and gives up on receipts that nobody claims. */
  tick(nowMs: number): void {
    if (this.#parkedCount === 0 || nowMs < this.#nextSweepMs) return;
    this.#nextSweepMs = nowMs + ASK_DISK_AFTER_MS;
    const ask: ParkedReceipt[] = [];
    for (const ofLane of this.#parked.values()) {
      for (const parked of ofLane.values()) {
        const ageMs = nowMs - parked.bornMs;
        // Never given up unasked: after a long stop it may be old and its message still a row.
        if (!parked.wasAsked) {
          if (ageMs >= ASK_DISK_AFTER_MS && ask.length < DISK_BATCH) ask.push(parked);
        } else if (ageMs >= PARKED_MS) {
          this.counters.unmatched++;
          this.#remove(parked);
        }
      }
    }
    if (ask.length > 0 && !this.#isAsking) this.#askDisk(ask);
  }

  #askDisk(ask: readonly ParkedReceipt[]): void {
    this.#isAsking = true;
    const flow = this.#flow;
    const { rows: stale } = flow.spill;
    const read = stale.begin();
    const pairs = ask.map((parked) => ({ trunkRef: parked.lane.trunk.ref, upstreamId: parked.upstreamId }));
    flow.store.records
      .spilledByUpstreamId(pairs)
      .then((rows) => {
        this.#isAsking = false;
        rows.forEach((row, index) => {
          const parked = ask[index] as ParkedReceipt;
          // A row that changed meanwhile is asked for again.
          if (row !== undefined && stale.isStale(row.key, read)) return;
          parked.wasAsked = true;
          if (row === undefined || parked.isSettled) return;
          const message = flow.spill.takeBack(Buffer.from(row.image), read);
          if (message?.stage !== Stage.awaitingReceipt) return;
          this.counters.fromDisk++;
          this.#settleParked(parked, message);
        });
        stale.end(read);
      })
      .catch((error: unknown) => {
        this.#isAsking = false;
        stale.end(read);
        flow.log.error({ err: error }, 'looking up older receipts failed');
      });
  }
}

/**
 * The number in a receipt against the message's: carriers drop or add `+`, `00` or the country code, so the shorter
 * one must end the longer. A receipt without a number is believed by its id alone.
 */
export function isSameNumber(inReceipt: string, ofMessage: string): boolean {
  if (inReceipt.length === 0) return true;
  let from = 0;
  while (from < inReceipt.length && (inReceipt[from] === '+' || inReceipt[from] === '0')) from++;
  const digits = from === 0 ? inReceipt : inReceipt.slice(from);
  if (digits === ofMessage) return true;
  const shorter = digits.length < ofMessage.length ? digits : ofMessage;
  return shorter.length >= NATIONAL_DIGITS_MIN && (shorter === digits ? ofMessage : digits).endsWith(shorter);
}

/** Fewer digits than this prove nothing about a number. */
const NATIONAL_DIGITS_MIN = 6;
