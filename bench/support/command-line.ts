// Options and output that all load tools share.

import { parseArgs } from 'node:util';

export interface Options {
  number(name: string, standard: number): number;
  flag(name: string): boolean;
  text(name: string): string | undefined;
}

/** Reads `--name value` and `--flag`; an option that the tool does not know ends it with a sentence. */
export function readOptions(known: { readonly values: readonly string[]; readonly flags: readonly string[] }): Options {
  const options: Record<string, { type: 'string' | 'boolean' }> = {};
  for (const name of known.values) options[name] = { type: 'string' };
  for (const name of [...known.flags, 'json']) options[name] = { type: 'boolean' };
  let values: Record<string, string | boolean | undefined>;
  try {
    values = parseArgs({ options, strict: true }).values;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(
      `Known: ${[...known.values.map((name) => `--${name} VALUE`), ...known.flags.map((name) => `--${name}`), '--json'].join(' ')}`,
    );
    process.exit(2);
  }
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  return {
    text,
    flag: (name) => values[name] === true,
    number: (name, standard) => {
      const given = text(name);
      if (given === undefined) return standard;
      const value = Number(given);
      if (given.trim() === '' || !Number.isFinite(value) || value < 0) {
        console.error(`--${name} needs a number, not '${given}'`);
        process.exit(2);
      }
      return value;
    },
  };
}

export type Figures = Readonly<Record<string, number | string | null>>;

/** Progress goes to stderr, so that stdout ends with the result. */
export const progress = (line: string): void => void process.stderr.write(`${line}\n`);

export const round = (value: number, places = 2): number => Math.round(value * 10 ** places) / 10 ** places;

const spreadOf = (values: readonly number[]): string => {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return low === high ? '' : `${low} … ${high}`;
};

/** The middle run by one of its figures: whole, so that its numbers belong together. */
export function medianRun<T extends Figures>(runs: readonly T[], by: keyof T & string): T {
  const sorted = [...runs].sort((a, b) => Number(a[by]) - Number(b[by]));
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error('no run was measured');
  return middle;
}

/** Prints a table of the runs (median and spread), and one JSON object as the last line when asked. */
export function print(title: string, runs: readonly Figures[], by: string, json: boolean): void {
  const chosen = medianRun(runs, by);
  console.log(`${title} (${runs.length} ${runs.length === 1 ? 'run' : `runs, the median by ${by}`})`);
  for (const [name, value] of Object.entries(chosen)) {
    const values = runs.map((run) => run[name]).filter((each): each is number => typeof each === 'number');
    const spread = runs.length > 1 && values.length > 1 ? spreadOf(values) : '';
    console.log(`  ${name.padEnd(24)} ${String(value ?? '–').padStart(14)}   ${spread}`.trimEnd());
  }
  if (json) console.log(JSON.stringify(chosen));
}
