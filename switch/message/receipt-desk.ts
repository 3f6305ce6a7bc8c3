// Receipts on their way to the ESMEs: kept until acknowledged on any receiver bind, in memory for a while, then on
// disk; read back when a receiver is there.

import { type Clock, keyWallMs } from '#core';
import type { Journal, Records } from '../store/contract.js';
import type { AccountDesk, ReceiptReceiver } from './account-desk.js';
import { OwedReceipt } from './account-desk.js';
import type { SegmentCount } from './segment-count.js';
import { appendReceiptDone, appendReceiptSpill } from './records.js';
import { FinishHead } from './journal-records.js';
import { failpoint, failpointsArmed } from '../failpoints.js';

/** Receipts that one account may hold in memory; the rest waits on disk. */
const OWED_IN_MEMORY_MAX = 10_000;
/** Receipts older than this in memory go to disk, so that journal segments can go. */
const OWED_MEMORY_AGE_MS = 20_000;
/** Rows read back at once. */
const READ_BACK_ROWS = 500;
/** After a refused receipt: the ESME said it cannot take it now (SMPP 3.4 §5.1.3, ESME_RX_T_APPN). */
const REFUSED_PAUSE_MS = 5_000;
const SPILLS_PER_TICK = 2_000;

export interface ReceiptDeskParts {
  readonly journal: Journal;
  readonly records: Pick<Records, 'pendingReceipts'>;
  readonly clock: Clock;
  readonly segments: SegmentCount;
  readonly onError: (error: unknown) => void;
}

export class ReceiptDesk {
  readonly #parts: ReceiptDeskParts;
  #dirty: AccountDesk[] = [];
  #isScheduled = false;
  /** Desks that hold something in memory; walked by `tick`. */
  readonly #holding = new Set<AccountDesk>();
  readonly counters = { owed: 0, sent: 0, done: 0, returned: 0, expired: 0, spilled: 0, readBack: 0 };

  constructor(parts: ReceiptDeskParts) {
    this.#parts = parts;
  }

  /** True when a new receipt of this account should go straight to disk. */
  goesDeep(desk: AccountDesk): boolean {
    return desk.owed.size >= OWED_IN_MEMORY_MAX;
  }

  /** A receipt became durable in the journal: deliver it when a bind is there. */
  owe(desk: AccountDesk, owed: OwedReceipt): void {
    this.counters.owed++;
    desk.owed.push(owed);
    this.#holding.add(desk);
    this.#mark(desk);
  }

  attach(desk: AccountDesk, receiver: ReceiptReceiver): void {
    desk.receivers.push(receiver);
    this.#mark(desk);
  }

  /** A bind is gone; what it had unanswered must have been given to `returned` first. */
  detach(desk: AccountDesk, receiver: ReceiptReceiver): void {
    const at = desk.receivers.indexOf(receiver);
    if (at >= 0) desk.receivers.splice(at, 1);
  }

  /** A receiver has room again. */
  writable(desk: AccountDesk): void {
    if (desk.owed.size > 0 || desk.deepCount > 0) this.#mark(desk);
  }

  /** The ESME has it. */
  acknowledged(desk: AccountDesk, owed: OwedReceipt): void {
    this.counters.done++;
    desk.counters.receiptsDone++;
    this.#close(desk, owed, 1);
    if (failpointsArmed) failpoint('receipt.done');
    if (desk.owed.size > 0 || desk.deepCount > 0) this.#mark(desk);
  }

  /** Not acknowledged: it goes out again, first in line. A refusal pauses the account's receipts for a while. */
  returned(desk: AccountDesk, owed: OwedReceipt, wasRefused: boolean): void {
    this.counters.returned++;
    if (wasRefused) desk.pausedUntilMs = this.#parts.clock.monotonicMs() + REFUSED_PAUSE_MS;
    desk.owed.unshift(owed);
    this.#holding.add(desk);
    this.#mark(desk);
  }

  /** Every 100 ms or so: expire, move to disk, resume after pauses. */
  tick(nowMs: number): void {
    let budget = SPILLS_PER_TICK;
    for (const desk of this.#holding) {
      budget = this.#age(desk, nowMs, budget);
      if (desk.owed.size === 0 && desk.deepCount === 0) this.#holding.delete(desk);
      else if (desk.receivers.length > 0) this.#mark(desk);
    }
  }

