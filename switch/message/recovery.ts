// Rebuilds what was open when the process ended: messages, owed receipts, parked receipts and every hold. Reads the
// journal once, then the rows on disk.

import { ATTEMPTS_MAX, invariant } from '#core';
import { restoreHold } from '#rating';
import { type RecordType as Type, RecordType } from '../store/contract.js';
import { OwedReceipt } from './account-desk.js';
import type { MessageFlow } from './flow.js';
import {
  AttemptFailedHead,
  FinishFlag,
  FinishHead,
  OpenFlag,
  OpenHead,
  Phase,
  PostingHead,
  ReceiptParkedHead,
  SubmittedHead,
} from './journal-records.js';
import type { Lane } from './lane.js';
import { type Attempt, AttemptOutcome, type Message, Stage } from './message.js';
import { receiptBody } from './receipt-desk.js';
import { accountRefOf, awaitedSince, keyOf, revive } from './revive.js';
import { getText, skipText } from './wire.js';

interface Opened {
  readonly payload: Buffer;
  readonly segment: number;
  readonly batch: number;
  submitted: Submitted | undefined;
  failures: Attempt[] | undefined;
  attempts: number;
  mayRepeat: boolean;
  candidate: number;
  nextAtMs: number;
}

interface Submitted {
  readonly trunkRef: number;
  readonly atMs: number;
  readonly upstreamId: string;
  readonly mayRepeat: boolean;
}

interface Owed {
  readonly accountRef: number;
  readonly body: Buffer;
  readonly segment: number;
}

export interface RecoveryReport {
  readonly queued: number;
  readonly awaitingReceipt: number;
  readonly receiptsOwed: number;
  readonly receiptsParked: number;
  readonly onDisk: number;
  /** Messages whose account is gone: they cannot be sent for anybody. */
  readonly orphans: number;
}

export class Recovery {
  readonly #flow: MessageFlow;
  readonly #open = new Map<number, Opened>();
  readonly #owed = new Map<number, Owed>();
  readonly #parked = new Map<number, { readonly payload: Buffer; readonly segment: number }>();
  #orphans = 0;
  #onDisk = 0;

  constructor(flow: MessageFlow) {
    this.#flow = flow;
  }

  /** Hears every record of the journal in order. */
  readonly visit = (type: Type, buffer: Buffer, start: number, end: number, segment: number, batch: number): void => {
    switch (type) {
      case RecordType.open:
        this.#visitOpen(Buffer.from(buffer.subarray(start, end)), segment, batch);
        break;
      case RecordType.submitted:
        this.#visitSubmitted(buffer, start, end);
        break;
      case RecordType.attemptFailed:
        this.#visitFailed(buffer, start);
        break;
      case RecordType.finish:
        this.#visitFinish(buffer.subarray(start, end), segment);
        break;
      case RecordType.receiptDone:
        this.#owed.delete(buffer.readDoubleLE(start));
        break;
      case RecordType.receiptParked:
        this.#parked.set(buffer.readDoubleLE(start), { payload: Buffer.from(buffer.subarray(start, end)), segment });
        this.#flow.keys.seen(buffer.readDoubleLE(start));
        break;
      case RecordType.receiptUnparked:
        this.#parked.delete(buffer.readDoubleLE(start));
        break;
      case RecordType.posting:
        this.#flow.keys.seen(buffer.readDoubleLE(start));
        break;
    }
  };

