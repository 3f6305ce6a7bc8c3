// The text of a delivery receipt (SMPP 3.4 appendix B). Written by the book; read leniently, since no two networks
// agree on order, case, spaces or which fields there are.

import { MessageState } from '#core';
import { dateOf, MS_PER_DAY, MS_PER_MINUTE, twoDigits } from './calendar.js';

/** The fields as they stand in the text; '' when missing. */
export class ReceiptText {
  id = '';
  sub = '';
  dlvrd = '';
  submitDate = '';
  doneDate = '';
  stat = '';
  err = '';
  text = '';
}

type ReceiptKey = keyof ReceiptText;

/** Octets that are searched: appendix B needs about 120, and a long payload is no receipt. */
const RECEIPT_OCTETS_MAX = 1_024;

/** Spellings seen, without spaces and underscores. A word may stand for a key only when ':' follows. */
const keys: readonly (readonly [spelling: string, key: ReceiptKey])[] = [
  ['id', 'id'],
  ['sub', 'sub'],
  ['dlvrd', 'dlvrd'],
  ['submitdate', 'submitDate'],
  ['donedate', 'doneDate'],
  ['stat', 'stat'],
  ['status', 'stat'],
  ['err', 'err'],
  ['error', 'err'],
  ['text', 'text'],
];

/** Finds the fields of a receipt; undefined when neither an id nor a stat is there. */
export function parseReceiptText(buffer: Buffer, start: number, end: number): ReceiptText | undefined {
  const plain = readPlain(buffer, start, end);
  if (plain !== undefined) return plain;
  const text = receiptChars(buffer, start, Math.min(end, start + RECEIPT_OCTETS_MAX));
  const receipt = new ReceiptText();
  let key: ReceiptKey | undefined;
  let valueAt = 0;
  for (let colon = text.indexOf(':'); colon !== -1; colon = text.indexOf(':', colon + 1)) {
    const found = keyBefore(text, valueAt, colon);
    if (found === -1) continue;
    if (key !== undefined) keep(receipt, key, text, valueAt, found >>> KEY_BITS);
    key = keys[found & KEY_MASK]![1];
    valueAt = colon + 1;
    // What follows is a stranger's message and may itself look like a receipt.
    if (key === 'text' && receipt.id !== '' && receipt.stat !== '') break;
  }
  if (key !== undefined) keep(receipt, key, text, valueAt, text.length);
  return receipt.id === '' && receipt.stat === '' ? undefined : receipt;
}

/** The keys in the order and spelling of the book. */
const PLAIN_KEYS = [
  Buffer.from('id:'),
  Buffer.from(' sub:'),
  Buffer.from(' dlvrd:'),
  Buffer.from(' submit date:'),
  Buffer.from(' done date:'),
  Buffer.from(' stat:'),
  Buffer.from(' err:'),
] as const;
const PLAIN_TEXT_KEYS = [Buffer.from(' text:'), Buffer.from(' Text:')] as const;
/** Where the value of each plain key begins and ends; reused. */
const plainStarts = new Int32Array(PLAIN_KEYS.length);
const plainEnds = new Int32Array(PLAIN_KEYS.length);

/** Reads a receipt written exactly by the book, as most are; undefined when it differs anywhere. */
function readPlain(buffer: Buffer, start: number, end: number): ReceiptText | undefined {
  let at = start;
  for (let index = 0; index < PLAIN_KEYS.length; index++) {
    const key = PLAIN_KEYS[index]!;
    if (!startsWith(buffer, at, end, key)) return undefined;
    at += key.length;
    plainStarts[index] = at;
    while (at < end && isPlainValue(buffer[at]!)) at++;
    plainEnds[index] = at;
    if (at === plainStarts[index]) return undefined;
  }
  const hasText = startsWith(buffer, at, end, PLAIN_TEXT_KEYS[0]) || startsWith(buffer, at, end, PLAIN_TEXT_KEYS[1]);
  if (!hasText) return undefined;
  const receipt = new ReceiptText();
  receipt.id = plainValue(buffer, 0);
  receipt.sub = plainValue(buffer, 1);
  receipt.dlvrd = plainValue(buffer, 2);
  receipt.submitDate = plainValue(buffer, 3);
  receipt.doneDate = plainValue(buffer, 4);
  receipt.stat = plainValue(buffer, 5);
  receipt.err = plainValue(buffer, 6);
  const textAt = at + PLAIN_TEXT_KEYS[0].length;
  if (textAt < end) receipt.text = buffer.latin1Slice(textAt, Math.min(end, start + RECEIPT_OCTETS_MAX)).trim();
  return receipt;
}