  #age(desk: AccountDesk, nowMs: number, budgetBefore: number): number {
    let budget = budgetBefore;
    const retentionMs = desk.account.receiptRetentionSec * 1_000;
    for (let owed = desk.owed.peek(); owed !== undefined && budget > 0; owed = desk.owed.peek()) {
      const ageMs = nowMs - owed.bornMs;
      if (ageMs < OWED_MEMORY_AGE_MS) break;
      desk.owed.shift();
      budget--;
      if (ageMs >= retentionMs) {
        this.counters.expired++;
        this.#close(desk, owed, 2);
      } else {
        this.#spill(desk, owed);
      }
    }
    return budget;
  }

  #spill(desk: AccountDesk, owed: OwedReceipt): void {
    this.counters.spilled++;
    desk.deepCount++;
    if (owed.segment < 0) {
      desk.fromRows.delete(owed.key);
      return;
    }
    appendReceiptSpill(this.#parts.journal, owed);
    this.#parts.segments.remove(owed.segment);
  }

  #close(desk: AccountDesk, owed: OwedReceipt, how: 1 | 2): void {
    if (owed.segment < 0) {
      desk.fromRows.delete(owed.key);
      // Records that follow cannot lie in an earlier batch than the one that says so now.
      desk.rowDoneBatch = this.#parts.journal.batch + 1;
    }
    appendReceiptDone(this.#parts.journal, owed.key, owed.segment < 0, how);
    if (owed.segment >= 0) this.#parts.segments.remove(owed.segment);
  }

  #mark(desk: AccountDesk): void {
    if (desk.isDirty) return;
    desk.isDirty = true;
    this.#dirty.push(desk);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(this.#pumpDirty);
  }

  readonly #pumpDirty = (): void => {
    this.#isScheduled = false;
    const dirty = this.#dirty;
    this.#dirty = [];
    const nowMs = this.#parts.clock.monotonicMs();
    for (const desk of dirty) {
      desk.isDirty = false;
      this.#pump(desk, nowMs);
    }
  };

  #pump(desk: AccountDesk, nowMs: number): void {
    if (desk.pausedUntilMs > nowMs) return;
    while (desk.owed.size > 0) {
      const receiver = desk.pickReceiver();
      if (receiver === undefined) return;
      const owed = desk.owed.shift() as OwedReceipt;
      owed.tries++;
      this.counters.sent++;
      desk.counters.receiptsSent++;
      receiver.deliver(owed);
      if (failpointsArmed) failpoint('receipt.sent');
    }
    if (desk.deepCount > 0 && desk.receivers.length > 0) this.#readBack(desk);
  }

  /**
   * Reads the next rows. Spills and projection lag leave rows behind the reading position: it goes back to the start
   * when nothing read from rows is in memory and the end of every row done with has been projected.
   */
  #readBack(desk: AccountDesk): void {
    if (desk.isReadingDeep) return;
    const { journal } = this.#parts;
    const isIdle = journal.pendingBytes === 0 && journal.projectedBatch >= journal.batch - 1;
    const isQuiet = isIdle || journal.projectedBatch >= desk.rowDoneBatch;
    if (desk.isReadToEnd && desk.fromRows.size === 0 && isQuiet) {
      desk.isReadToEnd = false;
      desk.deepAfterKey = 0;
    }
    if (desk.isReadToEnd) return;
    desk.isReadingDeep = true;
    this.#parts.records
      .pendingReceipts(desk.account.ref, desk.deepAfterKey, READ_BACK_ROWS)
      .then((rows) => {
        desk.isReadingDeep = false;
        if (rows.length === 0) desk.isReadToEnd = true;
        const nowMs = this.#parts.clock.monotonicMs();
        for (const row of rows) {
          desk.deepAfterKey = row.key;
          if (desk.deepCount > 0) desk.deepCount--;
          this.counters.readBack++;
          desk.fromRows.add(row.key);
          this.#holding.add(desk);
          this.#takeBack(desk, row.key, receiptBody(Buffer.from(row.image)), nowMs);
        }
        if (rows.length > 0) this.#mark(desk);
      })
      .catch((error: unknown) => {
        desk.isReadingDeep = false;
        this.#parts.onError(error);
      });
  }

  /** A receipt counts its age from its message, however often it was read back; one beyond its retention ends here. */
  #takeBack(desk: AccountDesk, key: number, body: Buffer, nowMs: number): void {
    const ageMs = Math.max(0, this.#parts.clock.wallMs() - keyWallMs(key));
    const owed = new OwedReceipt(key, desk.account.ref, body, -1, nowMs);
    if (ageMs < desk.account.receiptRetentionSec * 1_000) {
      desk.owed.push(owed);
      return;
    }
    this.counters.expired++;
    this.#close(desk, owed, 2);
  }
}

/** The deliver_sm body inside a `finish` payload. */
export function receiptBody(payload: Buffer): Buffer {
  const at = payload.readUInt32LE(FinishHead.receiptAt);
  return payload.subarray(at + 4, at + 4 + payload.readUInt32LE(at));
}
