// Opens the store on a data folder: starts its threads, wires journal and records to them, closes them in order.

import { MessageChannel, type Worker } from 'node:worker_threads';
import { AppError, JOURNAL_SEGMENT_BYTES, type Clock, type Logger } from '#core';
import type { Records, ReplayVisitor, Store } from './contract.js';
import { DiskFiles } from './journal/files.js';
import { readBatches, visitRecords } from './journal/reader.js';
import { JournalWriter, type CommitPort, type CommitRequest } from './journal/writer.js';
import { RemoteRecords, type StoreQuestion } from './remote-records.js';
import { startThread } from './start-thread.js';
import { fromRefusal } from './thread/failure.js';
import { journalFolder } from './thread/main-db.js';
import type {
  JournalAnswer,
  JournalRequest,
  JournalThreadSetup,
  ReadName,
  ReadThreadSetup,
  StoreAnswer,
  StoreRequest,
  StoreThreadSetup,
  ThreadAnswer,
} from './thread/protocol.js';
import { Requests } from './thread/requests.js';

export interface StoreOptions {
  /** The data folder; made when missing. */
  readonly folder: string;
  readonly node: number;
  readonly log: Logger;
  readonly clock: Clock;
  /** Smaller in tests. */
  readonly segmentBytes?: number;
}

/** Opening projects what the last run left behind: up to some minutes after a long outage of the projector. */
const CLOSE_MS = 30_000;

/** Opens the data folder, or throws AppError MX1301 to MX1305. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const store = new EmbeddedStore(options);
  await store.open();
  return store;
}

type Ready = Extract<StoreAnswer, { op: 'ready' }>;

/** One thread with its questions. */
class AskedThread {
  readonly worker: Worker;
  readonly requests = new Requests();
  #isEnding = false;

  constructor(worker: Worker, name: string, died: (error: AppError) => void) {
    this.worker = worker;
    worker.on('error', (cause) => {
      const error = new AppError('MX1001', `The store's ${name} thread failed: ${String(cause)}.`, { cause });
      this.requests.fail(error);
      died(error);
    });
    worker.on('exit', () => {
      const error = new AppError('MX1001', `The store's ${name} thread has ended.`);
      this.requests.fail(error);
      if (!this.#isEnding) died(error);
    });
  }

  ask(what: string, deadlineMs: number, build: (id: number) => object): Promise<unknown> {
    return this.requests.ask(what, deadlineMs, (id) => this.worker.postMessage(build(id)));
  }

  async close(): Promise<void> {
    if (this.#isEnding) return;
    this.#isEnding = true;
    const ended = new Promise<void>((resolve) => {
      this.worker.once('exit', () => resolve());
    });
    await this.ask('close', CLOSE_MS, (id) => ({ op: 'close', id }));
    await ended;
  }

  async kill(): Promise<void> {
    this.#isEnding = true;
    await this.worker.terminate();
  }
}

class EmbeddedStore implements Store {
  readonly #options: StoreOptions;
  #journal: JournalWriter | undefined;
  #store: AskedThread | undefined;
  #commits: AskedThread | undefined;
  #quick: AskedThread | undefined;
  #report: AskedThread | undefined;
  #replayed = false;
  #closing: Promise<void> | undefined;
  readonly records: Records;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.records = new RemoteRecords({
      quick: (name, args, deadlineMs) => this.#read(this.#quick, name, args, deadlineMs),
      report: (name, args, deadlineMs) => this.#read(this.#report, name, args, deadlineMs),
      store: (question, deadlineMs) => this.#askStore(question, deadlineMs),
      settle: () => this.#settle(),
      hold: (isHeld) => this.#hold(isHeld),
    });
  }

  get journal(): JournalWriter {
    if (this.#journal === undefined) throw new AppError('MX1001', 'the store is not open');
    return this.#journal;
  }

  async open(): Promise<void> {
    const { folder, node, segmentBytes = JOURNAL_SEGMENT_BYTES } = this.#options;
    const died = (error: AppError): void => this.#died(error);
    const setup: StoreThreadSetup = { folder, node };
    const worker = startThread(import.meta.resolve('#switch/store-thread'), setup);
    const store = new AskedThread(worker, 'store', died);
    this.#store = store;
    try {
      const ready = await this.#ready(store);
      const commits = this.#startJournal(ready, { folder, node, segmentBytes }, died);
      this.#commits = commits;
      this.#journal = new JournalWriter({
        port: this.#commitPort(commits, store),
        clock: this.#options.clock,
        log: this.#options.log,
        batch: ready.batch,
        segment: ready.nextSegment,
        projectedBatch: ready.projectedBatch,
      });
    } catch (cause) {
      await store.kill();
      throw cause;
    }
    this.#quick = this.#startReader('queue', false, died);
    this.#report = this.#startReader('report', true, died);
  }

