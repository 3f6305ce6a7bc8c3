// What operators do meanwhile: a filter query over a million records, again and again, and a deck import.

import { join } from 'node:path';

import { sharedNowMs } from '../support/clock.js';
import { progress, round, type Figures } from '../support/command-line.js';
import { until } from '../support/load-run.js';
import { writeDeckFile } from '../support/world-files.js';
import type { BenchWorld } from './bench-world.js';

export class ReadersAtWork {
  readonly #bench: BenchWorld;
  #isStopping = false;
  #queries = 0;
  #slowestMs = 0;
  #imports = 0;
  #importMs = 0;
  #work: Promise<unknown> = Promise.resolve();

  constructor(bench: BenchWorld) {
    this.#bench = bench;
  }

  /** Runs at full load until so many records exist. */
  async fillTo(records: number, perSec: number): Promise<void> {
    const { generator, sink } = this.#bench.run;
    const missing = records - (await sink.report()).received;
    if (missing > 0) {
      progress(`${missing} more records to write before the query means something`);
      generator.tell({ do: 'saturate' });
      const deadlineMs = (missing / Math.max(1_000, perSec)) * 3_000 + 30_000;
      await until('enough records', deadlineMs, async () => (await sink.report()).received >= records);
    }
    await this.#bench.run.drain(this.#bench.setting.receipts, 120_000);
  }

  start(): void {
    this.#work = Promise.all([this.#query(), this.#import()]);
  }

  async stop(): Promise<Figures> {
    this.#isStopping = true;
    await this.#work;
    return {
      queries: this.#queries,
      querySlowestMs: round(this.#slowestMs, 0),
      imports: this.#imports,
      importMs: round(this.#imports === 0 ? 0 : this.#importMs / this.#imports, 0),
    };
  }

  async #query(): Promise<void> {
    while (!this.#isStopping) {
      const fromMs = sharedNowMs();
      await this.#bench.switchProcess.command('records', '--destination', '3933', '--limit', '100', '--json');
      this.#slowestMs = Math.max(this.#slowestMs, sharedNowMs() - fromMs);
      this.#queries++;
    }
  }

  /** New versions of a carrier's deck: what carriers charge changes, what customers pay does not. */
  async #import(): Promise<void> {
    const { world, switchProcess } = this.#bench;
    const deck = world.decks[0];
    if (deck === undefined) return;
    const folder = join(switchProcess.options.folder, 'world');
    for (let version = 1; !this.#isStopping; version++) {
      const file = writeDeckFile(world, { ...deck, salt: deck.salt + 500 + version }, folder);
      const fromMs = sharedNowMs();
      await switchProcess.apply(file);
      this.#importMs += sharedNowMs() - fromMs;
      this.#imports++;
    }
  }
}
