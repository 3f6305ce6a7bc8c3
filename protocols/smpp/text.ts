// Text to the octets of a message and back, by alphabet.

import { alphabetOf, DataCoding, type Alphabet } from './data-coding.js';
import { decodeGsm7, encodeGsm7, gsm7Length } from './gsm7.js';

/** The octets in an alphabet, or undefined when it lacks a character (or is no alphabet at all). */
export function encodeText(text: string, alphabet: Alphabet): Buffer | undefined {
  switch (alphabet) {
    case 'gsm7':
      return encodeGsm7(text);
    case 'ascii':
      return holdsOnly(text, 0x7f) ? Buffer.from(text, 'latin1') : undefined;
    case 'latin1':
      return holdsOnly(text, 0xff) ? Buffer.from(text, 'latin1') : undefined;
    case 'ucs2':
      return encodeUcs2(text);
    case 'octets':
      return undefined;
  }
}

/** The text that octets mean under a data_coding, without their UDH; '' for binary. */
export function decodeText(octets: Buffer, start: number, end: number, dataCoding: number): string {
  switch (alphabetOf(dataCoding)) {
    case 'gsm7':
      return decodeGsm7(octets, start, end);
    case 'ascii':
    case 'latin1':
      return octets.latin1Slice(start, end);
    case 'ucs2':
      return decodeUcs2(octets, start, end);
    case 'octets':
      return '';
  }
}

/** UTF-16, high octet first: pairs beyond the basic plane stay pairs, as handsets have read them for years. */
export function encodeUcs2(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

/** The text; a last odd octet is half a character and gives U+FFFD, so that its loss shows. */
export function decodeUcs2(octets: Buffer, start: number, end: number): string {
  const even = end - ((end - start) & 1);
  const text = Buffer.from(octets.subarray(start, even)).swap16().toString('utf16le');
  return even === end ? text : `${text}\ufffd`;
}

/** data_coding of the smallest alphabet that holds the text: the default alphabet, else UCS2. */
export const dataCodingFor = (text: string): number => (gsm7Length(text) === -1 ? DataCoding.ucs2 : DataCoding.default);

function holdsOnly(text: string, codeMax: number): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > codeMax) return false;
  return true;
}
