// What each journal record does to the tables. Knows the heads of records and nothing of messages.

import { FinishFlag, FinishHead, OpenFlag, OpenHead } from '../../message/journal-records.js';
import { PostingHead, PostingKind, PostingRecordHead, ReceiptDoneHead } from '../../message/journal-records.js';
import { RecordType } from '../contract.js';
import type { Sqlite, Statement } from './main-db.js';
import type { MdrFiles } from './mdr-files.js';

/** Where the account's currency and its buyer share one number: currencies are three octets. */
const CURRENCY_SPAN = 0x1_00_00_00;

interface LedgerSum {
  readonly kind: number;
  readonly buyer: number;
  readonly seller: number;
  readonly currency: number;
  micros: bigint;
  count: number;
}

const RECEIPT_HAD_ROW = 1;
/** ReceiptDoneHead.how of a receipt that was given up unread. */
const RECEIPT_EXPIRED = 2;

/** The effects of records since the last commit: some in open transactions, sums in memory until then. */
export class Projection {
  readonly #db: Sqlite;
  readonly #mdrs: MdrFiles;
  readonly #putSpilled: Statement;
  readonly #deleteSpilled: Statement;
  readonly #putReceipt: Statement;
  readonly #deleteReceipt: Statement;
  readonly #putExpired: Statement;
  readonly #putPosted: Statement;
  readonly #putLedger: Statement;
  readonly #addBalance: Statement;
  readonly #putMeta: Statement;
  readonly #ledger = new Map<number, Map<number, LedgerSum>>();
  readonly #balances = new Map<number, bigint>();

