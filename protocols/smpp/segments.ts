// How many short messages one message is on the air, and how a text is split into them (3GPP TS 23.040 §9.2.3.24).

import { SEGMENTS_MAX } from '#core';
import { alphabetOf, type Alphabet } from './data-coding.js';
import { ESCAPE, septetsOf } from './gsm7.js';
import { dataCodingFor, encodeText } from './text.js';

/** TP-User-Data: 140 octets, or 160 septets in the same room. */
const OCTETS_MAX = 140;
/** Length, element 0x00 (8-bit reference), its length, reference, total, number. */
const CONCAT_UDH_OCTETS = 6;
/** esm_class bit 6: the message begins with a user data header (SMPP 3.4 §5.2.12). */
export const ESM_CLASS_UDHI = 0x40;

/** Units that fit behind a header of so many octets: septets, 16-bit units, or octets. Septets start on a new septet. */
function unitsBehind(alphabet: Alphabet, headerOctets: number): number {
  const octets = OCTETS_MAX - headerOctets;
  if (alphabet === 'gsm7' || alphabet === 'ascii') return Math.floor((octets * 8) / 7);
  return alphabet === 'ucs2' ? octets >> 1 : octets;
}

/** Segments of the message in `octets`; at least 1. */
export const countSegments = (dataCoding: number, esmClass: number, octets: Uint8Array): number =>
  countSegmentsAt(dataCoding, esmClass, octets, 0, octets.length);

/**
 * Segments of the message between two offsets; at least 1. A part that brings its own header is one segment when it
 * fits; a longer one is split behind a header of that size. Escape and surrogate pairs are never halved.
 */
export function countSegmentsAt(
  dataCoding: number,
  esmClass: number,
  buffer: Uint8Array,
  start: number,
  end: number,
): number {
  const alphabet = alphabetOf(dataCoding);
  const header = (esmClass & ESM_CLASS_UDHI) === 0 || start >= end ? 0 : buffer[start]! + 1;
  // A header that claims more than there is, or leaves no room on the air, is only octets.
  const headerOctets = start + header > end || header > OCTETS_MAX - 2 ? 0 : header;
  const textAt = start + headerOctets;
  const single = unitsBehind(alphabet, headerOctets);
  // No unit is smaller than an octet, and one extension character of ASCII is at most two septets.
  if (alphabet === 'ucs2' ? (end - textAt + 1) >> 1 <= single : (end - textAt) * 2 <= single) return 1;
  const part = unitsBehind(alphabet, headerOctets === 0 ? CONCAT_UDH_OCTETS : headerOctets);
  return countParts(alphabet, buffer, textAt, end, single, part);
}

/** Walks character by character and opens a new part when the next one does not fit whole. */
function countParts(
  alphabet: Alphabet,
  buffer: Uint8Array,
  start: number,
  end: number,
  single: number,
  part: number,
): number {
  let total = 0;
  let parts = 1;
  let used = 0;
  for (let at = start; at < end;) {
    const octets = charOctets(alphabet, buffer, at, end);
    const units = charUnits(alphabet, buffer, at, octets);
    total += units;
    if (used + units > part) {
      parts++;
      used = 0;
    }
    used += units;
    at += octets;
  }
  return total <= single ? 1 : parts;
}

/** Octets in the buffer of the character at `at`. */
function charOctets(alphabet: Alphabet, buffer: Uint8Array, at: number, end: number): number {
  let octets = 1;
  if (alphabet === 'gsm7') octets = buffer[at] === ESCAPE ? 2 : 1;
  else if (alphabet === 'ucs2') octets = (buffer[at]! & 0xfc) === 0xd8 ? 4 : 2;
  return Math.min(octets, end - at);
}

/** Units of the part that the character takes. */
function charUnits(alphabet: Alphabet, buffer: Uint8Array, at: number, octets: number): number {
  if (alphabet === 'ucs2') return (octets + 1) >> 1;
  // IA5 characters travel on as septets; those of the extension take two.
  return alphabet === 'ascii' ? septetsOf(buffer[at]! & 0x7f) || 1 : octets;
}

/** A text ready to send: `octets` holds one short_message per part, headers included. */
export interface EncodedText {
  readonly dataCoding: number;
  /** OR this into esm_class: ESM_CLASS_UDHI when there are several parts, else 0. */
  readonly esmClass: number;
  readonly octets: readonly Buffer[];
}

/**
 * Splits a text for a data_coding; `reference` (its low octet) joins the parts. undefined when the alphabet lacks a
 * character or more than 255 parts would be needed.
 */
export function splitText(text: string, dataCoding: number, reference: number): EncodedText | undefined {
  const alphabet = alphabetOf(dataCoding);
  const whole = encodeText(text, alphabet);
  if (whole === undefined) return undefined;
  if (countSegments(dataCoding, 0, whole) === 1) return { dataCoding, esmClass: 0, octets: [whole] };
  const ends = partEnds(alphabet, whole);
  if (ends.length > SEGMENTS_MAX) return undefined;
  let start = 0;
  const octets = ends.map((end, index) => {
    const header = [CONCAT_UDH_OCTETS - 1, 0, 3, reference & 0xff, ends.length, index + 1];
    const part = Buffer.concat([Buffer.from(header), whole.subarray(start, end)]);
    start = end;
    return part;
  });
  return { dataCoding, esmClass: ESM_CLASS_UDHI, octets };
}

/** Where each part of a long text ends. */
function partEnds(alphabet: Alphabet, whole: Buffer): number[] {
  const part = unitsBehind(alphabet, CONCAT_UDH_OCTETS);
  const ends: number[] = [];
  let used = 0;
  for (let at = 0; at < whole.length;) {
    const octets = charOctets(alphabet, whole, at, whole.length);
    const units = charUnits(alphabet, whole, at, octets);
    if (used + units > part) {
      ends.push(at);
      used = 0;
    }
    used += units;
    at += octets;
  }
  ends.push(whole.length);
  return ends;
}

/** The text in the default alphabet when that holds it, else in UCS2, split as needed; undefined above 255 parts. */
export const chooseEncoding = (text: string, reference = 0): EncodedText | undefined =>
  splitText(text, dataCodingFor(text), reference);
