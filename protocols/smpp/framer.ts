// Cuts a stream of octets into PDUs. A PDU that lies within one chunk is seen where it lies; only one that straddles
// chunks is copied, into a buffer that grows with the octets that came, not with the length that the peer claims.

import { PDU_BYTES_MIN } from '#core';
import { readU32, type PduView } from './pdu-view.js';

export type FramingFault = 'none' | 'length-too-small' | 'length-too-large';

const nothing = Buffer.alloc(0);
/** First size of the buffer for a straddling PDU: most submit_sm fit, and a slow peer holds no more. */
const CARRY_BYTES = 256;
/** A larger buffer is let go once its PDU was seen, so that idle sessions stay small. */
const CARRY_KEPT_BYTES_MAX = 1_024;

/**
 * `push` a chunk, then call `next` until it answers false. After a fault it answers false for ever: the frame boundary
 * is lost, and all that is left is generic_nack and close (SMPP 3.4 §4.3.1). A view is valid until the next call.
 */
export class Framer {
  fault: FramingFault = 'none';
  /** The command_length that was refused. */
  faultLength = 0;
  /** sequence_number of the refused header; 0 when it had not arrived whole (SMPP 3.4 §4.3.1 then asks for NULL). */
  faultSequenceNumber = 0;
  readonly #pduBytesMax: number;
  #chunk: Buffer = nothing;
  #at = 0;
  #carry: Buffer = nothing;
  #carried = 0;

  constructor(pduBytesMax: number) {
    this.#pduBytesMax = pduBytesMax;
  }

  /** Octets received and not framed yet. */
  get bufferedBytes(): number {
    return this.#carried + this.#chunk.length - this.#at;
  }

  /** Gives the next chunk. Octets of an earlier one that `next` has not taken yet stay in front of it. */
  push(chunk: Buffer): void {
    if (this.fault !== 'none') return;
    // A session that stopped asking in the middle of a chunk: rare, so a copy is fair.
    this.#chunk = this.#at < this.#chunk.length ? Buffer.concat([this.#chunk.subarray(this.#at), chunk]) : chunk;
    this.#at = 0;
  }

  /** Points `view` at the next whole PDU; false when more octets are needed or a fault ended the stream. */
  next(view: PduView): boolean {
    if (this.fault !== 'none') return false;
    if (this.#carried > 0) return this.#nextFromCarry(view);
    const chunk = this.#chunk;
    const at = this.#at;
    const left = chunk.length - at;
    if (left >= 4) {
      const length = readU32(chunk, at);
      if (length < PDU_BYTES_MIN || length > this.#pduBytesMax) return this.#refuse(chunk, at, left, length);
      if (length <= left) {
        this.#at = at + length;
        view.point(chunk, at, at + length);
        return true;
      }
    }
    this.#keep(left);
    return false;
  }

  /** Lets go of everything that was buffered. */
  clear(): void {
    this.#chunk = nothing;
    this.#at = 0;
    this.#carry = nothing;
    this.#carried = 0;
  }

  /** Completes the PDU that an earlier chunk began: first its length, then the rest of it. */
  #nextFromCarry(view: PduView): boolean {
    if (this.#carried < 4) this.#keep(Math.min(4 - this.#carried, this.#chunk.length - this.#at));
    if (this.#carried < 4) return false;
    const length = readU32(this.#carry, 0);
    if (length < PDU_BYTES_MIN || length > this.#pduBytesMax) {
      this.#keep(Math.min(Math.max(0, PDU_BYTES_MIN - this.#carried), this.#chunk.length - this.#at));
      return this.#refuse(this.#carry, 0, this.#carried, length);
    }
    this.#keep(Math.min(length - this.#carried, this.#chunk.length - this.#at));
    if (this.#carried < length) return false;
    view.point(this.#carry, 0, length);
    this.#carried = 0;
    if (this.#carry.length > CARRY_KEPT_BYTES_MAX) this.#carry = nothing;
    return true;
  }

  /** Moves octets of the chunk behind those carried, and lets the chunk go when it is used up. */
  #keep(count: number): void {
    const carried = this.#carried + count;
    if (carried > this.#carry.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(carried, CARRY_BYTES, 2 * this.#carry.length));
      this.#carry.copy(grown, 0, 0, this.#carried);
      this.#carry = grown;
    }
    this.#chunk.copy(this.#carry, this.#carried, this.#at, this.#at + count);
    this.#carried = carried;
    this.#at += count;
    if (this.#at < this.#chunk.length) return;
    this.#chunk = nothing;
    this.#at = 0;
  }

  #refuse(buffer: Buffer, at: number, left: number, length: number): false {
    this.fault = length < PDU_BYTES_MIN ? 'length-too-small' : 'length-too-large';
    this.faultLength = length;
    this.faultSequenceNumber = left >= PDU_BYTES_MIN ? readU32(buffer, at + 12) : 0;
    this.clear();
    return false;
  }
}
