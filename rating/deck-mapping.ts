// Which column of a file is what: by the name in its header or by its number, checked once before the rows.

import type { CsvReader, Delimiter } from './csv-reader.js';
import { dateReaderOf, readIsoDate, type DateReader } from './effective-date.js';

/** A column's name in the header line (case and outer spaces do not matter), or its number, counted from 1. */
export type ColumnChoice = string | number;

export interface DeckMapping {
  /** Default: the column named `prefix`. */
  readonly prefix?: ColumnChoice;
  /** Default: the column named `price`. */
  readonly price?: ColumnChoice;
  /** Default: the column named `effective`, if there is one. */
  readonly effective?: ColumnChoice;
  /** Default: the one that the first line has most of. */
  readonly delimiter?: Delimiter;
  /** Default: a point. */
  readonly decimal?: '.' | ',';
  /** Whether the first line names the columns. Default: yes, unless prefix and price are both given by number. */
  readonly header?: boolean;
  /** Default: ISO 8601. See `dateReaderOf`. */
  readonly dateFormat?: string;
  /** For rows without a date; without it a mapped date must not be empty. Default when no date is mapped: always. */
  readonly effectiveFromMs?: number;
  /** `accept`: a price of `-` or a word such as `blocked` closes the prefix. Default: refuse such rows. */
  readonly blocked?: 'accept' | 'refuse';
}

/** What is wrong in one field, or with one line or the whole file (column empty). */
export interface RowError {
  /** From 1. */
  readonly line: number;
  readonly column: string;
  /** What stands there, cut short. */
  readonly value: string;
  readonly why: string;
}

/** A mapping resolved against a file: positions from 0, −1 when there is none. */
export interface ResolvedMapping {
  readonly prefix: number;
  readonly price: number;
  readonly effective: number;
  readonly names: readonly string[];
  readonly readDate: DateReader;
  readonly decimalSign: number;
  readonly acceptsBlocked: boolean;
  readonly defaultFromMs: number | undefined;
}

const VALUE_CHARS_MAX = 40;

/** A peer's text made fit for one line of a report. */
export function shorten(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is replaced
  const clean = text.replace(/[\u0000-\u001f\u007f]/g, ' ');
  return clean.length > VALUE_CHARS_MAX ? `${clean.slice(0, VALUE_CHARS_MAX - 1)}…` : clean;
}

/** Reads the header line if there is one; answers the errors when the file has not what the mapping asks. */
export function resolveMapping(mapping: DeckMapping, reader: CsvReader): ResolvedMapping | readonly RowError[] {
  const errors: RowError[] = [];
  const readDate = mapping.dateFormat === undefined ? readIsoDate : dateReaderOf(mapping.dateFormat);
  if (readDate === undefined) {
    const why = 'is no date format: use YYYY, MM, DD, HH, mm and ss, each once, with signs between them';
    errors.push({ line: 0, column: '', value: shorten(mapping.dateFormat ?? ''), why });
  }
  const names = readHeader(mapping, reader);
  const find = (choice: ColumnChoice): number => findColumn(choice, names, reader.line, errors);
  const prefix = find(mapping.prefix ?? 'prefix');
  const price = find(mapping.price ?? 'price');
  const hasEffective = mapping.effective !== undefined || names.some((name) => sameName(name, 'effective'));
  const effective = hasEffective ? find(mapping.effective ?? 'effective') : -1;
  if (readDate === undefined || errors.length > 0) return errors;
  return {
    prefix,
    price,
    effective,
    names,
    readDate,
    decimalSign: mapping.decimal === ',' ? 44 : 46,
    acceptsBlocked: mapping.blocked === 'accept',
    defaultFromMs: mapping.effectiveFromMs ?? (effective < 0 ? 0 : undefined),
  };
}

function readHeader(mapping: DeckMapping, reader: CsvReader): readonly string[] {
  const byNumber = typeof mapping.prefix === 'number' && typeof mapping.price === 'number';
  if (!(mapping.header ?? !byNumber) || reader.next() !== 'record') return [];
  return Array.from({ length: reader.fieldCount }, (_, field) => reader.text(field));
}

const sameName = (left: string, right: string): boolean => left.trim().toLowerCase() === right.trim().toLowerCase();

function findColumn(choice: ColumnChoice, names: readonly string[], line: number, errors: RowError[]): number {
  if (typeof choice === 'number') {
    if (Number.isInteger(choice) && choice >= 1) return choice - 1;
    errors.push({ line: 0, column: '', value: String(choice), why: 'is no column number: they count from 1' });
    return -1;
  }
  const found = names.flatMap((name, at) => (sameName(name, choice) ? [at] : []));
  if (found.length === 1) return found[0] as number;
  const has = names.length === 0 ? 'it has no header line' : `it has ${shorten(names.join(', '))}`;
  const why = found.length === 0 ? `the file has no column of this name: ${has}` : 'two columns have this name';
  errors.push({ line, column: choice, value: '', why });
  return -1;
}

export const columnName = (mapping: ResolvedMapping, field: number): string =>
  mapping.names[field] ?? `column ${field + 1}`;