const plainValue = (buffer: Buffer, index: number): string =>
  buffer.latin1Slice(plainStarts[index]!, plainEnds[index]!);

/** Letters and digits: what needs no lenience. */
const isPlainValue = (octet: number): boolean =>
  (octet >= 0x30 && octet <= 0x39) || ((octet | 0x20) >= 0x61 && (octet | 0x20) <= 0x7a) || octet === 0x2d;

function startsWith(buffer: Buffer, at: number, end: number, octets: Buffer): boolean {
  if (at + octets.length > end) return false;
  for (let i = 0; i < octets.length; i++) if (buffer[at + i] !== octets[i]) return false;
  return true;
}

/** `keyBefore` answers two small numbers in one. */
const KEY_BITS = 4;
const KEY_MASK = 15;

/** The key that ends at the colon, not reaching back behind `from`: its start and, in the low bits, index; or −1. */
function keyBefore(text: string, from: number, colon: number): number {
  let last = colon - 1;
  while (last >= from && isGap(text.charCodeAt(last))) last--;
  if (last < from) return -1;
  const lastCode = text.charCodeAt(last) | 0x20;
  for (let index = 0; index < keys.length; index++) {
    const spelling = keys[index]![0];
    if (spelling.charCodeAt(spelling.length - 1) !== lastCode) continue;
    let at = last;
    let left = spelling.length - 1;
    while (at >= from && left >= 0) {
      const code = text.charCodeAt(at);
      if (isGap(code)) {
        // Only 'submit date' and 'done date' have a gap inside, before 'date'.
        if (spelling.length - 1 - left !== 4 || spelling.length < 8) break;
      } else if ((code | 0x20) === spelling.charCodeAt(left)) {
        left--;
      } else {
        break;
      }
      at--;
    }
    if (left >= 0 || (at >= from && isWordChar(text.charCodeAt(at)))) continue;
    return ((at + 1) << KEY_BITS) | index;
  }
  return -1;
}

/** The first occurrence of a field counts. All but dates and text are one word. */
function keep(receipt: ReceiptText, key: ReceiptKey, text: string, start: number, end: number): void {
  if (receipt[key] !== '') return;
  const value = text.slice(start, end).trim();
  if (key === 'text' || key === 'submitDate' || key === 'doneDate') {
    receipt[key] = value;
    return;
  }
  let stop = 0;
  while (stop < value.length && !isSeparator(value.charCodeAt(stop))) stop++;
  receipt[key] = value.slice(0, stop);
}

const isGap = (code: number): boolean => code === 0x20 || code === 0x5f || code === 0x09;
const isSeparator = (code: number): boolean => code <= 0x20 || code === 0x2c || code === 0x3b;
const isWordChar = (code: number): boolean =>
  (code >= 0x30 && code <= 0x39) || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a) || code >= 0x80;

/** One character per octet, or per pair when the text is really UTF-16 (some announce it and send ASCII). */
function receiptChars(buffer: Buffer, start: number, end: number): string {
  if (end - start < 2 || buffer[start] !== 0) return buffer.latin1Slice(start, end);
  let text = '';
  for (let at = start + 1; at < end; at += 2) text += String.fromCharCode(buffer[at]!);
  return text;
}

export interface ReceiptInput {
  readonly id: string;
  readonly sub: number;
  readonly dlvrd: number;
  readonly submitDateMs: number;
  readonly doneDateMs: number;
  readonly state: number;
  readonly err: string | number;
  readonly text: string;
}

/** Characters of the message that a receipt repeats at most. */
const TEXT_CHARS_MAX = 20;

/** The text by appendix B, dates in UTC to the minute. */
export function formatReceiptText(input: ReceiptInput): string {
  const err = typeof input.err === 'number' ? threeDigits(input.err) : input.err;
  return (
    `id:${input.id} sub:${threeDigits(input.sub)} dlvrd:${threeDigits(input.dlvrd)}` +
    ` submit date:${minuteText(input.submitDateMs)} done date:${minuteText(input.doneDateMs)}` +
    ` stat:${stateWord(input.state)} err:${err} text:${input.text.slice(0, TEXT_CHARS_MAX)}`
  );
}

