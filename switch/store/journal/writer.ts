// The journal's face on the main thread: records go straight into a batch buffer, batches to the journal thread.

import { Histogram, JOURNAL_BATCH_BYTES_MAX, LATENCY_BOUNDS_MS, invariant, type Clock, type Logger } from '#core';
import type { DurableTarget, Journal, JournalCounters, JournalState, RecordType } from '../contract.js';
import { BatchHead, RECORD_BYTES_MAX, RECORD_HEAD_BYTES, RECORD_MAY_FAIL } from './frame.js';
import { type BatchBuffer, BatchPool } from './batch-buffer.js';

/** A batch on its way to the disk. The buffer is handed over and comes back with the answer, or later. */
export interface CommitRequest {
  readonly batch: number;
  readonly buffer: ArrayBuffer;
  /** Octets in use, frame head included. */
  readonly bytes: number;
  readonly records: number;
}

/** Where batches go: the journal thread, or in tests the same thread. */
export interface CommitPort {
  commit(request: CommitRequest): void;
  releaseSegmentsBelow(segment: number): void;
  close(): Promise<void>;
}

/** How long after a disk error the batch is offered again. */
const RETRY_MS = 250;
/**
 * Under load a commit begins at most this often: the cost of one (hand-over, sync, two wake-ups) is shared by more
 * messages. The first after a pause begins at once.
 */
const PACE_MS = 2;
/** A batch of this size is worth a commit of its own, whatever the pace. */
const PACE_BYTES = 131_072;
/** Octets with the projector before commits wait for it: SQL is behind, and memory must not grow. */
const LENT_BYTES_MAX = 134_217_728;

export interface WriterOptions {
  readonly port: CommitPort;
  readonly clock: Clock;
  readonly log: Logger;
  readonly batch: number;
  readonly segment: number;
  readonly projectedBatch: number;
  /** Shorter in tests. */
  readonly retryMs?: number;
}

export class JournalWriter implements Journal {
  state: JournalState = 'ok';
  pendingBytes = 0;
  segment: number;
  batch: number;
  projectedBatch: number;
  buffer: Buffer;
  view: DataView;
  readonly counters: JournalCounters = {
    records: 0,
    bytes: 0,
    syncs: 0,
    failures: 0,
    commitMs: new Histogram(LATENCY_BOUNDS_MS),
  };

  readonly #port: CommitPort;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #retryMs: number;
  readonly #pool = new BatchPool();
  #current: BatchBuffer;
  /** Full batches that wait for the one in flight. */
  readonly #sealed: BatchBuffer[] = [];
  #inFlight: BatchBuffer | undefined;
  #sentAtMs = -Infinity;
  #paced: NodeJS.Timeout | undefined;
  /** Octets of buffers that are out with the other threads. */
  #lentBytes = 0;
  #recordAt = -1;
  #recordBytesMax = 0;
  #flushAsked = false;
  #retry: NodeJS.Timeout | undefined;
  #drained: (() => void) | undefined;
  #closing: Promise<void> | undefined;
  readonly #flushTurn: () => void;
  readonly #flushTimer: () => void;

