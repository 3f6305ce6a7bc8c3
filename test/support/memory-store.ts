// A store in memory: its journal becomes durable when told, can refuse, and can crash. Shares no code with the real one.

import { Histogram } from '#core';
import { OpenHead, Phase } from '../../switch/message/journal-records.js';
import type {
  DurableTarget,
  Journal,
  JournalCounters,
  JournalState,
  Records,
  RecordType,
  ReplayVisitor,
  SpilledRow,
  Store,
} from '../../switch/store/contract.js';
import { type DiskRecord, MemoryDisk } from './memory-disk.js';

export interface MemoryStoreOptions {
  /** A batch is closed after so many records, so that one turn may span several batches. */
  readonly recordsPerBatch?: number;
  readonly batchesPerSegment?: number;
}

interface Pending extends DiskRecord {
  readonly mayFail: boolean;
  readonly target: DurableTarget | undefined;
}

/** Payloads begin here in their buffer, so that whoever forgets the offset is found out. */
const PAD_BYTES = 7;

export class MemoryJournal implements Journal {
  state: JournalState = 'ok';
  pendingBytes = 0;
  buffer: Buffer = Buffer.alloc(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  batch: number;
  readonly counters: JournalCounters = { records: 0, bytes: 0, syncs: 0, failures: 0, commitMs: new Histogram([1]) };
  readonly #disk: MemoryDisk;
  readonly #recordsPerBatch: number;
  readonly #batchesPerSegment: number;
  #waiting: Pending[][] = [[]];
  #begun: { readonly type: RecordType; readonly mayFail: boolean; readonly bytesMax: number } | undefined;
  #isDead = false;

  constructor(disk: MemoryDisk, options: MemoryStoreOptions) {
    this.#disk = disk;
    this.#recordsPerBatch = options.recordsPerBatch ?? 1_000;
    this.#batchesPerSegment = options.batchesPerSegment ?? 8;
    this.batch = disk.lastBatch + 1;
  }

  get segment(): number {
    return Math.ceil(this.batch / this.#batchesPerSegment);
  }

  get projectedBatch(): number {
    return this.#disk.syncedBatch;
  }

  /** Closed batches and the open one that hold records. */
  get waitingBatches(): number {
    return this.#waiting.filter((batch) => batch.length > 0).length;
  }

  begin(type: RecordType, bytesMax: number, mayFail = false): number {
    if (this.#begun !== undefined) throw new Error('a record was begun inside another');
    if (this.#current.length >= this.#recordsPerBatch) {
      this.#waiting.push([]);
      this.batch++;
    }
    this.#begun = { type, mayFail, bytesMax };
    this.buffer = Buffer.alloc(PAD_BYTES + bytesMax, 0xee);
    this.view = new DataView(this.buffer.buffer, this.buffer.byteOffset, this.buffer.byteLength);
    return PAD_BYTES;
  }

  end(offset: number, target?: DurableTarget): void {
    const begun = this.#begun;
    if (begun === undefined) throw new Error('a record was ended that nobody began');
    this.#begun = undefined;
    if (offset > PAD_BYTES + begun.bytesMax) throw new Error('a record overran its bound');
    const payload = Buffer.from(this.buffer.subarray(PAD_BYTES, offset));
    this.buffer.fill(0xaa);
    this.counters.records++;
    if (this.#isDead) return;
    this.#current.push({ type: begun.type, payload, mayFail: begun.mayFail, target });
    this.pendingBytes += payload.length;
  }

  get #current(): Pending[] {
    return this.#waiting[this.#waiting.length - 1]!;
  }

  flush(): void {
    // Tests say when: see `commit`.
  }

  /** Writes and syncs up to `count` batches, oldest first, and tells their targets. */
  commit(count = Infinity): void {
    for (let left = count; left > 0 && !this.#isDead; left--) {
      if (this.#disk.isFull) {
        this.#refuse();
        return;
      }
      this.state = 'ok';
      if (this.#waiting.length === 1) {
        if (this.#current.length === 0) return;
        this.#waiting.push([]);
        this.batch++;
      }
      this.#write(this.#waiting.shift()!);
    }
  }

  #write(records: Pending[]): void {
    const disk = this.#disk;
    const batch = ++disk.lastBatch;
    disk.batches.push({ batch, segment: Math.ceil(batch / this.#batchesPerSegment), records });
    this.counters.syncs++;
    for (const record of records) this.pendingBytes -= record.payload.length;
    for (const record of records) {
      if (this.#isDead) return;
      record.target?.durable();
    }
  }

  #refuse(): void {
    this.state = 'failing';
    this.counters.failures++;
    for (let index = 0; index < this.#waiting.length; index++) {
      const records = this.#waiting[index]!;
      const refused = records.filter((record) => record.mayFail);
      this.#waiting[index] = records.filter((record) => !record.mayFail);
      for (const record of refused) this.pendingBytes -= record.payload.length;
      for (const record of refused) record.target?.notDurable();
    }
  }

  releaseSegmentsBelow(segment: number): void {
    if (!this.#isDead) this.#disk.release(segment);
  }

  /** The process is gone: nothing it does from now on reaches the disk. */
  die(): void {
    this.#isDead = true;
    this.#waiting = [[]];
  }

  async close(): Promise<void> {
    this.commit();
    this.state = 'closed';
  }
}

/** Rows as projected. Reads see the rows of their call, and may be answered late. */
class MemoryRecords implements Partial<Records> {
  readonly #disk: MemoryDisk;
  /** While true, answers wait for `release`. */
  isHeld = false;
  #held: (() => void)[] = [];
  isDead = false;

  constructor(disk: MemoryDisk) {
    this.#disk = disk;
  }

  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  #answer<T>(value: T): Promise<T> {
    if (this.isDead) return new Promise<T>(() => undefined);
    if (!this.isHeld) return Promise.resolve(value);
    return new Promise((resolve) => this.#held.push(() => (this.isDead ? undefined : resolve(value))));
  }

  spilledHolds(each: (image: Uint8Array) => void): Promise<void> {
    for (const row of this.#disk.spilled.values()) each(row.image);
    return Promise.resolve();
  }

  spilledQueue(trunkRef: number, afterKey: number, limit: number): Promise<readonly SpilledRow[]> {
    return this.#answer(
      this.#rows(limit, (key, row) => row.phase === Phase.queued && row.trunkRef === trunkRef && key > afterKey),
    );
  }

  spilledByUpstreamId(
    pairs: readonly { readonly trunkRef: number; readonly upstreamId: string }[],
  ): Promise<readonly (SpilledRow | undefined)[]> {
    return this.#answer(
      pairs.map((pair) => {
        const isIt = (_key: number, row: { phase: number; trunkRef: number; upstreamId: string }): boolean =>
          row.phase === Phase.awaitingReceipt && row.trunkRef === pair.trunkRef && row.upstreamId === pair.upstreamId;
        return this.#rows(1, isIt)[0];
      }),
    );
  }

  spilledDue(nowMs: number, limit: number): Promise<readonly SpilledRow[]> {
    return this.#answer(this.#rows(limit, (_key, row) => row.dueMs <= nowMs));
  }

  hasSpilled(of: { readonly accountRef: number } | { readonly trunkRef: number }): Promise<boolean> {
    const rows = [...this.#disk.spilled.values()];
    const isOf = (row: { trunkRef: number; image: Buffer }): boolean =>
      'trunkRef' in of ? row.trunkRef === of.trunkRef : row.image.readUInt32LE(OpenHead.accountRef) === of.accountRef;
    return this.#answer(rows.some(isOf));
  }

  receiptOnDisk(key: number): Promise<'owed' | 'expired' | undefined> {
    return this.#answer(this.#disk.pendingReceipts.has(key) ? 'owed' : undefined);
  }

  #rows(
    limit: number,
    keep: (key: number, row: { phase: number; trunkRef: number; upstreamId: string; dueMs: number }) => boolean,
  ): SpilledRow[] {
    return [...this.#disk.spilled]
      .filter(([key, row]) => keep(key, row))
      .sort(([a], [b]) => a - b)
      .slice(0, limit)
      .map(([key, row]) => ({ key, image: Uint8Array.from(row.image) }));
  }

  pendingReceipts(accountRef: number, afterKey: number, limit: number): Promise<readonly SpilledRow[]> {
    return this.#answer(
      [...this.#disk.pendingReceipts]
        .filter(([key, row]) => row.accountRef === accountRef && key > afterKey)
        .sort(([a], [b]) => a - b)
        .slice(0, limit)
        .map(([key, row]) => ({ key, image: Uint8Array.from(row.image) })),
    );
  }

  pendingReceiptCounts(): Promise<readonly { readonly accountRef: number; readonly count: number }[]> {
    const counts = new Map<number, number>();
    for (const { accountRef } of this.#disk.pendingReceipts.values()) {
      counts.set(accountRef, (counts.get(accountRef) ?? 0) + 1);
    }
    return Promise.resolve([...counts].map(([accountRef, count]) => ({ accountRef, count })));
  }
}

export class MemoryStore implements Store {
  readonly disk: MemoryDisk;
  readonly journal: MemoryJournal;
  readonly reads: MemoryRecords;

  constructor(disk = new MemoryDisk(), options: MemoryStoreOptions = {}) {
    this.disk = disk;
    this.journal = new MemoryJournal(disk, options);
    this.reads = new MemoryRecords(disk);
  }

  /** Only what the message's life asks for: provisioning and queries have stores of their own. */
  get records(): Records {
    return this.reads as unknown as Records;
  }

  /** Everything appended so far: durable, projected and synced. */
  commitAll(): void {
    this.journal.commit();
    this.disk.project();
    this.disk.sync();
  }

  replay(visit: ReplayVisitor): Promise<void> {
    this.disk.project();
    this.disk.sync();
    for (const { batch, segment, records } of this.disk.batches) {
      for (const { type, payload } of records) {
        const buffer = Buffer.concat([Buffer.alloc(PAD_BYTES, 0xee), payload, Buffer.alloc(PAD_BYTES, 0xee)]);
        visit(type, buffer, PAD_BYTES, PAD_BYTES + payload.length, segment, batch);
        buffer.fill(0xaa);
      }
    }
    return Promise.resolve();
  }

  /** The process ends here: what was not durable is gone, and no answer comes any more. */
  crash(): void {
    this.journal.die();
    this.reads.isDead = true;
  }

  close(): Promise<void> {
    return this.journal.close();
  }
}
