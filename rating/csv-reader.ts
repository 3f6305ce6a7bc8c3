// CSV by position in a block of bytes (RFC 4180, and what spreadsheets write): one record at a time, no copy.

import { DECK_COLUMNS_MAX } from '#core';

const QUOTE = 34;
const CR = 13;
const LF = 10;

export type CsvStep = 'record' | 'end' | 'unclosed-quote' | 'stray-quote' | 'too-many-columns';

const DELIMITERS = [';', '\t', '|', ','] as const;
export type Delimiter = (typeof DELIMITERS)[number];

/** Reads records. After `next` answers `record`, the fields stand in `starts` and `ends` up to `fieldCount`. */
export class CsvReader {
  readonly bytes: Buffer;
  /** Line, from 1, on which the current record begins; a quoted field may run over several. */
  line = 1;
  fieldCount = 0;
  readonly starts = new Uint32Array(DECK_COLUMNS_MAX);
  readonly ends = new Uint32Array(DECK_COLUMNS_MAX);
  /** 1 where a field has doubled quotes to undo. */
  readonly #escaped = new Uint8Array(DECK_COLUMNS_MAX);
  readonly #delimiter: number;
  #at: number;
  #nextLine = 1;

  constructor(bytes: Uint8Array, delimiter: Delimiter) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#delimiter = delimiter.charCodeAt(0);
    this.#at = afterByteOrderMark(bytes);
  }

  /** Moves to the next record that is not blank. After a fault it stands behind the faulty line. */
  next(): CsvStep {
    const { bytes } = this;
    while (this.#at < bytes.length) {
      this.line = this.#nextLine;
      this.fieldCount = 0;
      const step = this.#record();
      if (step !== 'record' || !this.#isBlank()) return step;
    }
    return 'end';
  }

  text(field: number): string {
    const raw = this.bytes.toString('utf8', this.starts[field], this.ends[field]);
    return (this.#escaped[field] === 1 ? raw.replaceAll('""', '"') : raw).trim();
  }

  #record(): CsvStep {
    for (;;) {
      if (this.fieldCount === DECK_COLUMNS_MAX) return this.#skipLine('too-many-columns');
      const step = this.bytes[this.#at] === QUOTE ? this.#quotedField() : this.#plainField();
      if (step !== 'record') return step;
      if (this.bytes[this.#at] !== this.#delimiter) {
        this.#endLine();
        return 'record';
      }
      this.#at++;
    }
  }

  #plainField(): CsvStep {
    const { bytes } = this;
    const delimiter = this.#delimiter;
    let at = this.#at;
    this.starts[this.fieldCount] = at;
    for (; at < bytes.length; at++) {
      const byte = bytes[at];
      if (byte === delimiter || byte === LF || byte === CR) break;
    }
    this.ends[this.fieldCount] = at;
    this.#escaped[this.fieldCount++] = 0;
    this.#at = at;
    return 'record';
  }

  #quotedField(): CsvStep {
    const { bytes } = this;
    let at = this.#at + 1;
    let escaped = 0;
    this.starts[this.fieldCount] = at;
    for (;;) {
      if (at >= bytes.length) {
        this.#at = at;
        return 'unclosed-quote';
      }
      const byte = bytes[at];
      if (byte === QUOTE) {
        if (bytes[at + 1] !== QUOTE) break;
        escaped = 1;
        at++;
      } else if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) {
        this.#nextLine++;
      }
      at++;
    }
    this.ends[this.fieldCount] = at;
    this.#escaped[this.fieldCount++] = escaped;
    this.#at = at + 1;
    const after = bytes[this.#at];
    const closed = after === undefined || after === this.#delimiter || after === LF || after === CR;
    return closed ? 'record' : this.#skipLine('stray-quote');
  }

  #skipLine(why: CsvStep): CsvStep {
    const { bytes } = this;
    while (this.#at < bytes.length && bytes[this.#at] !== LF && bytes[this.#at] !== CR) this.#at++;
    this.#endLine();
    return why;
  }

  #endLine(): void {
    if (this.bytes[this.#at] === CR) this.#at++;
    if (this.bytes[this.#at] === LF) this.#at++;
    this.#nextLine++;
  }

  /** Spreadsheets leave lines of bare delimiters behind. */
  #isBlank(): boolean {
    for (let field = 0; field < this.fieldCount; field++) {
      for (let at = this.starts[field] as number; at < (this.ends[field] as number); at++) {
        if (this.bytes[at] !== 32) return false;
      }
    }
    return true;
  }
}

/** Where the text begins: behind the mark that spreadsheets put before UTF-8. */
function afterByteOrderMark(bytes: Uint8Array): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/** UTF-16 files begin with one of two marks; they are refused by name instead of failing on every line. */
export function isUtf16(bytes: Uint8Array): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
}

/** The delimiter that the first line has most of, outside quotes. A comma wins only alone: it may be a decimal sign. */
export function detectDelimiter(bytes: Uint8Array): Delimiter {
  const counts = new Map<number, number>();
  let isQuoted = false;
  for (let at = afterByteOrderMark(bytes); at < bytes.length; at++) {
    const byte = bytes[at] as number;
    if (byte === QUOTE) isQuoted = !isQuoted;
    if (isQuoted) continue;
    if (byte === LF || byte === CR) {
      if (counts.size > 0) break;
      continue;
    }
    counts.set(byte, (counts.get(byte) ?? 0) + 1);
  }
  let best: Delimiter = ',';
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const count = counts.get(delimiter.charCodeAt(0)) ?? 0;
    if (count > most) {
      best = delimiter;
      most = count;
    }
  }
  return best;
}
