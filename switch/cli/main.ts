// The command line. Exit codes: 0 done, 1 the command failed, 2 the command line itself is wrong.

import { AppError } from '#core';
import { COMMON_OPTIONS, readArguments, usage } from './arguments.js';
import type { OptionSpec } from './arguments.js';
import { askingCommands } from './asking-commands.js';
import { createContext } from './command.js';
import type { CliCommand } from './command.js';
import { localCommands } from './local-commands.js';
import { formatError } from './output.js';
import type { Terminal } from './output.js';
import { sendCommand } from './send-command.js';
import { startCommand } from './start-command.js';
import { version } from './version.js';

const COMMANDS: readonly CliCommand[] = [startCommand, ...localCommands, ...askingCommands, sendCommand];

/** Runs one command line and answers its exit code. */
export async function runCli(
  line: readonly string[],
  terminal: Terminal,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const isJson = line.includes('--json');
  try {
    return await dispatch(line, terminal, environment);
  } catch (error) {
    const code = error instanceof AppError && error.code === 'MX1502' ? 2 : 1;
    if (isJson && error instanceof AppError) {
      terminal.out(JSON.stringify({ error: { code: error.code, message: error.message, next: error.next } }));
    } else terminal.err(formatError(error));
    return code;
  }
}

async function dispatch(
  line: readonly string[],
  terminal: Terminal,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const [name, ...rest] = line;
  if (name === undefined || name === '--help' || name === 'help') {
    terminal.out(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    terminal.out(version());
    return 0;
  }
  const found = COMMANDS.find((entry) => entry.name === name);
  if (found === undefined) throw usage(`there is no command '${name}'`);
  if (rest.includes('--help')) {
    terminal.out(helpOf(found));
    return 0;
  }
  const args = readArguments(rest, found.options, found.wordsMax);
  return (await found.run(createContext(args, terminal, environment))) ?? 0;
}

function overview(): string {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, help }) => `  ${name.padEnd(width)}  ${help}`);
  return ['usage: matrioska COMMAND …', '', ...lines, '', 'matrioska COMMAND --help tells what a command takes.'].join(
    '\n',
  );
}

function helpOf({ name, takes, help, options }: CliCommand): string {
  const all: readonly (readonly [string, OptionSpec])[] = Object.entries({ ...options, ...COMMON_OPTIONS });
  const width = Math.max(...all.map(([option]) => option.length));
  const lines = all.map(([option, { help: text }]) => `  --${option.padEnd(width)}  ${text}`);
  return [`usage: matrioska ${name} ${takes}`.trimEnd(), help, '', ...lines].join('\n');
}

// Run as a program from source; bin/matrioska.js calls `runCli` itself.
if (process.argv[1] === import.meta.filename) {
  const terminal: Terminal = {
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
  };
  process.exitCode = await runCli(process.argv.slice(2), terminal, process.env);
}
