// A deck file to packed rows: every bad row is told by line, and one bad row means that nothing is taken.

import { DECK_ROWS_MAX, FILE_ERRORS_MAX } from '#core';
import { CsvReader, detectDelimiter, isUtf16, type CsvStep } from './csv-reader.js';
import { FieldFault, faultText, readPrefix, readPrice } from './deck-fields.js';
import {
  columnName,
  resolveMapping,
  shorten,
  type DeckMapping,
  type ResolvedMapping,
  type RowError,
} from './deck-mapping.js';
import { findRepeats, packSorted, sortedOrder, type UnsortedRows } from './deck-rows.js';

export type ParsedDeck =
  | { readonly ok: true; /** Packed, on shared memory. */ readonly rows: Uint8Array; readonly rowCount: number }
  /** The first `FILE_ERRORS_MAX` errors in order of lines, and how many there are. */
  | { readonly ok: false; readonly errors: readonly RowError[]; readonly errorCount: number };

/** Reads a whole deck file: UTF-8 or a subset of it, any line end, quotes as spreadsheets write them. */
export function parseDeckCsv(source: Uint8Array | string, mapping: DeckMapping = {}): ParsedDeck {
  const bytes = typeof source === 'string' ? Buffer.from(source) : source;
  if (isUtf16(bytes)) return refuseFile('the file is UTF-16: save it as CSV in UTF-8');
  const reader = new CsvReader(bytes, mapping.delimiter ?? detectDelimiter(bytes));
  const resolved = resolveMapping(mapping, reader);
  if (!('readDate' in resolved)) return { ok: false, errors: resolved, errorCount: resolved.length };
  const parse = new DeckParse(reader, resolved);
  return parse.run();
}

function refuseFile(why: string): ParsedDeck {
  return { ok: false, errors: [{ line: 1, column: '', value: '', why }], errorCount: 1 };
}

const STEP_FAULTS: Readonly<Record<Exclude<CsvStep, 'record' | 'end'>, string>> = {
  'unclosed-quote': 'a quote opens here and never closes',
  'stray-quote': 'text follows a closing quote',
  'too-many-columns': 'the line has too many columns: is this the right delimiter?',
};

class DeckParse {
  readonly #reader: CsvReader;
  readonly #mapping: ResolvedMapping;
  readonly #errors: RowError[] = [];
  #errorCount = 0;
  #count = 0;
  #keys = new Float64Array(4096);
  #nanos = new Float64Array(4096);
  #effectiveMs = new Float64Array(4096);
  #lines = new Uint32Array(4096);
  /** Where the date that was read last stands, and what it was: most rows of a deck share one. */
  #dateStart = 0;
  #dateEnd = 0;
  #dateMs = 0;

  constructor(reader: CsvReader, mapping: ResolvedMapping) {
    this.#reader = reader;
    this.#mapping = mapping;
  }