  /** Visits every record of the segments on disk, on this thread. */
  replay(visit: ReplayVisitor): Promise<void> {
    if (this.#replayed) throw new AppError('MX1001', 'the journal was replayed twice');
    this.#replayed = true;
    const files = new DiskFiles(journalFolder(this.#options.folder));
    // The store thread has proved that no batch is missing.
    readBatches(files, { node: this.#options.node, batchAfter: this.journal.batch - 1 }, (batch) =>
      visitRecords(batch, visit),
    );
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.#quick?.close();
    await this.#report?.close();
    await this.journal.close();
  }

  #ready(store: AskedThread): Promise<Ready> {
    return new Promise((resolve, reject) => {
      store.worker.once('error', reject);
      store.worker.on('message', (answer: StoreAnswer) => {
        if (answer.op === 'ready') resolve(answer);
        else if (answer.op === 'refused' && answer.id === 0) reject(fromRefusal(answer.refusal));
        else this.#heard(store, answer);
      });
    });
  }

  #heard(store: AskedThread, answer: StoreAnswer): void {
    switch (answer.op) {
      case 'buffer':
        this.journal.recycle(answer.buffer);
        break;
      case 'projected':
        this.journal.projectedBatch = answer.batch;
        break;
      case 'log':
        this.#options.log[answer.level](answer.fields, answer.event);
        break;
      case 'answer':
      case 'refused':
        store.requests.answered(answer);
        break;
      case 'ready':
        break;
    }
  }

  /** Commits and projection each have a thread; durable batches go from the one to the other. */
  #startJournal(
    ready: Ready,
    place: Pick<JournalThreadSetup, 'folder' | 'node' | 'segmentBytes'>,
    died: (error: AppError) => void,
  ): AskedThread {
    const { port1: toStore, port2: toJournal } = new MessageChannel();
    const setup: JournalThreadSetup = {
      ...place,
      nextSegment: ready.nextSegment,
      closed: ready.closed,
      projector: toStore,
    };
    const worker = startThread(import.meta.resolve('#switch/journal-thread'), setup, [toStore]);
    const commits = new AskedThread(worker, 'journal', died);
    worker.on('message', (answer: JournalAnswer) => {
      if (answer.op === 'committed') this.journal.committed(answer.segment);
      else if (answer.op === 'failed') this.journal.failed(answer.buffer, answer.why);
      else commits.requests.answered(answer);
    });
    this.#store?.worker.postMessage({ op: 'journal', port: toJournal } satisfies StoreRequest, [toJournal]);
    return commits;
  }

  #commitPort(commits: AskedThread, store: AskedThread): CommitPort {
    const { worker } = commits;
    return {
      commit: (request: CommitRequest) => {
        const { batch, buffer, bytes, records } = request;
        worker.postMessage({ op: 'commit', batch, buffer, bytes, records } satisfies JournalRequest, [buffer]);
      },
      releaseSegmentsBelow: (segment) => worker.postMessage({ op: 'release', segment } satisfies JournalRequest),
      close: async () => {
        await commits.close();
        await store.close();
      },
    };
  }

  #startReader(name: string, checkpoints: boolean, died: (error: AppError) => void): AskedThread {
    const setup: ReadThreadSetup = { folder: this.#options.folder, checkpoints };
    const thread = new AskedThread(startThread(import.meta.resolve('#switch/read-thread'), setup), name, died);
    thread.worker.on('message', (answer: ThreadAnswer) => thread.requests.answered(answer));
    return thread;
  }

  #read(
    thread: AskedThread | undefined,
    name: ReadName,
    args: readonly unknown[],
    deadlineMs: number,
  ): Promise<unknown> {
    if (thread === undefined) return Promise.reject(new AppError('MX1001', 'the store is not open'));
    return thread.ask(name, deadlineMs, (id) => ({ op: 'read', id, name, args }));
  }

  #askStore(question: StoreQuestion, deadlineMs: number): Promise<unknown> {
    if (this.#store === undefined) return Promise.reject(new AppError('MX1001', 'the store is not open'));
    return this.#store.ask(question.op, deadlineMs, (id) => ({ ...question, id }));
  }

  /** What is acknowledged up to here is in the databases that are copied next, or in the segments held. */
  async #hold(isHeld: boolean): Promise<void> {
    if (this.#commits === undefined) throw new AppError('MX1001', 'the store is not open');
    await this.#commits.ask('hold', CLOSE_MS, (id) => ({ op: 'hold', id, isHeld }));
    await this.#askStore({ op: 'drain' }, CLOSE_MS);
  }

  async #settle(): Promise<void> {
    const batch = this.journal.lastBegunBatch;
    this.journal.flush();
    await this.#askStore({ op: 'barrier', batch }, CLOSE_MS);
  }

  #died(error: AppError): void {
    this.#options.log.error({ code: error.code, why: error.message }, 'store thread ended');
    // Nothing can be promised any more: the composition root must end the process.
    throw error;
  }
}