/**
 * Writes the same text at `at` without building it first; answers where it ends. The hot way: an id that is ASCII, one
 * segment, no text.
 */
export function writeReceiptText(
  out: Buffer,
  start: number,
  receipt: {
    readonly id: string;
    readonly submitDateMs: number;
    readonly doneDateMs: number;
    readonly state: number;
    readonly err: string;
  },
): number {
  let at = writeAscii(out, start, 'id:');
  at = writeAscii(out, at, receipt.id);
  at = writeAscii(out, at, receipt.state === MessageState.delivered ? ' sub:001 dlvrd:001' : ' sub:001 dlvrd:000');
  at = writeAscii(out, at, ' submit date:');
  at = writeAscii(out, at, minuteText(receipt.submitDateMs));
  at = writeAscii(out, at, ' done date:');
  at = writeAscii(out, at, minuteText(receipt.doneDateMs));
  at = writeAscii(out, at, ' stat:');
  at = writeAscii(out, at, stateWord(receipt.state));
  at = writeAscii(out, at, ' err:');
  at = writeAscii(out, at, receipt.err);
  return writeAscii(out, at, ' text:');
}

/** Octets that `writeReceiptText` needs beside id and err. */
export const RECEIPT_TEXT_OCTETS_MAX = 96;

function writeAscii(out: Buffer, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
  return at + text.length;
}

const threeDigits = (value: number): string => `${value}`.padStart(3, '0');

let lastMinute = 0;
let lastMinuteText = '7001010000';
let minuteBefore = 0;
let minuteBeforeText = '7001010000';

/** YYMMDDhhmm; receipts of one moment share one or two minutes, so the last two are kept. */
function minuteText(atMs: number): string {
  const minute = Math.floor(atMs / MS_PER_MINUTE);
  if (minute === lastMinute) return lastMinuteText;
  if (minute === minuteBefore) return minuteBeforeText;
  const days = Math.floor(atMs / MS_PER_DAY);
  const { year, month, day } = dateOf(days);
  const inDay = minute - days * 1_440;
  minuteBefore = lastMinute;
  minuteBeforeText = lastMinuteText;
  lastMinute = minute;
  lastMinuteText =
    twoDigits(((year % 100) + 100) % 100) +
    twoDigits(month) +
    twoDigits(day) +
    twoDigits(Math.floor(inDay / 60)) +
    twoDigits(inDay % 60);
  return lastMinuteText;
}

/** SMPP 3.4 appendix B, table B-2; the two states that it lacks are SMPP 5.0's. */
const words: readonly string[] = [
  'ENROUTE', // A scheduled message is on its way for whoever reads receipts; the words have seven letters.
  'ENROUTE',
  'DELIVRD',
  'EXPIRED',
  'DELETED',
  'UNDELIV',
  'ACCEPTD',
  'UNKNOWN',
  'REJECTD',
  'SKIPPED',
];

const states = new Map<string, MessageState>([
  ['SCHEDULED', MessageState.scheduled],
  ['ENROUTE', MessageState.enroute],
  ['BUFFERED', MessageState.enroute],
  ['BUFFRED', MessageState.enroute],
  ['QUEUED', MessageState.enroute],
  ['PENDING', MessageState.enroute],
  ['SENT', MessageState.enroute],
  ['SUBMITD', MessageState.enroute],
  ['DELIVRD', MessageState.delivered],
  ['DELIVERED', MessageState.delivered],
  ['EXPIRED', MessageState.expired],
  ['DELETED', MessageState.deleted],
  ['UNDELIV', MessageState.undeliverable],
  ['UNDELIVERABLE', MessageState.undeliverable],
  ['UNDELIVERED', MessageState.undeliverable],
  ['FAILED', MessageState.undeliverable],
  ['ACCEPTD', MessageState.accepted],
  ['ACCEPTED', MessageState.accepted],
  ['UNKNOWN', MessageState.unknown],
  ['REJECTD', MessageState.rejected],
  ['REJECTED', MessageState.rejected],
  ['SKIPPED', MessageState.skipped],
]);

/** The word of appendix B for a state. */
export const stateWord = (state: number): string => words[state] ?? 'UNKNOWN';

/** The state that a `stat` word means; a word of nobody's book is `unknown`. */
export const messageStateOf = (word: string): MessageState =>
  states.get(word) ?? states.get(word.toUpperCase()) ?? MessageState.unknown;
