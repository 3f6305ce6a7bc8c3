// C-octet strings where they lie. Octets above 0x7f are kept: senders pack 8-bit and GSM characters into addresses.

import { invariant } from '#core';

declare global {
  interface Buffer {
    /** Node's own latin1 coders, which `toString` and `write` call after choosing an encoding; its types leave them out. */
    latin1Slice(start: number, end: number): string;
    latin1Write(text: string, at: number, length?: number): number;
  }
}

/**
 * Where the terminating NUL lies, or −1 when there is none within `octetsMax` octets (terminator included) or the body.
 */
export function nulAt(buffer: Uint8Array, at: number, end: number, octetsMax: number): number {
  const limit = at + octetsMax < end ? at + octetsMax : end;
  for (let i = at; i < limit; i++) if (buffer[i] === 0) return i;
  return -1;
}

/** The octets as text, one character each; `previous` itself when it is equal, which spares the allocation. */
export function latin1(buffer: Buffer, start: number, end: number, previous: string): string {
  const length = end - start;
  if (length === 0) return '';
  if (previous.length === length) {
    let i = 0;
    while (i < length && previous.charCodeAt(i) === buffer[start + i]) i++;
    if (i === length) return previous;
  }
  return buffer.latin1Slice(start, end);
}

/** Writes text and its NUL; answers the end. A value that does not fit is our own fault: whoever lets one in validates. */
export function writeCString(out: Uint8Array, at: number, value: string, octetsMax: number): number {
  const length = value.length;
  invariant(length < octetsMax, 'a C-string is longer than its field');
  let fits = true;
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i);
    if (code === 0 || code > 0xff) fits = false;
    out[at + i] = code;
  }
  invariant(fits, 'a C-string holds characters that are not one octet');
  out[at + length] = 0;
  return at + length + 1;
}
