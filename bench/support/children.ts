// Child processes of a run, ended by pid on any exit of the parent, and the temp folder that goes with them.

import { fork, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Answer, GeneratorOptions, GeneratorReport, Order, SinkOptions, SinkReport } from './control.js';

const living = new Set<ChildProcess>();
const folders = new Set<string>();

function cleanUp(): void {
  for (const child of living) child.kill('SIGKILL');
  living.clear();
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  folders.clear();
}

process.on('exit', cleanUp);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

/** A folder that goes with the process. `--keep` of the tools leaves it for a look. */
export function tempFolder(name: string, options: { keep: boolean } = { keep: false }): string {
  const folder = mkdtempSync(join(process.env['MATRIOSKA_BENCH_DIR'] ?? tmpdir(), `matrioska-${name}-`));
  if (!options.keep) folders.add(folder);
  return folder;
}

/** Ties a child's life to ours. */
export function adopt(child: ChildProcess): ChildProcess {
  living.add(child);
  child.once('exit', () => living.delete(child));
  return child;
}

export const start = (command: string, args: readonly string[], options: Parameters<typeof spawn>[2]): ChildProcess =>
  adopt(spawn(command, args, options));

/** Resolves with the exit code (−1 for a signal); kills it when it outlives the deadline. */
export function ended(child: ChildProcess, deadlineMs: number): Promise<number> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  if (child.signalCode !== null) return Promise.resolve(-1);
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
    child.once('exit', (code) => {
      clearTimeout(timer);
      resolve(code ?? -1);
    });
  });
}

const ANSWER_TIMEOUT_MS = 20_000;

/** The parent's end of one load process. */
class LoadProcess<Report> {
  readonly #child: ChildProcess;
  readonly #name: string;
  #waiting: {
    is: Answer['is'];
    resolve: (answer: Answer) => void;
    reject: (error: Error) => void;
    timer: NodeJS.Timeout;
  }[] = [];
  #fault: string | undefined;

  constructor(name: string) {
    this.#name = name;
    this.#child = adopt(
      fork(fileURLToPath(new URL('./load-process.ts', import.meta.url)), [], {
        execArgv: ['--conditions=source', '--import', 'tsx', '--max-semi-space-size=32'],
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      }),
    );
    this.#child.on('message', (message) => this.#heard(message as Answer));
    this.#child.on('exit', () => this.#failAll(`${name} ended`));
  }

  /** The first fault it told of; the run is then worth nothing. */
  get fault(): string | undefined {
    return this.#fault;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async start(options: GeneratorOptions | SinkOptions): Promise<readonly number[]> {
    const answer = await this.#ask({ do: 'start', options }, 'ready');
    return answer.is === 'ready' ? answer.ports : [];
  }

  tell(order: Order): void {
    this.#child.send(order);
  }

  async report(): Promise<Report> {
    const answer = await this.#ask({ do: 'report' }, 'report');
    if (answer.is !== 'report') throw new Error(`${this.#name}: no report`);
    return answer.report as Report;
  }

  /** Writes the logs and ends the process. */
  async finish(): Promise<void> {
    await this.#ask({ do: 'finish' }, 'done');
    await ended(this.#child, 5_000);
  }

  #ask(order: Order, is: Answer['is']): Promise<Answer> {
    if (this.#fault !== undefined) return Promise.reject(new Error(`${this.#name}: ${this.#fault}`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#failAll(`${this.#name} did not answer '${order.do}'`), ANSWER_TIMEOUT_MS);
      this.#waiting.push({ is, resolve, reject, timer });
      this.#child.send(order, (error) => {
        if (error !== null) this.#failAll(error.message);
      });
    });
  }

  #heard(answer: Answer): void {
    if (answer.is === 'fault') {
      this.#fault ??= answer.why;
      this.#failAll(`${this.#name}: ${answer.why}`);
      return;
    }
    const at = this.#waiting.findIndex((waiter) => waiter.is === answer.is);
    const [waiter] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (waiter === undefined) return;
    clearTimeout(waiter.timer);
    waiter.resolve(answer);
  }

  #failAll(why: string): void {
    for (const waiter of this.#waiting.splice(0)) {
      clearTimeout(waiter.timer);
      waiter.reject(new Error(why));
    }
  }
}

export class GeneratorProcess extends LoadProcess<GeneratorReport> {
  constructor() {
    super('generator');
  }
}

export class SinkProcess extends LoadProcess<SinkReport> {
  constructor() {
    super('sink');
  }
}