  constructor(db: Sqlite, mdrs: MdrFiles) {
    this.#db = db;
    this.#mdrs = mdrs;
    this.#putSpilled = db.prepare('INSERT OR REPLACE INTO spilled VALUES (?,?,?,?,?,?)');
    this.#deleteSpilled = db.prepare('DELETE FROM spilled WHERE key = ?');
    this.#putReceipt = db.prepare('INSERT OR REPLACE INTO pending_receipts VALUES (?,?,?)');
    this.#deleteReceipt = db.prepare('DELETE FROM pending_receipts WHERE key = ?');
    this.#putExpired = db.prepare('INSERT OR IGNORE INTO expired_receipt VALUES (?)');
    this.#putPosted = db.prepare('INSERT OR IGNORE INTO posted VALUES (?)');
    this.#putLedger = db.prepare(
      'INSERT INTO ledger(batch, kind, buyer, seller, currency, micros, count) VALUES (?,?,?,?,?,?,?)',
    );
    this.#addBalance = db.prepare(
      'INSERT INTO balances VALUES (?,?,?) ON CONFLICT DO UPDATE SET micros = micros + excluded.micros',
    );
    this.#putMeta = db.prepare('INSERT OR REPLACE INTO meta VALUES (?,?)');
  }

  /** The message record alone: harmless to repeat. Needed again when a crash took an unsynced day file's tail. */
  applyMdr(type: number, bytes: Buffer, at: number): void {
    if (type !== RecordType.finish) return;
    const flags = bytes[at + FinishHead.flags] as number;
    if ((flags & FinishFlag.receiptOnly) !== 0) return;
    const destinationAt = at + FinishHead.bytes + 1 + (bytes[at + FinishHead.bytes] as number);
    const acceptedMs = bytes.readDoubleLE(at + FinishHead.acceptedMs);
    this.#mdrs
      .insertFor(acceptedMs)
      .run(
        bytes.readDoubleLE(at + FinishHead.key),
        bytes.readUInt32LE(at + FinishHead.accountRef),
        bytes.readUInt32LE(at + FinishHead.tenantRef),
        bytes.readUInt32LE(at + FinishHead.trunkRef),
        bytes[at + FinishHead.state],
        acceptedMs,
        shortText(bytes, destinationAt),
        bytes.subarray(at, at + bytes.readUInt32LE(at + FinishHead.receiptAt)),
      );
  }

  /** Everything else a record does; to be done exactly once. */
  applyMain(type: number, bytes: Buffer, at: number, end: number): void {
    if (type === RecordType.finish) this.#finish(bytes, at, end);
    else if (type === RecordType.open) this.#open(bytes, at, end);
    else if (type === RecordType.receiptDone) this.#receiptDone(bytes, at);
    else if (type === RecordType.posting) {
      this.#begin();
      this.#putPosted.run(bytes.readDoubleLE(at + PostingRecordHead.id));
      this.#posting(bytes, at + PostingRecordHead.posting);
    }
  }

  /** One commit of day files and main database; `watermark` says up to where. */
  commit(watermark: { readonly batch: number; readonly records: number }): void {
    this.#mdrs.commit();
    this.#begin();
    this.#writeSums(watermark.batch);
    this.#putMeta.run('projected_batch', watermark.batch);
    this.#putMeta.run('projected_records', watermark.records);
    this.#db.exec('COMMIT');
    this.#ledger.clear();
    this.#balances.clear();
  }

  rollback(): void {
    this.#mdrs.rollback();
    if (this.#db.inTransaction) this.#db.exec('ROLLBACK');
    this.#ledger.clear();
    this.#balances.clear();
  }

  #begin(): void {
    if (!this.#db.inTransaction) this.#db.exec('BEGIN IMMEDIATE');
  }

  #open(bytes: Buffer, at: number, end: number): void {
    if (((bytes[at + OpenHead.flags] as number) & OpenFlag.spill) === 0) return;
    this.#begin();
    this.#putSpilled.run(
      bytes.readDoubleLE(at + OpenHead.key),
      bytes.readUInt32LE(at + OpenHead.trunkRef),
      bytes[at + OpenHead.phase],
      shortText(bytes, at + OpenHead.upstreamIdLen),
      bytes.readDoubleLE(at + OpenHead.dueMs),
      bytes.subarray(at, end),
    );
  }

  #receiptDone(bytes: Buffer, at: number): void {
    const hadRow = ((bytes[at + ReceiptDoneHead.flags] as number) & RECEIPT_HAD_ROW) !== 0;
    const isExpired = bytes[at + ReceiptDoneHead.how] === RECEIPT_EXPIRED;
    if (!hadRow && !isExpired) return;
    const key = bytes.readDoubleLE(at + ReceiptDoneHead.key);
    this.#begin();
    if (hadRow) this.#deleteReceipt.run(key);
    if (isExpired) this.#putExpired.run(key);
  }

  #finish(bytes: Buffer, at: number, end: number): void {
    const flags = bytes[at + FinishHead.flags] as number;
    const key = bytes.readDoubleLE(at + FinishHead.key);
    if ((flags & FinishFlag.wasSpilled) !== 0) {
      this.#begin();
      this.#deleteSpilled.run(key);
    }
    if ((flags & FinishFlag.receiptSpill) !== 0) {
      this.#begin();
      this.#putReceipt.run(key, bytes.readUInt32LE(at + FinishHead.accountRef), bytes.subarray(at, end));
    }
    if ((flags & FinishFlag.receiptOnly) !== 0) return;
    let from = at + FinishHead.bytes;
    // source, destination, upstreamId, errorCode: a length octet and text each.
    for (let text = 0; text < 4; text++) from += 1 + (bytes[from] as number);
    const postings = bytes[from++] as number;
    for (let posting = 0; posting < postings; posting++, from += PostingHead.bytes) this.#posting(bytes, from);
  }

  #posting(bytes: Buffer, at: number): void {
    const micros = bytes.readBigInt64LE(at + PostingHead.chargedMicros);
    if (micros === 0n) return;
    const kind = bytes[at + PostingHead.kind] as number;
    const currency = bytes.readUIntLE(at + PostingHead.currency, 3);
    const buyer = bytes.readUInt32LE(at + PostingHead.buyerRef);
    const seller = bytes.readUInt32LE(at + PostingHead.sellerRef);
    const buyerKey = buyer * CURRENCY_SPAN + currency;
    let sellers = this.#ledger.get(buyerKey);
    if (sellers === undefined) this.#ledger.set(buyerKey, (sellers = new Map<number, LedgerSum>()));
    const sellerKey = seller * 256 + kind;
    const sum = sellers.get(sellerKey);
    if (sum === undefined) sellers.set(sellerKey, { kind, buyer, seller, currency, micros, count: 1 });
    else {
      sum.micros += micros;
      sum.count++;
    }
    if (kind === PostingKind.carrierCost) return;
    this.#balances.set(buyerKey, (this.#balances.get(buyerKey) ?? 0n) - micros);
  }

  #writeSums(batch: number): void {
    for (const sellers of this.#ledger.values()) {
      for (const sum of sellers.values()) {
        const currency = currencyText(sum.currency);
        this.#putLedger.run(batch, sum.kind, sum.buyer, sum.seller, currency, sum.micros, sum.count);
      }
    }
    for (const [buyerKey, micros] of this.#balances) {
      const currency = currencyText(buyerKey % CURRENCY_SPAN);
      this.#addBalance.run(Math.floor(buyerKey / CURRENCY_SPAN), currency, micros);
    }
  }
}

const shortText = (bytes: Buffer, at: number): string => bytes.latin1Slice(at + 1, at + 1 + (bytes[at] as number));

const currencyText = (octets: number): string =>
  String.fromCharCode(octets & 0xff, (octets >>> 8) & 0xff, octets >>> 16);
