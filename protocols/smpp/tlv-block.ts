// Walks and writes a block of TLVs where it lies: no objects, no copies. Tag and length are 16 bits each (SMPP 3.4 §5.3.1).

import { invariant } from '#core';
import { tlvLayout } from './tlv.js';

/** Octets of tag and length before a value. */
export const TLV_HEADER_BYTES = 4;

/**
 * Where the value of the first TLV with this tag begins, or −1. Its length: `tlvLengthAt(buffer, offset)`.
 * A block that runs past its end is read as far as it is whole.
 */
export function findTlv(buffer: Uint8Array, tlvStart: number, tlvEnd: number, tag: number): number {
  let at = tlvStart;
  while (at + TLV_HEADER_BYTES <= tlvEnd) {
    const valueAt = at + TLV_HEADER_BYTES;
    const next = valueAt + ((buffer[at + 2]! << 8) | buffer[at + 3]!);
    if (next > tlvEnd) return -1;
    if (((buffer[at]! << 8) | buffer[at + 1]!) === tag) return valueAt;
    at = next;
  }
  return -1;
}

/** The tag of the TLV whose value begins at `valueAt`. */
export const tlvTagAt = (buffer: Uint8Array, valueAt: number): number =>
  (buffer[valueAt - 4]! << 8) | buffer[valueAt - 3]!;

/** The length of the TLV whose value begins at `valueAt`. */
export const tlvLengthAt = (buffer: Uint8Array, valueAt: number): number =>
  (buffer[valueAt - 2]! << 8) | buffer[valueAt - 1]!;

/** Where the first value of a block begins, or −1 when no whole TLV is there. Goes on with `nextTlv`. */
export function firstTlv(buffer: Uint8Array, tlvStart: number, tlvEnd: number): number {
  const valueAt = tlvStart + TLV_HEADER_BYTES;
  if (valueAt > tlvEnd || valueAt + tlvLengthAt(buffer, valueAt) > tlvEnd) return -1;
  return valueAt;
}

/** Where the value after the one at `valueAt` begins, or −1 at the end of the block. */
export const nextTlv = (buffer: Uint8Array, valueAt: number, tlvEnd: number): number =>
  firstTlv(buffer, valueAt + tlvLengthAt(buffer, valueAt), tlvEnd);

/** True when the block is a whole number of TLVs. */
export function isTlvBlock(buffer: Uint8Array, tlvStart: number, tlvEnd: number): boolean {
  let at = tlvStart;
  while (at < tlvEnd) {
    if (at + TLV_HEADER_BYTES > tlvEnd) return false;
    at += TLV_HEADER_BYTES + ((buffer[at + 2]! << 8) | buffer[at + 3]!);
  }
  return at === tlvEnd;
}

/**
 * The tag of the first standard TLV whose length its layout does not allow, or −1. Not part of decoding: what is only
 * relayed leaves as it came, and who must read a value asks here (SMPP 3.4 §5.1.3: ESME_RINVPARLEN).
 */
export function misfitTlv(buffer: Uint8Array, tlvStart: number, tlvEnd: number): number {
  for (let at = firstTlv(buffer, tlvStart, tlvEnd); at !== -1; at = nextTlv(buffer, at, tlvEnd)) {
    const layout = tlvLayout(tlvTagAt(buffer, at));
    if (layout === undefined) continue;
    const length = tlvLengthAt(buffer, at);
    if (length < layout.bytesMin || length > layout.bytesMax) return layout.tag;
  }
  return -1;
}

/** An integer TLV of one, two or four octets; −1 when it is absent or of another length. */
export function readTlvUint(buffer: Uint8Array, tlvStart: number, tlvEnd: number, tag: number): number {
  const at = findTlv(buffer, tlvStart, tlvEnd, tag);
  if (at === -1) return -1;
  switch (tlvLengthAt(buffer, at)) {
    case 1:
      return buffer[at]!;
    case 2:
      return (buffer[at]! << 8) | buffer[at + 1]!;
    case 4:
      return ((buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0;
    default:
      return -1;
  }
}

/** A text TLV up to its NUL or, since many peers send none, its end; '' when it is absent. */
export function readTlvText(buffer: Buffer, tlvStart: number, tlvEnd: number, tag: number): string {
  const at = findTlv(buffer, tlvStart, tlvEnd, tag);
  if (at === -1) return '';
  const end = at + tlvLengthAt(buffer, at);
  let stop = at;
  while (stop < end && buffer[stop] !== 0) stop++;
  return buffer.toString('latin1', at, stop);
}

/** Writes tag and length; answers where the value goes. */
export function beginTlv(out: Uint8Array, at: number, tag: number, length: number): number {
  invariant(length >= 0 && length <= 0xffff, 'a TLV carries at most 65535 octets');
  out[at] = tag >>> 8;
  out[at + 1] = tag & 0xff;
  out[at + 2] = length >>> 8;
  out[at + 3] = length & 0xff;
  return at + TLV_HEADER_BYTES;
}

/** Appends an octet TLV; answers the end. */
export function writeTlvOctets(out: Uint8Array, at: number, tag: number, value: Uint8Array): number {
  const valueAt = beginTlv(out, at, tag, value.length);
  out.set(value, valueAt);
  return valueAt + value.length;
}

/** Appends an integer TLV of 1, 2 or 4 octets; answers the end. */
export function writeTlvUint(out: Uint8Array, at: number, tag: number, value: number, bytes: 1 | 2 | 4): number {
  const end = beginTlv(out, at, tag, bytes) + bytes;
  let rest = value;
  for (let to = end - 1; to >= end - bytes; to--) {
    out[to] = rest & 0xff;
    rest >>>= 8;
  }
  return end;
}

/** Appends a C-string TLV with its NUL; answers the end. */
export function writeTlvCString(out: Uint8Array, at: number, tag: number, value: string): number {
  let to = beginTlv(out, at, tag, value.length + 1);
  for (let i = 0; i < value.length; i++) out[to++] = value.charCodeAt(i);
  out[to++] = 0;
  return to;
}