  run(): ParsedDeck {
    const reader = this.#reader;
    for (;;) {
      const step = reader.next();
      if (step === 'end') break;
      if (step === 'record') {
        if (this.#count === DECK_ROWS_MAX) {
          this.#fail(reader.line, '', '', `the file has more than ${DECK_ROWS_MAX} rows`);
          break;
        }
        this.#row();
      } else {
        this.#fail(reader.line, '', '', STEP_FAULTS[step]);
      }
    }
    if (this.#count === 0 && this.#errorCount === 0) this.#fail(reader.line, '', '', 'the file has no rows');
    return this.#finish();
  }

  #row(): void {
    const reader = this.#reader;
    const { prefix, price, effective } = this.#mapping;
    const before = this.#errorCount;
    const key = this.#has(prefix) ? readPrefix(reader.bytes, this.#start(prefix), this.#end(prefix)) : 0;
    if (key < 0) this.#failField(prefix, faultText(key as FieldFault));
    const nanos = this.#has(price) ? this.#price(price) : 0;
    const fromMs =
      effective < 0 ? (this.#mapping.defaultFromMs ?? 0) : this.#has(effective) ? this.#date(effective) : 0;
    // Rows that fail count too, so that the limit on rows bounds the work on a bad file.
    if (this.#count === this.#keys.length) this.#grow();
    const at = this.#count++;
    if (this.#errorCount !== before) return;
    this.#keys[at] = key;
    this.#nanos[at] = nanos;
    this.#effectiveMs[at] = fromMs;
    this.#lines[at] = reader.line;
  }

  #has(field: number): boolean {
    const { fieldCount } = this.#reader;
    if (field < fieldCount) return true;
    const name = columnName(this.#mapping, field);
    const columns = fieldCount === 1 ? 'one column' : `${fieldCount} columns`;
    this.#fail(this.#reader.line, name, '', `is missing: the line has only ${columns}`);
    return false;
  }

  #price(field: number): number {
    const nanos = readPrice(this.#reader.bytes, this.#start(field), this.#end(field), this.#mapping.decimalSign);
    if (nanos >= 0) return nanos;
    if (nanos === FieldFault.priceBlocked && this.#mapping.acceptsBlocked) return -1;
    this.#failField(field, faultText(nanos as FieldFault));
    return 0;
  }

  #date(field: number): number {
    const { bytes } = this.#reader;
    const start = this.#start(field);
    const end = this.#end(field);
    const length = this.#dateEnd - this.#dateStart;
    if (
      length > 0 &&
      end - start === length &&
      bytes.compare(bytes, start, end, this.#dateStart, this.#dateEnd) === 0
    ) {
      return this.#dateMs;
    }
    const text = this.#reader.text(field);
    if (text === '') {
      if (this.#mapping.defaultFromMs === undefined) this.#failField(field, 'is empty');
      return this.#mapping.defaultFromMs ?? 0;
    }
    const fromMs = this.#mapping.readDate(text);
    if (fromMs === undefined) {
      this.#failField(field, 'is not a date of the expected format');
      return 0;
    }
    this.#dateStart = start;
    this.#dateEnd = end;
    this.#dateMs = fromMs;
    return fromMs;
  }

  #start(field: number): number {
    return this.#reader.starts[field] as number;
  }

  #end(field: number): number {
    return this.#reader.ends[field] as number;
  }

  #failField(field: number, why: string): void {
    this.#fail(this.#reader.line, columnName(this.#mapping, field), shorten(this.#reader.text(field)), why);
  }

  #fail(line: number, column: string, value: string, why: string): void {
    this.#errorCount++;
    if (this.#errors.length < FILE_ERRORS_MAX) this.#errors.push({ line, column, value, why });
  }

  #grow(): void {
    const size = this.#keys.length * 2;
    this.#keys = larger(this.#keys, new Float64Array(size));
    this.#nanos = larger(this.#nanos, new Float64Array(size));
    this.#effectiveMs = larger(this.#effectiveMs, new Float64Array(size));
    this.#lines = larger(this.#lines, new Uint32Array(size));
  }

  #finish(): ParsedDeck {
    if (this.#errorCount > 0) return this.#refuse();
    const rows: UnsortedRows = {
      count: this.#count,
      keys: this.#keys.subarray(0, this.#count),
      nanos: this.#nanos.subarray(0, this.#count),
      effectiveMs: this.#effectiveMs.subarray(0, this.#count),
    };
    const order = sortedOrder(rows);
    for (const [first, repeat] of findRepeats(rows, order)) {
      const why = `repeats the prefix and date of line ${this.#lines[first] as number}`;
      this.#fail(this.#lines[repeat] as number, columnName(this.#mapping, this.#mapping.prefix), '', why);
    }
    if (this.#errorCount > 0) return this.#refuse();
    return { ok: true, rows: packSorted(rows, order), rowCount: this.#count };
  }

  #refuse(): ParsedDeck {
    const errors = this.#errors.sort((left, right) => left.line - right.line);
    return { ok: false, errors, errorCount: this.#errorCount };
  }
}

function larger<T extends Float64Array | Uint32Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