  #visitOpen(payload: Buffer, segment: number, batch: number): void {
    const key = keyOf(payload);
    this.#flow.keys.seen(key);
    const isSpilled = ((payload[OpenHead.flags] as number) & OpenFlag.spill) !== 0;
    // A spilled message is a row by now: the projection caught up before the journal was read.
    if (isSpilled) this.#open.delete(key);
    else {
      this.#open.set(key, {
        payload,
        segment,
        batch,
        submitted: undefined,
        failures: undefined,
        attempts: 0,
        mayRepeat: false,
        candidate: -1,
        nextAtMs: 0,
      });
    }
  }

  #visitSubmitted(buffer: Buffer, start: number, end: number): void {
    const opened = this.#open.get(buffer.readDoubleLE(start));
    if (opened === undefined) return;
    const flagsAt = skipText(buffer, start + SubmittedHead.upstreamIdLen);
    opened.submitted = {
      trunkRef: buffer.readUInt32LE(start + SubmittedHead.trunkRef),
      atMs: buffer.readDoubleLE(start + SubmittedHead.atMs),
      upstreamId: getText(buffer, start + SubmittedHead.upstreamIdLen),
      mayRepeat: flagsAt < end && ((buffer[flagsAt] as number) & OpenFlag.mayRepeat) !== 0,
    };
  }

  #visitFailed(buffer: Buffer, start: number): void {
    const opened = this.#open.get(buffer.readDoubleLE(start));
    if (opened === undefined) return;
    opened.failures ??= [];
    const outcome = buffer[start + AttemptFailedHead.outcome] as number;
    // Throttling is not worth a line each time: see MessageFlow.
    if (
      opened.failures.length < ATTEMPTS_MAX &&
      (outcome !== AttemptOutcome.throttled || opened.failures.length === 0)
    ) {
      opened.failures.push({
        trunkRef: buffer.readUInt32LE(start + AttemptFailedHead.trunkRef),
        atMs: buffer.readDoubleLE(start + AttemptFailedHead.atMs),
        commandStatus: buffer.readUInt32LE(start + AttemptFailedHead.commandStatus),
        outcome,
      });
    }
    if (outcome !== AttemptOutcome.throttled) opened.attempts++;
    if (outcome === AttemptOutcome.unanswered) opened.mayRepeat = true;
    opened.candidate = buffer[start + AttemptFailedHead.nextCandidate] as number;
    opened.nextAtMs = buffer.readDoubleLE(start + AttemptFailedHead.nextAtMs);
  }

  #visitFinish(payload: Buffer, segment: number): void {
    const key = payload.readDoubleLE(FinishHead.key);
    const flags = payload[FinishHead.flags] as number;
    this.#flow.keys.seen(key);
    if ((flags & FinishFlag.receiptOnly) === 0) this.#open.delete(key);
    if ((flags & FinishFlag.receiptOwed) === 0 || (flags & FinishFlag.receiptSpill) !== 0) {
      this.#owed.delete(key);
      return;
    }
    this.#owed.set(key, {
      accountRef: payload.readUInt32LE(FinishHead.accountRef),
      body: Buffer.from(receiptBody(payload)),
      segment,
    });
  }

  /** After the journal: rows on disk, then everything takes its place. To be called once, with adapters and desks known. */
  finish(): Promise<RecoveryReport> {
    const { records } = this.#flow.store;
    let queued = 0;
    let awaitingReceipt = 0;
    for (const opened of this.#open.values()) {
      const message = this.#revive(opened);
      if (message === undefined) continue;
      if (message.stage === Stage.awaitingReceipt) awaitingReceipt++;
      else queued++;
    }
    const receiptsOwed = this.#owed.size;
    this.#oweReceipts();
    const receiptsParked = this.#parked.size;
    return records
      .spilledHolds((image) => this.#visitRow(Buffer.from(image)))
      .then(() => records.pendingReceiptCounts())
      .then((counts) => {
        for (const { accountRef, count } of counts) this.#oweRows(accountRef, count);
        // Last: a receipt may end its message at once.
        this.#restoreParked();
        this.#open.clear();
        this.#owed.clear();
        this.#parked.clear();
        const onDisk = this.#onDisk;
        return { queued, awaitingReceipt, receiptsOwed, receiptsParked, onDisk, orphans: this.#orphans };
      });
  }

  /** Receipts of an account that lie on disk. */
  #oweRows(accountRef: number, count: number): void {
    const account = this.#flow.directory.accounts.get(accountRef);
    if (account !== undefined) this.#flow.desk(account).deepCount = count;
  }

  #restoreParked(): void {
    const { lanes, match, clock } = this.#flow;
    const now = { wallMs: this.#flow.steadyMs(), monotonicMs: clock.monotonicMs() };
    for (const { payload, segment } of this.#parked.values()) {
      const lane = lanes.get(payload.readUInt32LE(ReceiptParkedHead.trunkRef));
      if (lane !== undefined) match.restore(lane, payload, segment, now);
    }
  }

  #revive(opened: Opened): Message | undefined {
    const flow = this.#flow;
    const account = flow.directory.accounts.get(accountRefOf(opened.payload));
    if (account === undefined) {
      this.#orphans++;
      return undefined;
    }
    const wallMs = flow.steadyMs();
    const monotonicMs = flow.clock.monotonicMs();
    const now = { wallMs, monotonicMs };
    const message = revive(flow, account, opened.payload, now);
    message.segment = opened.segment;
    message.batch = opened.batch;
    if (opened.failures !== undefined) {
      message.failures = [...(message.failures ?? []), ...opened.failures].slice(0, ATTEMPTS_MAX);
      message.attempts += opened.attempts;
      message.mayRepeat ||= opened.mayRepeat;
      message.candidate = opened.candidate;
      message.nextAttemptMs = monotonicMs + Math.max(0, opened.nextAtMs - wallMs);
    }
    if (opened.submitted !== undefined) {
      message.trunkRef = opened.submitted.trunkRef;
      message.submittedMs = opened.submitted.atMs;
      message.awaitedSinceMs = awaitedSince(opened.submitted.atMs, now);
      message.mayRepeat ||= opened.submitted.mayRepeat;
      message.upstreamId = opened.submitted.upstreamId;
      message.attempts++;
      message.stage = Stage.awaitingReceipt;
    }
    hold(message);
    flow.opened(message);
    // Whether it has a row is not known yet.
    flow.open.index(message);
    this.#place(message, monotonicMs);
    return message;
  }

  #place(message: Message, nowMs: number): void {
    const flow = this.#flow;
    if (message.stage === Stage.awaitingReceipt) {
      const lane: Lane | undefined = flow.lanes.get(message.trunkRef);
      lane?.awaiting.set(message.upstreamId, message);
      return;
    }
    // Whether it was in flight when the process died is not known: it may go out a second time, and its record says so.
    message.mayRepeat = true;
    if (message.nextAttemptMs > nowMs) {
      message.stage = Stage.waiting;
      flow.waiting.push(message);
    } else {
      flow.enqueue(message);
    }
  }

  #oweReceipts(): void {
    const flow = this.#flow;
    for (const [key, owed] of this.#owed) {
      const account = flow.directory.accounts.get(owed.accountRef);
      if (account === undefined) continue;
      flow.segments.add(owed.segment);
      flow.receipts.owe(
        flow.desk(account),
        new OwedReceipt(key, owed.accountRef, owed.body, owed.segment, flow.clock.monotonicMs()),
      );
    }
  }

  #visitRow(payload: Buffer): void {
    const flow = this.#flow;
    flow.keys.seen(keyOf(payload));
    if (keyOf(payload) > flow.spill.earlierLifeKey) flow.spill.earlierLifeKey = keyOf(payload);
    const inMemory = flow.open.withRow(keyOf(payload));
    if (inMemory !== undefined) {
      inMemory.wasSpilled = true;
      return;
    }
    const account = flow.directory.accounts.get(accountRefOf(payload));
    if (account === undefined) {
      this.#orphans++;
      return;
    }
    this.#onDisk++;
    const message = revive(flow, account, payload, { wallMs: flow.steadyMs(), monotonicMs: flow.clock.monotonicMs() });
    hold(message);
    const lane = flow.lanes.get(message.trunkRef);
    if (payload[OpenHead.phase] === Phase.queued && lane !== undefined) lane.deepCount++;
  }
}

/** What was promised to an accepted message stays promised, whatever the balance says now. */
function hold(message: Message): void {
  invariant(message.levels <= message.chain.length, 'a message holds money above its chain');
  for (let level = 0; level < message.levels; level++) {
    const at = message.postingsAt + level * PostingHead.bytes + PostingHead.heldMicros;
    restoreHold(message.balance(level), message.image.readBigInt64LE(at));
  }
}
