// Writes journal records as the message folder lays them out, for tests and benches of the store.

import {
  FinishHead,
  OpenHead,
  PostingHead,
  PostingRecordHead,
  ReceiptDoneHead,
} from '../../switch/message/journal-records.js';
import { RecordType, type DurableTarget, type Journal } from '../../switch/store/contract.js';

/** Counts what it is told. */
export class Told implements DurableTarget {
  durableCount = 0;
  notDurableCount = 0;
  #waiting: (() => void) | undefined;

  durable(): void {
    this.durableCount++;
    this.#waiting?.();
  }

  notDurable(): void {
    this.notDurableCount++;
    this.#waiting?.();
  }

  /** Resolves at the next word. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }
}

export interface OpenInput {
  readonly key: number;
  readonly flags?: number;
  readonly phase?: number;
  readonly accountRef?: number;
  readonly tenantRef?: number;
  readonly trunkRef?: number;
  readonly dueMs?: number;
  readonly upstreamId?: string;
  readonly bodyBytes?: number;
}

function text(buffer: Buffer, at: number, value: string): number {
  buffer[at] = value.length;
  return at + 1 + buffer.latin1Write(value, at + 1);
}

export function appendOpen(journal: Journal, input: OpenInput, target?: DurableTarget, mayFail = false): void {
  const bodyBytes = input.bodyBytes ?? 100;
  const at = journal.begin(RecordType.open, OpenHead.bytes + 256 + bodyBytes, mayFail);
  const { buffer } = journal;
  buffer.writeDoubleLE(input.key, at + OpenHead.key);
  buffer[at + OpenHead.flags] = input.flags ?? 0;
  buffer[at + OpenHead.phase] = input.phase ?? 0;
  buffer.writeUInt32LE(input.accountRef ?? 1, at + OpenHead.accountRef);
  buffer.writeUInt32LE(input.tenantRef ?? 1, at + OpenHead.tenantRef);
  buffer.writeUInt32LE(input.trunkRef ?? 7, at + OpenHead.trunkRef);
  buffer.writeDoubleLE(input.dueMs ?? 0, at + OpenHead.dueMs);
  buffer.writeDoubleLE(0, at + OpenHead.acceptedMs);
  const end = text(buffer, at + OpenHead.upstreamIdLen, input.upstreamId ?? '');
  buffer.fill(0x61, end, end + bodyBytes);
  journal.end(end + bodyBytes, target);
}

export interface PostingInput {
  readonly kind?: number;
  readonly currency?: string;
  readonly buyerRef: number;
  readonly sellerRef?: number;
  readonly chargedMicros: bigint;
}

export interface FinishInput {
  readonly key: number;
  readonly acceptedMs: number;
  readonly flags?: number;
  readonly state?: number;
  readonly accountRef?: number;
  readonly tenantRef?: number;
  readonly trunkRef?: number;
  readonly source?: string;
  readonly destination?: string;
  readonly upstreamId?: string;
  readonly chargeMicros?: bigint;
  readonly postings?: readonly PostingInput[];
  readonly logBytes?: number;
}

function posting(buffer: Buffer, at: number, input: PostingInput): number {
  buffer.fill(0, at, at + PostingHead.bytes);
  buffer[at + PostingHead.kind] = input.kind ?? 0;
  buffer.latin1Write(input.currency ?? 'EUR', at + PostingHead.currency);
  buffer.writeUInt32LE(input.buyerRef, at + PostingHead.buyerRef);
  buffer.writeUInt32LE(input.sellerRef ?? 1, at + PostingHead.sellerRef);
  buffer.writeBigInt64LE(input.chargedMicros, at + PostingHead.chargedMicros);
  return at + PostingHead.bytes;
}

export function appendFinish(journal: Journal, input: FinishInput, target?: DurableTarget): void {
  const logBytes = input.logBytes ?? 40;
  const postings = input.postings ?? [];
  const start = journal.begin(RecordType.finish, 1_200 + logBytes + postings.length * PostingHead.bytes);
  const { buffer } = journal;
  buffer.fill(0, start, start + FinishHead.bytes);
  buffer.writeDoubleLE(input.key, start + FinishHead.key);
  buffer[start + FinishHead.flags] = input.flags ?? 0;
  buffer[start + FinishHead.state] = input.state ?? 2;
  buffer[start + FinishHead.segments] = 1;
  buffer[start + FinishHead.attempts] = 1;
  buffer.writeUInt32LE(input.accountRef ?? 1, start + FinishHead.accountRef);
  buffer.writeUInt32LE(input.tenantRef ?? 1, start + FinishHead.tenantRef);
  buffer.writeUInt32LE(input.trunkRef ?? 7, start + FinishHead.trunkRef);
  buffer.writeDoubleLE(input.acceptedMs, start + FinishHead.acceptedMs);
  buffer.writeDoubleLE(input.acceptedMs + 1_000, start + FinishHead.doneMs);
  buffer.writeBigInt64LE(input.chargeMicros ?? 0n, start + FinishHead.chargeMicros);
  let at = text(buffer, start + FinishHead.bytes, input.source ?? '393331234567');
  at = text(buffer, at, input.destination ?? '447700900123');
  at = text(buffer, at, input.upstreamId ?? '');
  at = text(buffer, at, '000');
  buffer[at++] = postings.length;
  for (const one of postings) at = posting(buffer, at, one);
  buffer.fill(0x62, at, at + logBytes);
  at += logBytes;
  buffer.writeUInt32LE(at - start, start + FinishHead.receiptAt);
  buffer.writeUInt32LE(3, at);
  buffer.latin1Write('dlr', at + 4);
  journal.end(at + 7, target);
}

export function appendReceiptDone(
  journal: Journal,
  key: number,
  hadRow: boolean,
  target?: DurableTarget,
  how = 1,
): void {
  const at = journal.begin(RecordType.receiptDone, ReceiptDoneHead.bytes);
  journal.buffer.writeDoubleLE(key, at + ReceiptDoneHead.key);
  journal.buffer[at + ReceiptDoneHead.flags] = hadRow ? 1 : 0;
  journal.buffer[at + ReceiptDoneHead.how] = how;
  journal.end(at + ReceiptDoneHead.bytes, target);
}

export function appendPosting(journal: Journal, id: number, input: PostingInput, target?: DurableTarget): void {
  const at = journal.begin(RecordType.posting, PostingRecordHead.bytes + 64);
  journal.buffer.writeDoubleLE(id, at + PostingRecordHead.id);
  journal.buffer.writeDoubleLE(0, at + PostingRecordHead.atMs);
  let end = posting(journal.buffer, at + PostingRecordHead.posting, input);
  end = text(journal.buffer, end, 'reason');
  end = text(journal.buffer, end, 'actor');
  journal.end(end, target);
}
