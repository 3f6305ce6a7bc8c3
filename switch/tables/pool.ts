// The pool that compiles and imports, so that the thread with the sockets only swaps.

import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Piscina } from 'piscina';
import type { DeckMapping, DeckSource } from '#rating';
import { threadExecArgv } from '../store/start-thread.js';
import type { CompileResult, CompileTask, ImportResult, ImportTask } from './contract.js';

/** A thread that had nothing to do for so long goes, and its memory with it. */
const IDLE_MS = 30_000;

export interface ImportRequest {
  /**
   * A path on this machine, or the file's bytes. Bytes that fill their buffer exactly are given away: the caller's
   * view is empty afterwards.
   */
  readonly source: string | Uint8Array;
  readonly mapping?: DeckMapping;
  /** Packed rows of the version in force; without it everything counts as added. */
  readonly before?: Uint8Array | undefined;
}

/** At most cores − 1 threads at nice 10 (Linux), at least one. */
export class TablesPool {
  readonly #pool: Piscina<ImportTask | CompileTask, ImportResult | CompileResult>;
  #closed: Promise<void> | undefined;

  constructor(options: { readonly threadsMax?: number } = {}) {
    const filename = import.meta.resolve('#switch/tables-worker');
    const execArgv = threadExecArgv(filename);
    this.#pool = new Piscina({
      filename,
      ...(execArgv === undefined ? {} : { execArgv }),
      minThreads: 0,
      maxThreads: options.threadsMax ?? Math.max(1, availableParallelism() - 1),
      idleTimeout: IDLE_MS,
      // Answers carry shared memory and small objects: the asynchronous channel is enough, and never spins.
      atomics: 'disabled',
    });
  }

  /** Parses, packs and compares one deck file. */
  async importDeck(request: ImportRequest): Promise<ImportResult> {
    const { source } = request;
    const task: ImportTask = {
      source,
      mapping: request.mapping ?? {},
      before: request.before === undefined ? undefined : shareRows(request.before),
    };
    const transferList =
      typeof source !== 'string' &&
      source.buffer instanceof ArrayBuffer &&
      source.byteLength === source.buffer.byteLength
        ? [source.buffer]
        : [];
    return (await this.#pool.run(task, { name: 'importDeck', transferList })) as ImportResult;
  }

  /** Compiles tables and ranks as of `nowMs`. Rows that are not shared yet are copied, one deck per turn. */
  async compile(task: CompileTask): Promise<CompileResult> {
    const decks: DeckSource[] = [];
    for (const deck of task.decks) {
      const rows = shareRows(deck.rows);
      decks.push({ ref: deck.ref, version: deck.version, rows });
      if (rows !== deck.rows) await nextTurn();
    }
    return (await this.#pool.run({ ...task, decks }, { name: 'compile' })) as CompileResult;
  }

  /** Ends the threads; work under way is dropped. May be called twice. */
  async close(): Promise<void> {
    this.#closed ??= this.#pool.destroy();
    await this.#closed;
  }
}

/** The same rows where every thread can read them; itself when they are there already. */
export function shareRows(rows: Uint8Array): Uint8Array {
  if (rows.buffer instanceof SharedArrayBuffer) return rows;
  const shared = new Uint8Array(new SharedArrayBuffer(rows.byteLength));
  shared.set(rows);
  return shared;
}
