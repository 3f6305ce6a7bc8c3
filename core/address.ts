// Addresses of messages and calls: E.164 numbers, short codes and alphanumeric senders, with their TON and NPI.

import { ALPHANUMERIC_CHARS_MAX, E164_DIGITS_MAX } from './limits.js';

declare const e164Brand: unique symbol;
/** An international number, digits only: country code first, no `+`, no `00`. */
export type E164 = string & { readonly [e164Brand]: true };

export type AddressKind = 'e164' | 'short-code' | 'alphanumeric';

/** Type of number, SMPP 3.4 §5.2.5. */
export const Ton = {
  unknown: 0,
  international: 1,
  national: 2,
  networkSpecific: 3,
  subscriber: 4,
  alphanumeric: 5,
  abbreviated: 6,
} as const;

/** Numbering plan indicator, SMPP 3.4 §5.2.6. */
export const Npi = {
  unknown: 0,
  isdn: 1,
  data: 3,
  telex: 4,
  landMobile: 6,
  national: 8,
  private: 9,
  internet: 14,
} as const;

/** The shortest numbers in international use have 7 digits (for example Niue, +683 and four). */
const E164_DIGITS_MIN = 7;
/** Short codes run from 2 (emergency) to 8 digits (USSD-like service codes). */
const SHORT_CODE_DIGITS_MAX = 8;

function isDigits(text: string, from: number): boolean {
  for (let at = from; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code < 48 || code > 57) return false;
  }
  return text.length > from;
}

/**
 * Reads an international number. Accepts `+`, and the `00` that many ESMEs send with an unknown type of number;
 * undefined for anything else (national formats are the peer profile's to translate first).
 */
export function parseE164(text: string): E164 | undefined {
  let from = 0;
  if (text.charCodeAt(0) === 43) from = 1;
  else if (text.charCodeAt(0) === 48 && text.charCodeAt(1) === 48) from = 2;
  const count = text.length - from;
  // No country code begins with 0 (ITU-T E.164 §6.2.1).
  if (count < E164_DIGITS_MIN || count > E164_DIGITS_MAX || text.charCodeAt(from) === 48) return undefined;
  if (!isDigits(text, from)) return undefined;
  return (from === 0 ? text : text.slice(from)) as E164;
}

/** What a source address is, by its TON and its characters; undefined when it is none of the three. */
export function classifySource(text: string, ton: number): AddressKind | undefined {
  if (text.length === 0) return undefined;
  if (ton === Ton.alphanumeric) return isAlphanumericSender(text) ? 'alphanumeric' : undefined;
  const from = text.charCodeAt(0) === 43 ? 1 : 0;
  if (!isDigits(text, from)) return ton === Ton.unknown && isAlphanumericSender(text) ? 'alphanumeric' : undefined;
  if (
    from === 0 &&
    text.length <= SHORT_CODE_DIGITS_MAX &&
    (ton !== Ton.international || text.length < E164_DIGITS_MIN)
  ) {
    return 'short-code';
  }
  return parseE164(text) === undefined ? undefined : 'e164';
}

function isAlphanumericSender(text: string): boolean {
  if (text.length > ALPHANUMERIC_CHARS_MAX) return false;
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) < 32) return false;
  return true;
}