  constructor(options: WriterOptions) {
    this.#port = options.port;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#retryMs = options.retryMs ?? RETRY_MS;
    this.batch = options.batch;
    this.segment = options.segment;
    this.projectedBatch = options.projectedBatch;
    this.#current = this.#pool.take();
    this.buffer = this.#current.bytes;
    this.view = this.#current.view;
    this.#flushTurn = () => {
      this.#flushAsked = false;
      this.#flushPaced();
    };
    this.#flushTimer = () => {
      this.#paced = undefined;
      this.flush();
    };
  }

  begin(type: RecordType, bytesMax: number, mayFail = false): number {
    invariant(this.#recordAt < 0, 'a journal record was begun inside another');
    invariant(this.state !== 'closed', 'a journal record was begun after close');
    const needed = RECORD_HEAD_BYTES + bytesMax;
    if (this.#current.at + needed > this.#current.bytes.length) this.#makeRoom(needed);
    const at = this.#current.at;
    this.buffer[at] = mayFail ? type | RECORD_MAY_FAIL : type;
    this.#recordAt = at;
    this.#recordBytesMax = bytesMax;
    return at + RECORD_HEAD_BYTES;
  }

  end(offset: number, target?: DurableTarget): void {
    const at = this.#recordAt;
    const length = offset - at - RECORD_HEAD_BYTES;
    invariant(at >= 0 && length >= 0 && length <= this.#recordBytesMax, 'a journal record overran its bound');
    this.#recordAt = -1;
    const buffer = this.buffer;
    buffer[at + 1] = length & 0xff;
    buffer[at + 2] = (length >>> 8) & 0xff;
    buffer[at + 3] = length >>> 16;
    this.#current.ended(offset, target);
    this.pendingBytes += offset - at;
    this.counters.records++;
    if (this.#flushAsked) return;
    this.#flushAsked = true;
    setImmediate(this.#flushTurn);
  }

  flush(): void {
    if (this.state === 'failing') {
      this.#refuseMayFail(this.#current);
      return;
    }
    if (this.#inFlight !== undefined || this.#lentBytes > LENT_BYTES_MAX) return;
    const next = this.#sealed.shift() ?? this.#sealCurrent();
    if (next !== undefined) this.#send(next);
    else this.#drained?.();
  }

  #flushPaced(): void {
    if (this.#inFlight !== undefined || this.#paced !== undefined) return;
    const restMs = this.#sentAtMs + PACE_MS - this.#clock.monotonicMs();
    const isSmall = this.#current.at < PACE_BYTES && this.#sealed.length === 0;
    // A timer's grain is a millisecond; less than half of one is not worth it.
    if (restMs > 0.5 && isSmall) this.#paced = setTimeout(this.#flushTimer, Math.ceil(restMs));
    else this.flush();
  }

  /** The last batch that holds a record so far. */
  get lastBegunBatch(): number {
    return this.#current.records > 0 ? this.batch : this.batch - 1;
  }

  releaseSegmentsBelow(segment: number): void {
    this.#port.releaseSegmentsBelow(segment);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  /** From the port: this batch is written and synced. `buffer` when it comes back at once. */
  committed(segment: number): void {
    const done = this.#inFlight;
    invariant(done !== undefined, 'the store committed a batch that nobody sent');
    this.#inFlight = undefined;
    if (this.state === 'failing') {
      this.state = 'ok';
      this.#log.info({ batch: done.batch }, 'journal writes again');
    }
    this.segment = segment;
    this.pendingBytes -= done.recordBytes;
    this.counters.syncs++;
    this.counters.bytes += done.recordBytes;
    this.counters.commitMs.record(this.#clock.monotonicMs() - this.#sentAtMs);
    // The next batch goes out first: the disk works while the targets are told.
    if (this.#drained === undefined) this.#flushPaced();
    else this.flush();
    done.tellDurable();
    this.#pool.giveShell(done);
  }

  /** From the port: the disk refused this batch. Its buffer is back. */
  failed(buffer: ArrayBuffer, why: string): void {
    const batch = this.#inFlight;
    invariant(batch !== undefined, 'the store refused a batch that nobody sent');
    batch.attach(buffer);
    this.#lentBytes -= buffer.byteLength;
    this.counters.failures++;
    if (this.state === 'ok') {
      this.state = 'failing';
      this.#log.error({ batch: batch.batch, why }, 'journal cannot write: new messages are refused');
    }
    this.#refuseMayFail(batch);
    for (const sealed of this.#sealed) this.#refuseMayFail(sealed);
    this.#refuseMayFail(this.#current);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#send(batch);
    }, this.#retryMs);
  }

  /** From the port: the projector is done with this buffer. */
  recycle(buffer: ArrayBuffer): void {
    const wasFull = this.#lentBytes > LENT_BYTES_MAX;
    this.#lentBytes -= buffer.byteLength;
    if (wasFull) this.flush();
    this.#pool.give(buffer);
  }

  #refuseMayFail(batch: BatchBuffer): void {
    if (batch.mayFailRecords === 0) return;
    const before = batch.recordBytes;
    const refused = batch.dropMayFail();
    this.pendingBytes -= before - batch.recordBytes;
    for (const target of refused) target.notDurable();
  }

  #sealCurrent(): BatchBuffer | undefined {
    const full = this.#current;
    if (full.records === 0) return undefined;
    full.batch = this.batch++;
    this.#use(this.#pool.take());
    return full;
  }

  #use(batch: BatchBuffer): void {
    this.#current = batch;
    this.buffer = batch.bytes;
    this.view = batch.view;
  }

  #send(batch: BatchBuffer): void {
    this.#inFlight = batch;
    this.#sentAtMs = this.#clock.monotonicMs();
    const buffer = batch.detach();
    this.#lentBytes += buffer.byteLength;
    this.#port.commit({ batch: batch.batch, buffer, bytes: batch.at, records: batch.records });
  }

  #makeRoom(needed: number): void {
    invariant(
      needed <= RECORD_BYTES_MAX && needed <= JOURNAL_BATCH_BYTES_MAX - BatchHead.bytes,
      'a journal record is too long',
    );
    if (this.#current.at + needed <= JOURNAL_BATCH_BYTES_MAX) {
      this.#pool.grow(this.#current, this.#current.at + needed);
      this.#use(this.#current);
      return;
    }
    const full = this.#sealCurrent();
    if (full !== undefined) this.#sealed.push(full);
  }

  async #close(): Promise<void> {
    this.flush();
    if (this.#inFlight !== undefined && this.state === 'ok') {
      await new Promise<void>((resolve) => {
        this.#drained = resolve;
      });
    }
    clearTimeout(this.#retry);
    clearTimeout(this.#paced);
    this.state = 'closed';
    await this.#port.close();
  }
}
