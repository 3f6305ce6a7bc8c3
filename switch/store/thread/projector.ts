// Takes durable batches in order and brings them into SQL, a slice at a time, so that questions never wait long.

import type { Clock, Logger } from '#core';
import { failpoint, failpointsArmed } from '../../failpoints.js';
import { RECORD_HEAD_BYTES, RECORD_MAY_FAIL } from '../journal/frame.js';
import type { Sqlite } from './main-db.js';
import type { MdrFiles } from './mdr-files.js';
import { Projection } from './projection.js';

/** A durable batch: records are `bytes[start, end)`. */
export interface ProjectedBatch {
  readonly batch: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Work between two looks at the ports: what a question may have to wait for. */
const SLICE_MS = 4;
const RECORDS_PER_LOOK = 16;
/** A transaction is committed after this long or this many records, whichever comes first. */
const TRANSACTION_MS = 200;
/** Each transaction writes a ledger row per pair of accounts: the more messages share it, the fewer rows. */
const TRANSACTION_RECORDS = 20_000;
/** How long after a disk error the projection is tried again. */
const RETRY_MS = 250;

export interface ProjectorOptions {
  readonly db: Sqlite;
  readonly mdrs: MdrFiles;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told when a batch is in SQL and its buffer free. */
  readonly released: (batch: ProjectedBatch) => void;
}

export class Projector {
  readonly #mdrs: MdrFiles;
  readonly #db: Sqlite;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #released: (batch: ProjectedBatch) => void;
  readonly #projection: Projection;
  /** Batches not committed to SQL yet; `#index` is the one being read. */
  readonly #queue: ProjectedBatch[] = [];
  #index = 0;
  #at = 0;
  #recordInBatch = 0;
  /** Main-database effects up to here are committed: whole batches, then records of the next. */
  #batch: number;
  #records: number;
  #begunAtMs = -1;
  #recordsInTransaction = 0;
  #retryAtMs = 0;
  /** Where the first batch of the queue stood at the last commit: a failed transaction begins again there. */
  #committedAt = 0;
  #committedRecord = 0;
  /** Octets that wait. */
  backlogBytes = 0;
  /** Everything up to this batch is synced in the day files and the main database. */
  syncedBatch: number;

  constructor(options: ProjectorOptions) {
    this.#db = options.db;
    this.#mdrs = options.mdrs;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#released = options.released;
    this.#projection = new Projection(options.db, options.mdrs);
    this.#batch = this.#meta('projected_batch');
    this.#records = this.#meta('projected_records');
    this.syncedBatch = this.#meta('synced_batch');
  }

  /** The last batch that readers see completely. */
  get visibleBatch(): number {
    return this.#batch;
  }

  get isIdle(): boolean {
    return this.#queue.length === 0;
  }

