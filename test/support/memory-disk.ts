// What survives a crash in memory: durable journal batches, and what was projected from them. Written from the layouts
// of the journal's records alone, so that it checks the real store's reading of them.

import {
  FinishFlag,
  FinishHead,
  OpenFlag,
  OpenHead,
  PostingHead,
  PostingKind,
  PostingRecordHead,
  ReceiptDoneHead,
} from '../../switch/message/journal-records.js';
import { RecordType } from '../../switch/store/contract.js';

export interface DiskRecord {
  readonly type: RecordType;
  readonly payload: Buffer;
}

export interface DiskBatch {
  readonly batch: number;
  readonly segment: number;
  readonly records: readonly DiskRecord[];
}

export interface SpilledEntry {
  readonly phase: number;
  readonly trunkRef: number;
  readonly upstreamId: string;
  readonly dueMs: number;
  readonly image: Buffer;
}

/** A message's end as the projection saw it. */
export interface FinishEntry {
  readonly flags: number;
  readonly state: number;
  readonly trunkRef: number;
  readonly attempts: number;
  readonly payload: Buffer;
  readonly postings: readonly PostingEntry[];
}

export interface PostingEntry {
  readonly kind: number;
  readonly buyerRef: number;
  readonly sellerRef: number;
  readonly heldMicros: bigint;
  readonly chargedMicros: bigint;
}

export class MemoryDisk {
  /** Refuses every write while set. */
  isFull = false;
  batches: DiskBatch[] = [];
  lastBatch = 0;
  segment = 1;
  /** Rows reflect everything up to this batch. */
  visibleBatch = 0;
  /** What the journal may rely on: never above `visibleBatch`. */
  syncedBatch = 0;
  releaseBelow = 0;
  readonly spilled = new Map<number, SpilledEntry>();
  readonly pendingReceipts = new Map<number, { readonly accountRef: number; readonly image: Buffer }>();
  /** Every end of every message: more than one per key is a fault. */
  readonly finishes = new Map<number, FinishEntry[]>();
  readonly receiptsDone = new Map<number, number>();
  readonly balances = new Map<number, bigint>();

  /** Projects durable batches; at most `count` of them. */
  project(count = Infinity): void {
    let left = count;
    for (const batch of this.batches) {
      if (batch.batch <= this.visibleBatch) continue;
      if (left-- <= 0) return;
      for (const record of batch.records) this.#apply(record);
      this.visibleBatch = batch.batch;
    }
  }

  /** What is visible is on the medium too: released segments may go. */
  sync(): void {
    this.syncedBatch = this.visibleBatch;
    this.#dropReleased();
  }

  release(segment: number): void {
    this.releaseBelow = Math.max(this.releaseBelow, segment);
    this.#dropReleased();
  }

  #dropReleased(): void {
    this.batches = this.batches.filter((batch) => batch.segment >= this.releaseBelow || batch.batch > this.syncedBatch);
  }

  #apply({ type, payload }: DiskRecord): void {
    if (type === RecordType.open) this.#open(payload);
    else if (type === RecordType.finish) this.#finish(payload);
    else if (type === RecordType.receiptDone) {
      const key = payload.readDoubleLE(ReceiptDoneHead.key);
      this.receiptsDone.set(key, (this.receiptsDone.get(key) ?? 0) + 1);
      if (payload[ReceiptDoneHead.flags] === 1) this.pendingReceipts.delete(key);
    } else if (type === RecordType.posting) {
      this.#move(postingAt(payload, PostingRecordHead.posting));
    }
  }

  #open(payload: Buffer): void {
    if ((payload[OpenHead.flags]! & OpenFlag.spill) === 0) return;
    this.spilled.set(payload.readDoubleLE(OpenHead.key), {
      phase: payload[OpenHead.phase]!,
      trunkRef: payload.readUInt32LE(OpenHead.trunkRef),
      upstreamId: textAt(payload, OpenHead.upstreamIdLen),
      dueMs: payload.readDoubleLE(OpenHead.dueMs),
      image: payload,
    });
  }

  #finish(payload: Buffer): void {
    const key = payload.readDoubleLE(FinishHead.key);
    const flags = payload[FinishHead.flags]!;
    if ((flags & FinishFlag.wasSpilled) !== 0) this.spilled.delete(key);
    if ((flags & FinishFlag.receiptSpill) !== 0) {
      this.pendingReceipts.set(key, { accountRef: payload.readUInt32LE(FinishHead.accountRef), image: payload });
    }
    if ((flags & FinishFlag.receiptOnly) !== 0) return;
    const postings = finishPostings(payload);
    for (const posting of postings) this.#move(posting);
    const entry: FinishEntry = {
      flags,
      state: payload[FinishHead.state]!,
      trunkRef: payload.readUInt32LE(FinishHead.trunkRef),
      attempts: payload[FinishHead.attempts]!,
      payload,
      postings,
    };
    const list = this.finishes.get(key);
    if (list === undefined) this.finishes.set(key, [entry]);
    else list.push(entry);
  }

  #move(posting: PostingEntry): void {
    if (posting.kind === PostingKind.carrierCost) return;
    this.balances.set(posting.buyerRef, (this.balances.get(posting.buyerRef) ?? 0n) - posting.chargedMicros);
  }
}

function finishPostings(payload: Buffer): PostingEntry[] {
  let at: number = FinishHead.bytes;
  // source, destination, upstreamId, errorCode
  for (let text = 0; text < 4; text++) at += 1 + payload[at]!;
  const postings: PostingEntry[] = [];
  const count = payload[at++]!;
  for (; postings.length < count; at += PostingHead.bytes) postings.push(postingAt(payload, at));
  return postings;
}

const postingAt = (payload: Buffer, at: number): PostingEntry => ({
  kind: payload[at + PostingHead.kind]!,
  buyerRef: payload.readUInt32LE(at + PostingHead.buyerRef),
  sellerRef: payload.readUInt32LE(at + PostingHead.sellerRef),
  heldMicros: payload.readBigInt64LE(at + PostingHead.heldMicros),
  chargedMicros: payload.readBigInt64LE(at + PostingHead.chargedMicros),
});

const textAt = (payload: Buffer, at: number): string => payload.latin1Slice(at + 1, at + 1 + payload[at]!);
