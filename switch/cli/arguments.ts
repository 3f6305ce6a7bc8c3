// Reads a command line against what a command takes. Faults are MX1502.

import { parseArgs } from 'node:util';
import { AppError } from '#core';

export interface OptionSpec {
  readonly type: 'string' | 'boolean';
  readonly help: string;
}

export interface Arguments {
  readonly words: readonly string[];
  text(name: string): string | undefined;
  flag(name: string): boolean;
}

export const COMMON_OPTIONS: Readonly<Record<string, OptionSpec>> = {
  config: { type: 'string', help: 'FILE of settings (default: matrioska.yaml in this folder, if there is one)' },
  json: { type: 'boolean', help: 'print one JSON value instead of text' },
  reason: { type: 'string', help: 'TEXT for the audit record' },
  help: { type: 'boolean', help: 'show this' },
};

export function readArguments(
  line: readonly string[],
  options: Readonly<Record<string, OptionSpec>>,
  wordsMax: number,
): Arguments {
  const types = Object.fromEntries(
    Object.entries({ ...COMMON_OPTIONS, ...options }).map(([name, { type }]) => [name, { type }]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({ args: [...line], options: types, allowPositionals: true, strict: true });
  } catch (cause) {
    const message = cause instanceof Error ? (cause.message.split('. ')[0] ?? '') : '';
    throw usage(message.charAt(0).toLowerCase() + message.slice(1), cause);
  }
  const { values, positionals } = parsed;
  if (positionals.length > wordsMax) throw usage(`'${positionals[wordsMax] ?? ''}' is one word too many`);
  return {
    words: positionals,
    text: (name) => (typeof values[name] === 'string' ? values[name] : undefined),
    flag: (name) => values[name] === true,
  };
}

export const usage = (message: string, cause?: unknown): AppError =>
  new AppError('MX1502', message, { cause, next: 'add --help to see what the command takes' });

export function wholeNumber(text: string, name: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d{1,15}$/.test(text) || value < min || value > max) {
    throw usage(`--${name} must be a whole number from ${min} to ${max}, not '${text}'`);
  }
  return value;
}
