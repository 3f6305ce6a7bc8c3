// Child processes of tests: started with collected output, awaited by what they print, ended by their own pid, and never
// left behind when the test process ends.

import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Its own process group, so that a stop reaches its children too. For the outermost runner only. */
  readonly ownGroup?: boolean;
  /** Show its output as it comes instead of collecting it. */
  readonly inherit?: boolean;
}

export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Octets of output kept per process; a child that floods must not fill the memory of the tests. */
const OUTPUT_CHARS_MAX = 4_194_304;
const POLL_MS = 20;

const running = new Set<RunningProcess>();
process.on('exit', () => {
  for (const child of running) child.signal('SIGKILL');
});

/** One child process. `end` settles when it is gone. */
export class RunningProcess {
  readonly end: Promise<ProcessEnd>;
  private readonly child: ChildProcess;
  private readonly ownGroup: boolean;
  private text = '';
  private ended: ProcessEnd | undefined;

  constructor(command: string, args: readonly string[], options: StartOptions = {}) {
    this.ownGroup = options.ownGroup === true;
    this.child = spawn(command, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      detached: this.ownGroup,
      stdio: options.inherit === true ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    running.add(this);
    this.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => this.keep(chunk));
    this.child.stderr?.setEncoding('utf8').on('data', (chunk: string) => this.keep(chunk));
    this.end = new Promise((resolve) => {
      this.child.once('error', (fault) => {
        this.keep(`${command}: ${fault.message}\n`);
        if (this.child.pid === undefined) resolve(this.finish({ code: 127, signal: null }));
      });
      this.child.once('close', (code, signal) => resolve(this.finish({ code, signal })));
    });
  }

  get pid(): number {
    return this.child.pid ?? -1;
  }

  /** Everything it printed so far, both streams in the order of arrival. */
  get output(): string {
    return this.text;
  }

  get isRunning(): boolean {
    return this.ended === undefined;
  }

  /** Waits until the output matches; throws with the output when it does not in time or the process ends before. */
  async waitForOutput(pattern: RegExp, timeoutMs: number): Promise<RegExpMatchArray> {
    for (let waitedMs = 0; ; waitedMs += POLL_MS) {
      const found = this.text.match(pattern);
      if (found !== null) return found;
      if (this.ended !== undefined)
        throw new Error(`process ended (${describeEnd(this.ended)}) before ${String(pattern)}:\n${this.text}`);
      if (waitedMs >= timeoutMs) throw new Error(`no ${String(pattern)} within ${timeoutMs} ms:\n${this.text}`);
      await delay(POLL_MS);
    }
  }

  /** Sends a signal by pid (to the whole group when it has its own). A process already gone is no fault. */
  signal(name: NodeJS.Signals): void {
    if (this.ended !== undefined || this.child.pid === undefined) return;
    try {
      process.kill(this.ownGroup ? -this.child.pid : this.child.pid, name);
    } catch (fault) {
      if ((fault as NodeJS.ErrnoException).code !== 'ESRCH') throw fault;
    }
  }

  /** Asks it to end and waits; after the deadline it is killed, and the answer tells so by its signal. */
  async stop(name: NodeJS.Signals = 'SIGTERM', deadlineMs = 10_000): Promise<ProcessEnd> {
    this.signal(name);
    const kill = setTimeout(() => this.signal('SIGKILL'), deadlineMs);
    const end = await this.end;
    clearTimeout(kill);
    return end;
  }

  private keep(chunk: string): void {
    this.text += chunk;
    if (this.text.length > OUTPUT_CHARS_MAX) this.text = this.text.slice(-OUTPUT_CHARS_MAX / 2);
  }

  private finish(end: ProcessEnd): ProcessEnd {
    this.ended = end;
    running.delete(this);
    return end;
  }
}

/** Runs a command to its end, or kills it at the time limit. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  options: StartOptions & { readonly timeoutMs: number },
): Promise<{ code: number; output: string; timedOut: boolean }> {
  const child = new RunningProcess(command, args, options);
  let timedOut = false;
  const limit = setTimeout(() => {
    timedOut = true;
    child.signal('SIGKILL');
  }, options.timeoutMs);
  const end = await child.end;
  clearTimeout(limit);
  return { code: end.code ?? 1, output: child.output, timedOut };
}

function describeEnd(end: ProcessEnd): string {
  return end.signal === null ? `code ${String(end.code)}` : end.signal;
}
