// The store thread: brings durable batches into SQL, and makes the few writes that people ask for.

import { fdatasync, close as closeFile, open as openFile } from 'node:fs';
import type { MessagePort } from 'node:worker_threads';
import { systemClock, type Logger } from '#core';
import { BatchHead } from '../journal/frame.js';
import { DiskFiles } from '../journal/files.js';
import { cutTornTail, readBatches } from '../journal/reader.js';
import { changeProvisioned } from './change.js';
import { toRefusal } from './failure.js';
import { journalFolder, lockFolder, mainDbPath, openMainDb, recordsFolder, type Sqlite } from './main-db.js';
import { MdrFiles, syncWal } from './mdr-files.js';
import { Projector, type ProjectedBatch } from './projector.js';
import type {
  ClosedSegment,
  ProjectRequest,
  ReleasableNote,
  StoreAnswer,
  StoreRequest,
  StoreThreadSetup,
} from './protocol.js';
import { retainDays } from './retain.js';

/** How often projected rows are made durable, so that segments may go. */
const SYNC_EVERY_MS = 250;

interface QueuedBatch extends ProjectedBatch {
  readonly buffer: ArrayBuffer;
}

export class StoreThread {
  readonly #port: MessagePort;
  readonly #setup: StoreThreadSetup;
  readonly #lock: Sqlite;
  readonly #db: Sqlite;
  readonly #files: DiskFiles;
  readonly #mdrs: MdrFiles;
  readonly #projector: Projector;
  readonly #log: Logger;
  #journal: MessagePort | undefined;
  #hasJournalEnded = false;
  #closeId: number | undefined;
  #pumpAsked = false;
  #pumpTimer: NodeJS.Timeout | undefined;
  #isSyncing = false;
  /** A log that failed to sync once may have lost pages silently: only a restart, which projects again, repairs it. */
  #isSyncBroken = false;
  /** The note that everything up to this batch is synced is itself on the medium: older segments may go. */
  #releasableBatch: number;
  #tellProjected = 0;
  readonly #syncTimer: NodeJS.Timeout;
  readonly #barriers: { readonly id: number; readonly batch: number }[] = [];
  readonly #pump: () => void;

  /** Locks the folder, opens its files, catches up, and says `ready`. */
  static async open(port: MessagePort, setup: StoreThreadSetup): Promise<void> {
    const lock = lockFolder(setup.folder);
    new StoreThread(port, setup, { lock, db: await openMainDb(setup.folder) });
  }

