// SMPP 3.4 on the wire for load tools, by hand and on purpose apart from protocols/smpp: what measures the switch must
// not share its code. Framing in place, patched templates, one write per turn, nothing allocated per PDU.

import type { Socket } from 'node:net';

export const HEADER_BYTES = 16;
/** Larger PDUs than this never pass between these tools; one is a fault of the peer under test. */
const PDU_BYTES_MAX = 70_000;

export const Command = {
  bindReceiver: 1,
  bindTransmitter: 2,
  submitSm: 4,
  deliverSm: 5,
  unbind: 6,
  bindTransceiver: 9,
  enquireLink: 0x15,
  genericNack: 0x80000000,
  response: 0x80000000,
} as const;

export const Status = { ok: 0, throttled: 0x58, queueFull: 0x14, submitFail: 0x45 } as const;

/** Hears complete PDUs, header included, by position; the buffer is only lent. */
export interface PduReceiver {
  pdu(buffer: Buffer, at: number, end: number): void;
}

/** Cuts a stream into PDUs. Keeps the octets of an unfinished one until the next chunk. */
export class FrameScanner {
  #tail = Buffer.allocUnsafeSlow(1_024);
  #tailBytes = 0;

  /** Throws on a length that cannot be: the peer under test is broken and the run is worthless. */
  scan(chunk: Buffer, bytes: number, receiver: PduReceiver): void {
    let buffer = chunk;
    let end = bytes;
    if (this.#tailBytes > 0) {
      buffer = Buffer.allocUnsafe(this.#tailBytes + bytes);
      this.#tail.copy(buffer, 0, 0, this.#tailBytes);
      chunk.copy(buffer, this.#tailBytes, 0, bytes);
      end = this.#tailBytes + bytes;
      this.#tailBytes = 0;
    }
    let at = 0;
    while (end - at >= 4) {
      const length = readU32(buffer, at);
      if (length < HEADER_BYTES || length > PDU_BYTES_MAX) throw new Error(`peer sent command_length ${length}`);
      if (end - at < length) break;
      receiver.pdu(buffer, at, at + length);
      at += length;
    }
    if (at < end) this.#keep(buffer, at, end);
  }

  #keep(buffer: Buffer, at: number, end: number): void {
    const bytes = end - at;
    if (this.#tail.length < bytes) this.#tail = Buffer.allocUnsafeSlow(bytes * 2);
    buffer.copy(this.#tail, 0, at, end);
    this.#tailBytes = bytes;
  }
}

export function readU32(buffer: Buffer, at: number): number {
  return (
    (((buffer[at] as number) << 24) |
      ((buffer[at + 1] as number) << 16) |
      ((buffer[at + 2] as number) << 8) |
      (buffer[at + 3] as number)) >>>
    0
  );
}

export function writeU32(buffer: Buffer, at: number, value: number): void {
  buffer[at] = value >>> 24;
  buffer[at + 1] = value >>> 16;
  buffer[at + 2] = value >>> 8;
  buffer[at + 3] = value;
}

export function writeHeader(buffer: Buffer, at: number, header: PduHeader): void {
  writeU32(buffer, at, header.length);
  writeU32(buffer, at + 4, header.command);
  writeU32(buffer, at + 8, header.status);
  writeU32(buffer, at + 12, header.sequence);
}

export interface PduHeader {
  length: number;
  command: number;
  status: number;
  sequence: number;
}

/**
 * Collects one turn's PDUs for one socket at a time and writes them at once. The buffer is shared by all sockets of a
 * process: a write that the kernel took whole leaves it free again, otherwise it is given away and replaced.
 */
export class Outbox {
  static readonly BYTES = 262_144;
  buffer = Buffer.allocUnsafeSlow(Outbox.BYTES);
  at = 0;

  /** True while another PDU of up to 512 octets fits. */
  get hasRoom(): boolean {
    return this.at <= Outbox.BYTES - 512;
  }

  flush(socket: Socket): void {
    if (this.at === 0) return;
    const bytes = this.at;
    this.at = 0;
    if (socket.destroyed || !socket.writable) return;
    socket.write(this.buffer.subarray(0, bytes));
    if (socket.writableLength > 0) this.buffer = Buffer.allocUnsafeSlow(Outbox.BYTES);
  }
}

/** The offset just behind the C-string that starts here. */
export function skipCString(buffer: Buffer, at: number, end: number): number {
  let from = at;
  while (from < end && buffer[from] !== 0) from++;
  return from + 1;
}

/** Where the parts of a submit_sm or deliver_sm lie (SMPP 3.4 §4.4.1, §4.6.1). One reusable object per reader. */
export class MessageParts {
  sourceAt = 0;
  sourceEnd = 0;
  destinationAt = 0;
  destinationEnd = 0;
  registeredDelivery = 0;
  esmClass = 0;
  textAt = 0;
  textEnd = 0;

  read(buffer: Buffer, at: number, end: number): void {
    let from = skipCString(buffer, at + HEADER_BYTES, end);
    this.sourceAt = from + 2;
    from = skipCString(buffer, this.sourceAt, end);
    this.sourceEnd = from - 1;
    this.destinationAt = from + 2;
    from = skipCString(buffer, this.destinationAt, end);
    this.destinationEnd = from - 1;
    this.esmClass = buffer[from] as number;
    from = skipCString(buffer, from + 3, end); // esm_class, protocol_id, priority_flag; schedule_delivery_time
    from = skipCString(buffer, from, end); // validity_period
    this.registeredDelivery = buffer[from] as number;
    this.textAt = from + 5;
    this.textEnd = Math.min(end, this.textAt + (buffer[from + 4] as number));
  }
}

/** A bind PDU of any of the three kinds, interface version 3.4. */
export function encodeBind(command: number, sequence: number, systemId: string, password: string): Buffer {
  const body = Buffer.from(`${systemId}\0${password}\0bench\0\x34\x01\x01\0`, 'latin1');
  const pdu = Buffer.alloc(HEADER_BYTES + body.length);
  writeHeader(pdu, 0, { length: pdu.length, command, status: 0, sequence });
  body.copy(pdu, HEADER_BYTES);
  return pdu;
}

/** Digits of the serial in every text, behind the letter `S`. */
export const SERIAL_DIGITS = 9;
const TEXT_CHARS = 60;
const FILLER = ' your one time code is 318 204, it is valid for ten minutes';
/** Destinations are padded to this many digits, so that a template can be patched in place. */
export const DESTINATION_DIGITS = 12;

/** A submit_sm of 60 GSM characters, ready but for sequence number, destination and serial. */
export class SubmitTemplate {
  readonly pdu: Buffer;
  readonly destinationAt: number;
  readonly serialAt: number;

  constructor(source: string, registeredDelivery: number) {
    const isNumber = /^\d+$/.test(source);
    const head = Buffer.from(`\0${isNumber ? '\x01\x01' : '\x05\0'}${source}\0\x01\x01`, 'latin1');
    const text = `S${'0'.repeat(SERIAL_DIGITS)}${FILLER}`.slice(0, TEXT_CHARS);
    const rest = Buffer.from([0, 0, 0, 0, 0, 0, registeredDelivery, 0, 0, 0, text.length]);
    this.destinationAt = HEADER_BYTES + head.length;
    const textAt = this.destinationAt + DESTINATION_DIGITS + rest.length;
    this.serialAt = textAt + 1;
    this.pdu = Buffer.alloc(textAt + text.length);
    writeHeader(this.pdu, 0, { length: this.pdu.length, command: Command.submitSm, status: 0, sequence: 0 });
    head.copy(this.pdu, HEADER_BYTES);
    rest.copy(this.pdu, this.destinationAt + DESTINATION_DIGITS);
    this.pdu.write(text, textAt, 'latin1');
  }
}

export function writeDigits(buffer: Buffer, at: number, value: number, digits: number): void {
  let rest = value;
  for (let from = at + digits - 1; from >= at; from--) {
    const next = Math.floor(rest / 10);
    buffer[from] = 48 + (rest - next * 10);
    rest = next;
  }
}

/** The serial in a text that begins `S` and nine digits; −1 for any other text. */
export function readSerial(buffer: Buffer, at: number, end: number): number {
  if (end - at < SERIAL_DIGITS + 1 || buffer[at] !== 83) return -1;
  let serial = 0;
  for (let from = at + 1; from <= at + SERIAL_DIGITS; from++) {
    const digit = (buffer[from] as number) - 48;
    if (digit < 0 || digit > 9) return -1;
    serial = serial * 10 + digit;
  }
  return serial;
}
