// One field of a deck line: prefix or price, read from bytes without making a string, or why not.

import { E164_DIGITS_MAX, RATE_NANOS_MAX } from '#core';

const SPACE = 32;
const PLUS = 43;
const MINUS = 45;
const ZERO = 48;
const NINE = 57;

const NANO_DIGITS = 9;
const UNIT_NANOS = 1_000_000_000;
/** More digits before the decimal sign than this exceed any rate, whatever follows. */
const UNIT_DIGITS_MAX = 12;

/** What a reader of a field answers when it cannot: a negative number that stands for a reason. */
export const FieldFault = {
  empty: -2,
  prefixCharacter: -3,
  prefixTooLong: -4,
  prefixZero: -5,
  priceForm: -6,
  priceNegative: -7,
  priceTooFine: -8,
  priceTooDear: -9,
  priceDecimalSign: -10,
  priceBlocked: -11,
} as const;
export type FieldFault = (typeof FieldFault)[keyof typeof FieldFault];

const REASONS: Readonly<Record<FieldFault, string>> = {
  [FieldFault.empty]: 'is empty',
  [FieldFault.prefixCharacter]: 'is not a prefix: digits only, with at most one + before them',
  [FieldFault.prefixTooLong]: `has more than ${E164_DIGITS_MAX} digits`,
  [FieldFault.prefixZero]: 'begins with 0, and no country code does: write it without 00',
  [FieldFault.priceForm]: 'is not a price: write digits with one decimal sign, such as 0.0375',
  [FieldFault.priceNegative]: 'is negative',
  [FieldFault.priceTooFine]: 'is finer than 9 decimal places',
  [FieldFault.priceTooDear]: `is above ${String(RATE_NANOS_MAX / 1_000_000_000n)} per segment: is this the price column?`,
  [FieldFault.priceDecimalSign]: 'has the other decimal sign: say in the mapping whether it is "." or ","',
  [FieldFault.priceBlocked]: 'is no price: blocked destinations are only read when the mapping allows them',
};

export const faultText = (fault: FieldFault): string => REASONS[fault];

/** A prefix as its sort key (see core's prefix table), or a `FieldFault`. */
export function readPrefix(bytes: Uint8Array, start: number, end: number): number {
  let from = firstOf(bytes, start, end);
  const to = lastOf(bytes, from, end);
  if (from === to) return FieldFault.empty;
  if (bytes[from] === PLUS) from++;
  const length = to - from;
  if (length === 0) return FieldFault.prefixCharacter;
  let key = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > NINE) return FieldFault.prefixCharacter;
    // Keys of longer texts are never used, but the loop must find bad characters first.
    if (at - from < E164_DIGITS_MAX) key = key * 11 + byte - ZERO + 1;
  }
  if (length > E164_DIGITS_MAX) return FieldFault.prefixTooLong;
  if (bytes[from] === ZERO) return FieldFault.prefixZero;
  for (let at = length; at < E164_DIGITS_MAX; at++) key *= 11;
  return key;
}

/** A price in nanos, exact, or a `FieldFault`. */
export function readPrice(bytes: Uint8Array, start: number, end: number, decimalSign: number): number {
  const from = firstOf(bytes, start, end);
  const to = lastOf(bytes, from, end);
  if (from === to) return FieldFault.empty;
  if (bytes[from] === MINUS) return to - from > 1 ? negativeFault(bytes, from + 1, to) : FieldFault.priceBlocked;
  const at = endOfDigits(bytes, from, to);
  if (at === from) return isWord(bytes, from, to) ? FieldFault.priceBlocked : FieldFault.priceForm;
  if (at - from > UNIT_DIGITS_MAX) return FieldFault.priceTooDear;
  let units = 0;
  for (let digit = from; digit < at; digit++) units = units * 10 + (bytes[digit] as number) - ZERO;
  const fraction = at === to ? 0 : readFraction(bytes, at, to, decimalSign);
  if (fraction < 0) return fraction;
  const limit = Number(RATE_NANOS_MAX) / UNIT_NANOS;
  if (units > limit || (units === limit && fraction > 0)) return FieldFault.priceTooDear;
  return units * UNIT_NANOS + fraction;
}

/** What follows the whole units: the sign and its digits, in nanos. */
function readFraction(bytes: Uint8Array, sign: number, to: number, decimalSign: number): number {
  const byte = bytes[sign] as number;
  if (byte !== 44 && byte !== 46) return FieldFault.priceForm;
  if (sign + 1 === to) return FieldFault.priceForm;
  let nanos = 0;
  let places = 0;
  let isTooFine = false;
  for (let at = sign + 1; at < to; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0 || digit > 9) return FieldFault.priceForm;
    if (places < NANO_DIGITS) {
      nanos = nanos * 10 + digit;
      places++;
    } else if (digit !== 0) isTooFine = true;
  }
  if (byte !== decimalSign) return FieldFault.priceDecimalSign;
  if (isTooFine) return FieldFault.priceTooFine;
  for (; places < NANO_DIGITS; places++) nanos *= 10;
  return nanos;
}

function firstOf(bytes: Uint8Array, start: number, end: number): number {
  let from = start;
  while (from < end && bytes[from] === SPACE) from++;
  return from;
}

function lastOf(bytes: Uint8Array, from: number, end: number): number {
  let to = end;
  while (to > from && bytes[to - 1] === SPACE) to--;
  return to;
}

function endOfDigits(bytes: Uint8Array, from: number, to: number): number {
  let at = from;
  while (at < to && isDigit(bytes[at] as number)) at++;
  return at;
}

const isDigit = (byte: number): boolean => byte >= ZERO && byte <= NINE;

function negativeFault(bytes: Uint8Array, from: number, to: number): FieldFault {
  for (let at = from; at < to; at++) if (isDigit(bytes[at] as number)) return FieldFault.priceNegative;
  return FieldFault.priceBlocked;
}

/** Letters instead of a price (`blocked`, `n/a`, `closed`) mean that the destination is not served. */
function isWord(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const letter = (bytes[at] as number) | 32;
    if ((letter < 97 || letter > 122) && bytes[at] !== SPACE && bytes[at] !== 47) return false;
  }
  return true;
}
