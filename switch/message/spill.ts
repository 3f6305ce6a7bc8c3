// Messages that stay open longer than seconds wait as rows on disk: memory and journal stay small, whatever is queued.

import { TRUNK_QUEUE_MAX } from '#core';
import type { SpilledRow } from '../store/contract.js';
import type { MessageFlow } from './flow.js';
import { OpenHead, Phase } from './journal-records.js';
import type { Lane } from './lane.js';
import { type Message, Stage } from './message.js';
import { accountRefOf, keyOf, revive } from './revive.js';
import { appendOpen } from './records.js';
import { StaleRows } from './stale-rows.js';

/** Open longer than this: it goes to disk, so that the journal's segments can go. */
const MEMORY_AGE_MS = 30_000;
const SPILLS_PER_TICK = 2_000;
/** A queue in memory shorter than this is filled from disk. */
const REFILL_BELOW = TRUNK_QUEUE_MAX / 4;
const REFILL_ROWS = 2_000;
const DUE_EVERY_MS = 2_000;
const DUE_ROWS = 2_000;

export class Spill {
  readonly #flow: MessageFlow;
  readonly #onError: (error: unknown) => void;
  /** Spilled, but its row is not projected yet: still in memory, oldest first. */
  #watched: Message[] = [];
  #nextDueMs = 0;
  #releaseBelow = 0;
  #releaseAfterBatch = 0;
  #isReadingDue = false;
  readonly rows = new StaleRows();
  /** Messages up to this key come from an earlier life of the process. */
  earlierLifeKey = 0;
  readonly counters = { spilled: 0, readBack: 0, expiredOnDisk: 0 };

  constructor(flow: MessageFlow, onError: (error: unknown) => void) {
    this.#flow = flow;
    this.#onError = onError;
  }

  /** True when new messages for this lane must queue behind those on disk. */
  isDeep(lane: Lane): boolean {
    return lane.deepCount > 0 || lane.queue.size >= TRUNK_QUEUE_MAX;
  }

  /** Its spilling record is on disk: it leaves memory when the row is there. */
  watch(message: Message): void {
    message.isSpilling = true;
    this.counters.spilled++;
    this.#watched.push(message);
  }

  tick(nowMs: number): void {
    this.#dropProjected();
    this.rows.sweep(this.#flow.journal.projectedBatch);
    this.#spillAged(nowMs);
    this.#readDue(nowMs);
    this.#releaseSegments();
  }

  /**
   * What was counted out of a segment may live on in a record that is not on disk yet: a segment goes only when all
   * that was appended by then is.
   */
  #releaseSegments(): void {
    const { journal, segments } = this.#flow;
    const lastBatch = journal.pendingBytes === 0 ? journal.batch - 1 : journal.batch;
    if (journal.projectedBatch >= lastBatch) journal.releaseSegmentsBelow(segments.lowest(journal.segment));
    else if (journal.projectedBatch >= this.#releaseAfterBatch) journal.releaseSegmentsBelow(this.#releaseBelow);
    else return;
    this.#releaseBelow = segments.lowest(journal.segment);
    this.#releaseAfterBatch = lastBatch;
  }

  #dropProjected(): void {
    const { projectedBatch } = this.#flow.journal;
    let done = 0;
    for (; done < this.#watched.length; done++) {
      const message = this.#watched[done] as Message;
      if (message.batch > projectedBatch) break;
      // It ended, or went on from memory, before its row was there.
      if (message.stage === Stage.finished || !message.isSpilling) continue;
      const lane = this.#flow.lanes.get(message.trunkRef);
      if (lane !== undefined && message.stage === Stage.awaitingReceipt) this.#flow.match.forget(lane, message);
      this.#flow.forget(message);
      this.rows.replaced(message.key);
      message.stage = Stage.onDisk;
    }
    if (done > 0) this.#watched = this.#watched.slice(done);
  }

