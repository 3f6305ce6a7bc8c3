// What a command of the command line is, and what it is given.

import { userInfo } from 'node:os';
import { callAdmin } from '../admin/index.js';
import { loadSettings } from '../config/index.js';
import type { Settings } from '../config/index.js';
import { usage } from './arguments.js';
import type { Arguments, OptionSpec } from './arguments.js';
import type { Terminal } from './output.js';

export interface CliContext {
  readonly args: Arguments;
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Prints a result: as JSON when asked, else as the text that `format` makes of it. */
  show<T>(result: T, format: (result: T) => string): void;
  readonly settings: () => Settings;
  /** Runs a command in the switch that is running. */
  ask(command: string, input: unknown): Promise<unknown>;
}

export interface CliCommand {
  readonly name: string;
  /** Behind the name in the usage line. */
  readonly takes: string;
  readonly help: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
  readonly wordsMax: number;
  /** Answers the exit code when it is not 0. */
  run(context: CliContext): Promise<number | undefined>;
}

export function createContext(
  args: Arguments,
  terminal: Terminal,
  environment: Readonly<Record<string, string | undefined>>,
): CliContext {
  const settings = (): Settings => loadSettings({ file: args.text('config'), environment });
  return {
    args,
    terminal,
    environment,
    settings,
    show: (result, format) => terminal.out(args.flag('json') ? JSON.stringify(result) : format(result)),
    ask: (command, input) =>
      callAdmin(settings().adminSocket, {
        command,
        input,
        actor: `cli:${userName()}`,
        reason: args.text('reason') ?? '',
        progress: (text) => terminal.err(`… ${text}`),
      }),
  };
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user id without a name, as containers have.
    return String(process.getuid?.() ?? 'unknown');
  }
}

export function word(args: Arguments, at: number, what: string): string {
  const text = args.words[at];
  if (text === undefined) throw usage(`${what} is missing`);
  return text;
}
