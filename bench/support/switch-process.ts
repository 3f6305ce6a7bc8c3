// The switch as it ships: built code started through its own command, reached through its command line and /metrics.

import { execFile, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { ended, start } from './children.js';
import { sharedNowMs, sleepMs } from './clock.js';
import { parseExposition, type Exposition } from './exposition.js';

const run = promisify(execFile);
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const COMMAND = join(ROOT, 'bin/matrioska.js');

/** Names under which the switch exports what the tools read. */
export const Metric = {
  syncs: 'matrioska_journal_syncs_total',
  commitMs: 'matrioska_journal_commit_milliseconds',
} as const;

export interface SwitchOptions {
  readonly folder: string;
  readonly smppPort: number;
  readonly httpPort: number;
  /** Runs before the command itself, for example strace with its options. */
  readonly under?: readonly string[];
}

const READY_TIMEOUT_MS = 120_000;
const STOP_TIMEOUT_MS = 30_000;
const COMMAND_TIMEOUT_MS = 300_000;
const OUTPUT_BYTES_MAX = 64 * 1_048_576;

export class SwitchProcess {
  readonly options: SwitchOptions;
  readonly #config: string;
  readonly #log: string;
  #child: ChildProcess | undefined;

  constructor(options: SwitchOptions) {
    // Ending strace alone would leave the switch behind.
    if (options.under !== undefined) process.on('exit', () => this.#signal('SIGKILL'));
    if (!existsSync(join(ROOT, 'dist/switch/cli/main.js'))) throw new Error('the switch is not built: npm run build');
    this.options = options;
    mkdirSync(options.folder, { recursive: true });
    this.#config = join(options.folder, 'matrioska.yaml');
    this.#log = join(options.folder, 'switch.log');
    writeFileSync(this.#config, configText(options));
  }

  get smppPort(): number {
    return this.options.smppPort;
  }

  /** Of the switch itself, also when it runs under another program. */
  get pid(): number {
    const pid = this.#child?.pid ?? 0;
    return this.options.under === undefined || this.hasEnded ? pid : (childOf(pid) ?? pid);
  }

  get dataFolder(): string {
    return join(this.options.folder, 'data');
  }

  get hasEnded(): boolean {
    return this.#child === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Resolves when it says that it is ready; rejects with the end of its log when it ends before. */
  async start(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const words = [...(this.options.under ?? []), process.execPath, '--enable-source-maps', COMMAND, 'start'];
    const log = openSync(this.#log, 'a');
    this.#child = start(words[0] ?? process.execPath, [...words.slice(1), '--config', this.#config], {
      cwd: this.options.folder,
      env: { ...process.env, ...env },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    const endMs = sharedNowMs() + READY_TIMEOUT_MS;
    while (!(await this.#isReady())) {
      if (this.hasEnded) throw new Error(`the switch ended while starting:\n${this.logTail()}`);
      if (sharedNowMs() > endMs) throw new Error(`the switch was not ready in time:\n${this.logTail()}`);
      await sleepMs(25);
    }
  }

  /** One command of the CLI against the running switch; answers its stdout. */
  async command(...args: readonly string[]): Promise<string> {
    const { stdout } = await run(process.execPath, [COMMAND, ...args, '--config', this.#config], {
      cwd: this.options.folder,
      timeout: COMMAND_TIMEOUT_MS,
      maxBuffer: OUTPUT_BYTES_MAX,
    });
    return stdout;
  }

  async apply(file: string): Promise<void> {
    await this.command('apply', file);
  }

  /** Balance of every tenant by id, in micros. */
  async balancesMicros(): Promise<Map<string, bigint>> {
    const rows: unknown = JSON.parse(await this.command('balance', '--json'));
    if (!Array.isArray(rows)) throw new Error('balance --json is no list');
    return new Map(
      rows.map((row: { tenant: string; balanceMicros: string | number }) => [row.tenant, BigInt(row.balanceMicros)]),
    );
  }

  async metrics(): Promise<Exposition> {
    const answer = await fetch(`http://127.0.0.1:${this.options.httpPort}/metrics`);
    return parseExposition(await answer.text());
  }

  /** As power loss would end it. */
  async kill(): Promise<void> {
    if (this.#child === undefined) return;
    this.#signal('SIGKILL');
    await ended(this.#child, 5_000);
  }

  /** Resolves when it ended by itself (a failpoint); false when it still runs after the deadline. */
  async untilEnded(deadlineMs: number): Promise<boolean> {
    const endMs = sharedNowMs() + deadlineMs;
    while (!this.hasEnded && sharedNowMs() < endMs) await sleepMs(10);
    return this.hasEnded;
  }

  /** Drains and ends; answers the exit code. */
  async stop(): Promise<number> {
    if (this.#child === undefined) return 0;
    this.#signal('SIGTERM');
    return ended(this.#child, STOP_TIMEOUT_MS);
  }

  logTail(): string {
    return existsSync(this.#log) ? readFileSync(this.#log, 'utf8').slice(-2_000) : '';
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this;
    if (pid > 0 && !this.hasEnded) process.kill(pid, signal);
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.options.httpPort}/ready`)).ok;
    } catch {
      return false;
    }
  }
}

function childOf(pid: number): number | undefined {
  const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  return child === undefined || child === '' ? undefined : Number(child);
}

const configText = (options: SwitchOptions): string => `
dataFolder: ./data
sandbox: false
smpp:
  listeners:
    - { host: 127.0.0.1, port: ${options.smppPort} }
  receiptWindowMax: 1000
http: { host: 127.0.0.1, port: ${options.httpPort} }
log: { level: warn }
`;