  offer(batch: ProjectedBatch): void {
    if (this.#index === this.#queue.length) this.#at = batch.start;
    this.#queue.push(batch);
    this.backlogBytes += batch.end - batch.start;
  }

  /** Works for about a millisecond; answers the milliseconds until it wants to be called again, Infinity when idle. */
  step(): number {
    const nowMs = this.#clock.monotonicMs();
    if (this.#queue.length === 0) return Infinity;
    if (nowMs < this.#retryAtMs) return this.#retryAtMs - nowMs;
    try {
      if (this.#begunAtMs < 0) this.#begunAtMs = nowMs;
      const isDrained = this.#work(nowMs + SLICE_MS);
      const dueMs = this.#begunAtMs + TRANSACTION_MS - this.#clock.monotonicMs();
      if (dueMs <= 0 || this.#recordsInTransaction >= TRANSACTION_RECORDS) this.#commit();
      if (this.#queue.length === 0) return Infinity;
      return isDrained ? Math.max(1, dueMs) : 0;
    } catch (cause) {
      this.#failed(cause);
      return RETRY_MS;
    }
  }

  /** Projects and commits all that waits. Throws what SQLite throws. */
  drain(): void {
    if (this.#queue.length === 0) return;
    try {
      let isDrained = false;
      while (!isDrained) {
        isDrained = this.#work(Infinity);
        this.#commit();
      }
    } catch (cause) {
      this.#failed(cause);
      throw cause;
    }
  }

  /** Database files whose logs must be synced before `synced` may be called. */
  unsyncedPaths(): readonly string[] {
    return this.#mdrs.takeUnsynced();
  }

  /**
   * Notes that everything up to this batch is on the medium in the day files. Segments may go only when this note is
   * on the medium too: a start that finds an older one asks for the batches behind it.
   */
  synced(batch: number): void {
    if (batch <= this.syncedBatch) return;
    // A note inside an open transaction would be lost with it.
    if (this.#db.inTransaction) {
      try {
        this.#commit();
      } catch (cause) {
        this.#failed(cause);
        throw cause;
      }
    }
    this.#db.prepare('INSERT OR REPLACE INTO meta VALUES (?,?)').run('synced_batch', batch);
    this.syncedBatch = batch;
  }

  /** True when everything read so far has been projected. */
  #work(untilMs: number): boolean {
    while (this.#index < this.#queue.length) {
      const batch = this.#queue[this.#index] as ProjectedBatch;
      let untilLook = RECORDS_PER_LOOK;
      while (this.#at < batch.end) {
        this.#project(batch);
        if (--untilLook > 0) continue;
        untilLook = RECORDS_PER_LOOK;
        if (this.#clock.monotonicMs() >= untilMs) return false;
        if (this.#recordsInTransaction >= TRANSACTION_RECORDS) return false;
      }
      this.#nextBatch();
    }
    return true;
  }

  #project(batch: ProjectedBatch): void {
    const { bytes } = batch;
    const type = (bytes[this.#at] as number) & ~RECORD_MAY_FAIL;
    const payload = this.#at + RECORD_HEAD_BYTES;
    const end = payload + bytes.readUIntLE(this.#at + 1, 3);
    this.#projection.applyMdr(type, bytes, payload);
    const isFresh =
      batch.batch > this.#batch + 1 || (batch.batch === this.#batch + 1 && this.#recordInBatch >= this.#records);
    if (isFresh) this.#projection.applyMain(type, bytes, payload, end);
    this.#at = end;
    this.#recordInBatch++;
    this.#recordsInTransaction++;
  }

  #nextBatch(): void {
    this.#index++;
    this.#at = this.#queue[this.#index]?.start ?? 0;
    this.#recordInBatch = 0;
  }

  #commit(): void {
    const lastWhole = this.#index === 0 ? undefined : this.#queue[this.#index - 1];
    let batch = this.#batch;
    let records = this.#records;
    if (lastWhole !== undefined && lastWhole.batch > batch) {
      batch = lastWhole.batch;
      records = 0;
    }
    const open = this.#queue[this.#index];
    if (open !== undefined && open.batch === batch + 1) records = Math.max(records, this.#recordInBatch);
    if (failpointsArmed) failpoint('projector.before-commit');
    this.#projection.commit({ batch, records });
    if (failpointsArmed) failpoint('projector.after-commit');
    this.#batch = batch;
    this.#records = records;
    this.#begunAtMs = -1;
    this.#recordsInTransaction = 0;
    const done = this.#queue.splice(0, this.#index);
    this.#index = 0;
    this.#committedAt = this.#at;
    this.#committedRecord = this.#recordInBatch;
    for (const one of done) {
      this.backlogBytes -= one.end - one.start;
      this.#released(one);
    }
  }

  #failed(cause: unknown): void {
    this.#projection.rollback();
    this.#index = 0;
    this.#begunAtMs = -1;
    this.#recordsInTransaction = 0;
    const first = this.#queue[0];
    this.#at = first === undefined ? 0 : Math.max(first.start, this.#committedAt);
    this.#recordInBatch = this.#committedRecord;
    this.#retryAtMs = this.#clock.monotonicMs() + RETRY_MS;
    this.#log.error({ why: cause instanceof Error ? cause.message : String(cause) }, 'projection failed, will retry');
  }

  #meta(name: string): number {
    const row = this.#db.prepare('SELECT value FROM meta WHERE name = ?').get(name) as { value: number } | undefined;
    return row?.value ?? 0;
  }
}
