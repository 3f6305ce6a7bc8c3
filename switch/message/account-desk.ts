// One account at work: its throughput, its counters, and the receipts it is owed.

import { TokenBucket } from '#core';
import type { Account } from '../directory/index.js';
import { Fifo } from './fifo.js';

/** A receipt that an ESME has not acknowledged yet. */
export class OwedReceipt {
  readonly key: number;
  readonly accountRef: number;
  /** A complete deliver_sm body. */
  readonly body: Buffer;
  /** Journal segment whose `finish` holds it; −1 when a row on disk does. */
  segment: number;
  readonly bornMs: number;
  tries = 0;

  constructor(key: number, accountRef: number, body: Buffer, segment: number, bornMs: number) {
    this.key = key;
    this.accountRef = accountRef;
    this.body = body;
    this.segment = segment;
    this.bornMs = bornMs;
  }
}

/** A bind that takes receipts. Implemented by the SMPP server's sessions, later by webhooks. */
export interface ReceiptReceiver {
  /** How many deliver_sm it takes now: window and outbound buffer. */
  room(): number;
  /** Sends it; `AccountDesk.acknowledged` or `returned` follows exactly once. */
  deliver(owed: OwedReceipt): void;
}

export interface AccountCounters {
  accepted: number;
  throttled: number;
  refused: number;
  receiptsSent: number;
  receiptsDone: number;
}

export class AccountDesk {
  readonly account: Account;
  readonly bucket: TokenBucket;
  readonly counters: AccountCounters = { accepted: 0, throttled: 0, refused: 0, receiptsSent: 0, receiptsDone: 0 };
  readonly owed = new Fifo<OwedReceipt>();
  readonly receivers: ReceiptReceiver[] = [];
  /** Receipts of this account that wait on disk. */
  deepCount = 0;
  deepAfterKey = 0;
  isReadingDeep = false;
  /** The last read found no row behind `deepAfterKey`. */
  isReadToEnd = false;
  /** Keys in memory that also have a row. */
  readonly fromRows = new Set<number>();
  /** Journal batch by which the rows of all receipts done with are surely gone. */
  rowDoneBatch = 0;
  isDirty = false;
  /** Monotonic clock: an ESME that refuses a receipt is left alone until then. */
  pausedUntilMs = 0;
  #next = 0;

  constructor(account: Account) {
    this.account = account;
    this.bucket = new TokenBucket(account.segmentsPerSec, account.burstSegments);
  }

  /** The next receiver with room, in turn, so that receipts spread over the account's binds. */
  pickReceiver(): ReceiptReceiver | undefined {
    const { receivers } = this;
    for (let tried = 0; tried < receivers.length; tried++) {
      this.#next = this.#next + 1 >= receivers.length ? 0 : this.#next + 1;
      const receiver = receivers[this.#next];
      if (receiver !== undefined && receiver.room() > 0) return receiver;
    }
    return undefined;
  }
}
