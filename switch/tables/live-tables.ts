// Keeps the installed tables those of now: recompiles when decks or trunks change, and swaps in the next rates on the
// instant when they come into force, having compiled them shortly before.

import type { Clock, Logger } from '#core';
import { RateTables, type DeckSource } from '#rating';
import type { RankImage } from '#routing';
import type { CompileResult, CompileTask, TrunkDeck } from './contract.js';
import { shareRows } from './pool.js';

/** How long before an effective date the tables for it are compiled: far longer than the largest compilation takes. */
const PREPARE_MS = 60_000;
/** After a compilation that failed, the next try. */
const RETRY_MS = 5_000;

/** What is swapped in, by one assignment each in rating and routing. */
export interface LiveSnapshot {
  readonly rates: RateTables;
  readonly ranks: RankImage;
  /** Which trunk each index of `ranks` means, and its deck. */
  readonly trunkDecks: readonly TrunkDeck[];
}

export interface LiveTablesParts {
  readonly compiler: { compile(task: CompileTask): Promise<CompileResult> };
  readonly clock: Clock;
  readonly log: Logger;
  /** Synchronous; called once per swap. */
  readonly swap: (snapshot: LiveSnapshot) => void;
}

export class LiveTables {
  readonly #parts: LiveTablesParts;
  #decks: readonly DeckSource[] = [];
  #trunkDecks: readonly TrunkDeck[] = [];
  /** Grows with every change, so that an answer to an older question is known as such. */
  #asked = 0;
  #installed: { readonly asked: number; readonly validFromMs: number; readonly nextChangeMs: number } | undefined;
  /** Compiled ahead for `fromMs`. */
  #prepared: { readonly asked: number; readonly fromMs: number; readonly snapshot: LiveSnapshot } | undefined;
  #running: Promise<void> | undefined;
  #retryAtMs = -Infinity;
  #isClosed = false;

  constructor(parts: LiveTablesParts) {
    this.#parts = parts;
  }

  /** Replaces decks and trunks; resolves when tables that know them are installed. Calls that overlap are compiled once. */
  async update(decks: readonly DeckSource[], trunkDecks: readonly TrunkDeck[]): Promise<void> {
    this.#decks = decks.map((deck) => ({ ref: deck.ref, version: deck.version, rows: shareRows(deck.rows) }));
    this.#trunkDecks = trunkDecks;
    const asked = ++this.#asked;
    this.#prepared = undefined;
    while (!this.#isClosed && (this.#installed?.asked ?? 0) < asked) {
      this.#running ??= this.#compileNow();
      await this.#running;
    }
  }

  /** To be called about every 100 ms. Only compares numbers, unless a change of rates is near. */
  tick(): void {
    const installed = this.#installed;
    if (installed === undefined || installed.asked !== this.#asked || this.#isClosed) return;
    const wallMs = this.#parts.clock.wallMs();
    const prepared = this.#prepared;
    if (wallMs >= installed.nextChangeMs && prepared?.asked === this.#asked && wallMs >= prepared.fromMs) {
      this.#prepared = undefined;
      this.#install(prepared.asked, prepared.snapshot);
      return;
    }
    if (this.#running !== undefined || this.#parts.clock.monotonicMs() < this.#retryAtMs) return;
    // Behind `validFromMs` only after the clock was set back: those rates are not in force any more.
    if (wallMs >= installed.nextChangeMs || wallMs < installed.validFromMs) this.#start(this.#compileNow());
    else if (wallMs >= installed.nextChangeMs - PREPARE_MS && prepared === undefined) {
      this.#start(this.#prepare(installed.nextChangeMs));
    }
  }

  /** Swaps nothing any more. The compiler belongs to whoever made it. */
  close(): void {
    this.#isClosed = true;
    this.#prepared = undefined;
  }

  /** Runs a compilation nobody waits for; a failure leaves the installed tables and is tried again. */
  #start(work: Promise<void>): void {
    this.#running = work.catch((error: unknown) => {
      this.#retryAtMs = this.#parts.clock.monotonicMs() + RETRY_MS;
      this.#parts.log.error({ err: error }, 'tables could not be compiled');
    });
  }

  async #compileNow(): Promise<void> {
    const asked = this.#asked;
    try {
      const snapshot = await this.#compile(this.#parts.clock.wallMs());
      if (!this.#isClosed) this.#install(asked, snapshot);
    } finally {
      this.#running = undefined;
    }
  }

  async #prepare(fromMs: number): Promise<void> {
    const asked = this.#asked;
    try {
      const snapshot = await this.#compile(fromMs);
      if (asked === this.#asked && !this.#isClosed) this.#prepared = { asked, fromMs, snapshot };
    } finally {
      this.#running = undefined;
    }
  }

  async #compile(nowMs: number): Promise<LiveSnapshot> {
    const task: CompileTask = { decks: this.#decks, trunkDecks: this.#trunkDecks, nowMs };
    const { tables, ranks, trunkDecks } = await this.#parts.compiler.compile(task);
    return { rates: new RateTables(tables), ranks, trunkDecks };
  }

  #install(asked: number, snapshot: LiveSnapshot): void {
    const { validFromMs, nextChangeMs } = snapshot.rates;
    this.#installed = { asked, validFromMs, nextChangeMs };
    this.#parts.swap(snapshot);
  }
}
