// The switch as it ships: the built command as a child process, with a data folder and ports of its own.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { stringify } from 'yaml';
import { freePorts } from './ports.js';
import { type ProcessEnd, RunningProcess, runToEnd } from './processes.js';
import { smallWorld, type SmallWorldTrunk, TOP_UPS, writeSmallWorld } from './small-world.js';
import { makeTmpFolder, removeTmpFolder } from './tmp-folder.js';
import { untilTrue } from './until.js';

export interface SwitchOptions {
  /** Start with the sandbox: tenants, an account, simulated carriers, prices. */
  readonly sandbox?: boolean;
  /** More settings, as they stand in the configuration file; they win over the helper's own. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: NodeJS.ProcessEnv;
}

const COMMAND = resolve('bin/matrioska.js');
const READY_MS_MAX = 60_000;
const STOP_MS_MAX = 30_000;
const COMMAND_MS_MAX = 60_000;
const POLL_MS = 25;

/** One switch with its folder, which outlives kills and restarts of the process until `remove`. */
export class SwitchProcess {
  readonly smppPort: number;
  readonly httpPort: number;
  readonly folder: string;
  readonly configPath: string;
  private readonly env: NodeJS.ProcessEnv;
  private process: RunningProcess | undefined;

  private constructor(ports: readonly [number, number], options: SwitchOptions) {
    [this.smppPort, this.httpPort] = ports;
    this.folder = makeTmpFolder('switch');
    this.configPath = join(this.folder, 'matrioska.yaml');
    this.env = { ...process.env, ...options.env };
    mkdirSync(join(this.folder, 'data'));
    const settings = {
      dataFolder: './data',
      sandbox: options.sandbox ?? false,
      smpp: { listeners: [{ host: '127.0.0.1', port: this.smppPort }] },
      http: { host: '127.0.0.1', port: this.httpPort },
      ...options.settings,
    };
    writeFileSync(this.configPath, stringify(settings));
  }

  /** A new folder, free ports and a configuration; nothing runs yet. */
  static async prepare(options: SwitchOptions = {}): Promise<SwitchProcess> {
    if (!existsSync('dist/switch/cli/main.js')) throw new Error('the switch is not built: npm run build');
    return new SwitchProcess((await freePorts(2)) as [number, number], options);
  }

  /** A new folder and free ports; the process runs and is ready. */
  static async start(options: SwitchOptions = {}): Promise<SwitchProcess> {
    const made = await SwitchProcess.prepare(options);
    try {
      await made.run();
      return made;
    } catch (fault) {
      await made.remove();
      throw fault;
    }
  }

  get pid(): number {
    return this.process?.pid ?? -1;
  }

  /** What this run of the process printed so far. */
  get output(): string {
    return this.process?.output ?? '';
  }

  /** Starts the process again in the same folder, after `kill` or `stop`, and waits until it is ready. */
  async run(env: NodeJS.ProcessEnv = {}): Promise<void> {
    const args = ['--enable-source-maps', COMMAND, 'start', '--config', this.configPath];
    const child = new RunningProcess(process.execPath, args, { cwd: this.folder, env: { ...this.env, ...env } });
    this.process = child;
    const deadlineMs = performance.now() + READY_MS_MAX;
    while (!(await this.isReady())) {
      if (!child.isRunning) throw new Error(`the switch ended while starting:\n${child.output}`);
      if (performance.now() > deadlineMs) throw new Error(`the switch was not ready in time:\n${child.output}`);
      await delay(POLL_MS);
    }
  }

  /** A command of the CLI against this switch. */
  async command(...args: readonly string[]): Promise<{ code: number; output: string }> {
    const all = [COMMAND, ...args, '--config', this.configPath];
    return runToEnd(process.execPath, all, { cwd: this.folder, env: this.env, timeoutMs: COMMAND_MS_MAX });
  }

  /** A command that must succeed; answers what it printed. */
  async ask(...args: readonly string[]): Promise<string> {
    const { code, output } = await this.command(...args);
    if (code !== 0) throw new Error(`matrioska ${args.join(' ')} ended with ${code}:\n${output}`);
    return output;
  }

  /** A command's answer as a value: the last line of `--json`, behind progress lines. */
  async askJson(...args: readonly string[]): Promise<unknown> {
    const lines = (await this.ask(...args, '--json')).trim().split('\n');
    return JSON.parse(lines.at(-1) ?? 'null');
  }

  /** Applies the small world and gives its tenants money. */
  async provision(trunks: readonly SmallWorldTrunk[]): Promise<void> {
    await this.ask('apply', writeSmallWorld(smallWorld(trunks), join(this.folder, 'world')));
    for (const [tenant, amount] of Object.entries(TOP_UPS)) await this.ask('topup', tenant, amount);
    await this.untilTrunksUp(trunks.length);
  }

  async untilTrunksUp(count: number): Promise<void> {
    await untilTrue(20_000, `${count} trunks are up`, async () => {
      const { trunks } = (await this.askJson('status')) as { trunks: { up: boolean }[] };
      return trunks.filter((trunk) => trunk.up).length >= count;
    });
  }

  /** Drains and ends. */
  async stop(): Promise<ProcessEnd> {
    return (await this.process?.stop('SIGTERM', STOP_MS_MAX)) ?? { code: 0, signal: null };
  }

  /** Ends at once, as a crash would. */
  async kill(): Promise<void> {
    await this.process?.stop('SIGKILL');
  }

  /** Kills the process when it still runs, and deletes the folder. */
  async remove(): Promise<void> {
    await this.kill();
    removeTmpFolder(this.folder);
  }

  private async isReady(): Promise<boolean> {
    try {
      return (await fetch(`http://127.0.0.1:${this.httpPort}/ready`)).ok;
    } catch {
      return false;
    }
  }
}