  #spillAged(nowMs: number): void {
    let budget = SPILLS_PER_TICK;
    for (let message = this.#flow.open.oldest; message !== undefined; message = message.openAfter) {
      if (nowMs - message.bornMs < MEMORY_AGE_MS || budget === 0) break;
      if (message.isSpilling) continue;
      if (message.stage !== Stage.awaitingReceipt && message.stage !== Stage.waiting) continue;
      budget--;
      this.#spill(message, nowMs);
    }
  }

  #spill(message: Message, nowMs: number): void {
    const flow = this.#flow;
    const isWaiting = message.stage === Stage.waiting;
    const nextAttemptMs = isWaiting ? flow.steadyMs() + Math.max(0, message.nextAttemptMs - nowMs) : 0;
    flow.segments.remove(message.segment);
    appendOpen(flow.journal, message, {
      phase: isWaiting ? Phase.waiting : Phase.awaitingReceipt,
      spill: true,
      dueMs: isWaiting ? nextAttemptMs : this.#receiptDueMs(message, nowMs),
      nextAttemptMs,
      mayFail: false,
    });
    flow.segments.add(message.segment);
    message.wasSpilled = true;
    this.#flow.open.index(message);
    this.watch(message);
  }

  /** When to stop waiting for a receipt: the trunk's declared time-out, counted from the submission. */
  #receiptDueMs(message: Message, nowMs: number): number {
    const trunk = this.#flow.lanes.get(message.trunkRef)?.trunk;
    return this.#flow.steadyMs() - (nowMs - message.awaitedSinceMs) + (trunk?.receiptTimeoutSec ?? 0) * 1_000;
  }

  /** Reads the next messages for a lane whose queue in memory runs dry. */
  refill(lane: Lane): void {
    if (lane.isReadingDeep || lane.queue.size > REFILL_BELOW || lane.adapter.state !== 'up') return;
    lane.isReadingDeep = true;
    const read = this.rows.begin();
    this.#flow.store.records
      .spilledQueue(lane.trunk.ref, lane.deepAfterKey, REFILL_ROWS)
      .then((rows) => {
        lane.isReadingDeep = false;
        for (const row of rows) {
          lane.deepAfterKey = row.key;
          const message = this.takeBack(Buffer.from(row.image), read);
          if (message?.stage === Stage.queued) lane.queue.push(message);
        }
        this.rows.end(read);
        if (rows.length > 0) this.#flow.wake(lane);
      })
      .catch((error: unknown) => {
        lane.isReadingDeep = false;
        this.rows.end(read);
        this.#onError(error);
      });
  }

  /**
   * Takes a spilled message into memory again; undefined when it is there already or ended meanwhile. Its whole state
   * goes to the journal anew, so that later records find it there after a crash.
   * @param read the number of the read that brought the row
   */
  takeBack(payload: Buffer, read: number): Message | undefined {
    const flow = this.#flow;
    const inMemory = flow.open.withRow(keyOf(payload));
    if (inMemory !== undefined) return this.#takeBackSpilling(inMemory);
    const account = flow.directory.accounts.get(accountRefOf(payload));
    if (account === undefined || this.rows.isStale(keyOf(payload), read)) return undefined;
    const message = revive(flow, account, payload, { wallMs: flow.steadyMs(), monotonicMs: flow.clock.monotonicMs() });
    message.wasSpilled = true;
    // It may have been read, and sent, before the crash took the record that says so.
    if (message.key <= this.earlierLifeKey && message.stage !== Stage.awaitingReceipt) message.mayRepeat = true;
    this.counters.readBack++;
    this.#appendAnew(message);
    flow.opened(message);
    const lane = flow.lanes.get(message.trunkRef);
    if (lane === undefined) return message;
    if (message.stage === Stage.awaitingReceipt) lane.awaiting.set(message.upstreamId, message);
    else if (payload[OpenHead.phase] === Phase.queued) lane.deepCount--;
    return message;
  }

  /** Its row is visible and it still is in memory; undefined when it had gone on from there: then the row is old. */
  #takeBackSpilling(message: Message): Message | undefined {
    if (!message.isSpilling) return undefined;
    if (message.stage === Stage.opening) {
      const lane = this.#flow.lanes.get(message.trunkRef);
      if (lane !== undefined) lane.deepCount--;
      message.stage = Stage.queued;
    }
    this.resume(message);
    return message;
  }

  /** A message goes on from memory though it was being spilled: the journal learns that the row is not all of it. */
  resume(message: Message): void {
    message.isSpilling = false;
    this.#flow.segments.remove(message.segment);
    this.#appendAnew(message);
    this.#flow.segments.add(message.segment);
  }

  #appendAnew(message: Message): void {
    appendOpen(this.#flow.journal, message, {
      phase: message.stage === Stage.awaitingReceipt ? Phase.awaitingReceipt : Phase.queued,
      spill: false,
      dueMs: message.expiresAtMs,
      nextAttemptMs: 0,
      mayFail: false,
    });
  }

  /** A message that had a row ended. */
  ended(message: Message): void {
    this.rows.ended(message.key, this.#flow.journal.batch);
  }

  #readDue(nowMs: number): void {
    if (nowMs < this.#nextDueMs || this.#isReadingDue) return;
    this.#nextDueMs = nowMs + DUE_EVERY_MS;
    this.#isReadingDue = true;
    const flow = this.#flow;
    const read = this.rows.begin();
    flow.store.records
      .spilledDue(flow.steadyMs(), DUE_ROWS)
      .then((rows) => {
        this.#isReadingDue = false;
        for (const row of rows) this.#due(row, read);
        this.rows.end(read);
      })
      .catch((error: unknown) => {
        this.#isReadingDue = false;
        this.rows.end(read);
        this.#onError(error);
      });
  }

  #due(row: SpilledRow, read: number): void {
    const flow = this.#flow;
    const message = this.takeBack(Buffer.from(row.image), read);
    if (message === undefined) return;
    const nowMs = flow.clock.monotonicMs();
    if (message.stage === Stage.awaitingReceipt) {
      this.counters.expiredOnDisk++;
      const lane = flow.lanes.get(message.trunkRef);
      if (lane !== undefined) flow.match.forget(lane, message);
      flow.settlement.finishWithoutReceipt(message, flow.clock.wallMs(), undefined);
    } else if (message.deadlineMs <= nowMs) {
      flow.expire(message);
    } else {
      flow.enqueue(message);
    }
  }
}