  private constructor(port: MessagePort, setup: StoreThreadSetup, opened: { lock: Sqlite; db: Sqlite }) {
    this.#port = port;
    this.#setup = setup;
    this.#log = portLogger(port);
    this.#lock = opened.lock;
    this.#db = opened.db;
    this.#files = new DiskFiles(journalFolder(setup.folder));
    this.#mdrs = new MdrFiles(recordsFolder(setup.folder));
    this.#projector = new Projector({
      db: this.#db,
      mdrs: this.#mdrs,
      clock: systemClock,
      log: this.#log,
      released: (batch) => this.#giveBack(batch),
    });
    this.#releasableBatch = 0;
    const recovered = this.#recover();
    this.#pump = () => {
      this.#pumpAsked = false;
      this.#project();
    };
    this.#syncTimer = setInterval(() => this.#sync(), SYNC_EVERY_MS);
    port.on('message', (request: StoreRequest) => this.#request(request));
    this.#post({
      op: 'ready',
      batch: recovered.lastBatch + 1,
      nextSegment: recovered.nextSegment,
      closed: recovered.closed,
      projectedBatch: this.#projector.syncedBatch,
    });
  }

  /** Projects what the last run left, and finds where to go on. */
  #recover(): { nextSegment: number; closed: readonly ClosedSegment[]; lastBatch: number } {
    const summary = readBatches(
      this.#files,
      { node: this.#setup.node, batchAfter: this.#projector.syncedBatch },
      ({ batch, bytes, start, end }) => {
        if (batch <= this.#projector.syncedBatch) return;
        this.#projector.offer({ batch, bytes, start, end });
        this.#projector.drain();
      },
    );
    cutTornTail(this.#files, summary, this.#log);
    return {
      nextSegment: summary.lastSegment + 1,
      closed: summary.segments.map(({ segment, lastBatch }) => ({ segment, lastBatch })),
      lastBatch: Math.max(summary.lastBatch, this.#projector.visibleBatch),
    };
  }

  #request(request: StoreRequest): void {
    switch (request.op) {
      case 'journal':
        this.#journal = request.port;
        request.port.on('message', (durable: ProjectRequest) => this.#durable(durable));
        break;
      case 'barrier':
        this.#barriers.push(request);
        this.#tellBarriers();
        break;
      case 'change':
        this.#answer(request.id, () => {
          this.#projector.drain();
          return changeProvisioned(this.#db, request.changes, request.audit);
        });
        break;
      case 'retain':
        this.#answer(request.id, () => {
          this.#projector.drain();
          return retainDays({
            db: this.#db,
            mdrs: this.#mdrs,
            folder: recordsFolder(this.#setup.folder),
            olderThanMs: request.olderThanMs,
            nowMs: systemClock.wallMs(),
          });
        });
        break;
      case 'drain':
        this.#answer(request.id, () => this.#projector.drain());
        break;
      case 'close':
        this.#closeId = request.id;
        this.#closeIfEnded();
        break;
    }
  }

  /** Batches on their way from the journal thread come first. */
  #closeIfEnded(): void {
    if (this.#closeId === undefined || (this.#journal !== undefined && !this.#hasJournalEnded)) return;
    this.#answer(this.#closeId, () => this.#close());
    this.#port.close();
  }

  #durable(request: ProjectRequest): void {
    if (request.op === 'end') {
      this.#hasJournalEnded = true;
      this.#journal?.close();
      this.#closeIfEnded();
      return;
    }
    const { batch, buffer, bytes } = request;
    const queued: QueuedBatch = {
      batch,
      bytes: Buffer.from(buffer, 0, bytes),
      start: BatchHead.bytes,
      end: bytes,
      buffer,
    };
    this.#projector.offer(queued);
    this.#askPump();
  }

  #askPump(): void {
    if (this.#pumpAsked) return;
    clearTimeout(this.#pumpTimer);
    this.#pumpAsked = true;
    // The ports are looked at before the next turn of projection: a question never waits for more than one slice.
    setImmediate(this.#pump);
  }

  #project(): void {
    const againMs = this.#projector.step();
    this.#tellBarriers();
    if (againMs === 0) this.#askPump();
    else if (againMs !== Infinity) {
      clearTimeout(this.#pumpTimer);
      this.#pumpTimer = setTimeout(this.#pump, againMs);
    }
  }

  #tellBarriers(): void {
    if (this.#barriers.length === 0) return;
    // A reader waits: what is projected so far becomes visible now, not at the end of the transaction's time.
    attemptQuietly(() => this.#projector.drain());
    const visible = this.#projector.visibleBatch;
    for (let index = this.#barriers.length - 1; index >= 0; index--) {
      const barrier = this.#barriers[index] as { id: number; batch: number };
      if (barrier.batch > visible) continue;
      this.#barriers.splice(index, 1);
      this.#post({ op: 'answer', id: barrier.id, value: undefined });
    }
  }

  #giveBack(batch: ProjectedBatch): void {
    if (!('buffer' in batch)) return;
    const { buffer } = batch as QueuedBatch;
    this.#post({ op: 'buffer', buffer }, buffer);
  }

  /** Syncs the day files' logs through libuv, so that commits go on meanwhile. */
  #sync(): void {
    const batch = this.#projector.visibleBatch;
    // Two rounds: the first syncs the rows and notes it, the second syncs the note.
    if (this.#isSyncing || this.#isSyncBroken || batch === this.#releasableBatch) return;
    this.#isSyncing = true;
    const noted = this.#projector.syncedBatch;
    const paths = [...this.#projector.unsyncedPaths(), mainDbPath(this.#setup.folder)];
    let left = paths.length;
    let failure: unknown;
    for (const path of paths) {
      syncWalLater(path, (error) => {
        failure ??= error;
        if (--left > 0) return;
        this.#isSyncing = false;
        if (failure === undefined) this.#synced(batch, noted);
        else this.#syncFailed(failure);
      });
    }
  }

  #syncFailed(failure: unknown): void {
    this.#isSyncBroken = true;
    this.#log.error({ why: toRefusal(failure).message }, 'records cannot be synced: segments are kept until a restart');
  }

  #synced(batch: number, noted: number): void {
    this.#releasableBatch = noted;
    try {
      this.#projector.synced(batch);
    } catch (cause) {
      this.#log.error({ why: toRefusal(cause).message }, 'watermark cannot be written, segments are kept');
      return;
    }
    if (batch > this.#tellProjected) {
      this.#tellProjected = batch;
      this.#post({ op: 'projected', batch });
    }
    this.#tellReleasable();
  }

  #tellReleasable(): void {
    this.#journal?.postMessage({ batch: this.#releasableBatch } satisfies ReleasableNote);
  }

  #answer(id: number, work: () => unknown): void {
    try {
      this.#post({ op: 'answer', id, value: work() });
    } catch (cause) {
      this.#post({ op: 'refused', id, refusal: toRefusal(cause) });
    }
  }

  #close(): void {
    clearInterval(this.#syncTimer);
    clearTimeout(this.#pumpTimer);
    attemptQuietly(() => {
      this.#projector.drain();
      // A sync under way has taken the list of files with it; the next start projects again what it may miss.
      if (this.#isSyncBroken || this.#isSyncing) return;
      const batch = this.#projector.visibleBatch;
      for (const path of this.#projector.unsyncedPaths()) syncWal(path);
      syncWal(mainDbPath(this.#setup.folder));
      this.#projector.synced(batch);
      syncWal(mainDbPath(this.#setup.folder));
    });
    this.#mdrs.close();
    this.#db.close();
    this.#lock.close();
  }

  #post(answer: StoreAnswer, buffer?: ArrayBuffer): void {
    if (buffer === undefined) this.#port.postMessage(answer);
    else this.#port.postMessage(answer, [buffer]);
  }
}

function syncWalLater(dbPath: string, done: (error: unknown) => void): void {
  openFile(`${dbPath}-wal`, 'r+', (missing, fd) => {
    // No log: everything is in the database file, which a checkpoint has synced.
    if (missing !== null) {
      done(missing.code === 'ENOENT' ? undefined : missing);
      return;
    }
    fdatasync(fd, (error) => {
      closeFile(fd, () => done(error ?? undefined));
    });
  });
}

function attemptQuietly(step: () => void): void {
  try {
    step();
  } catch {
    // Tried again at the next occasion; the projector has logged the reason.
  }
}

/** Log lines travel to the main thread, which has the logger. */
function portLogger(port: MessagePort): Logger {
  const say = (level: 'info' | 'warn' | 'error') => (fields: Readonly<Record<string, unknown>>, event: string) =>
    port.postMessage({ op: 'log', level, fields, event } satisfies StoreAnswer);
  const log: Logger = {
    debug: () => undefined,
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    child: () => log,
  };
  return log;
}
