// One TRX bind of the generator: a socket, its window, and what comes back over it.

import { connect, type Socket } from 'node:net';

import { sharedNowMs } from './clock.js';
import type { BindSpec } from './control.js';
import type { Generator } from './generator.js';
import { ReceiptText } from './receipt-text.js';
import {
  Command,
  DESTINATION_DIGITS,
  FrameScanner,
  HEADER_BYTES,
  SERIAL_DIGITS,
  Status,
  SubmitTemplate,
  encodeBind,
  readU32,
  skipCString,
  writeDigits,
  writeHeader,
  writeU32,
} from './wire.js';

/** All links of a process read through one buffer: a chunk is used up before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(262_144);
const receiptText = new ReceiptText();
const header = { length: 0, command: 0, status: 0, sequence: 0 };
const FREE = -1;
/** A refused ESME waits this long before its next submit_sm, as the statuses for busy ask of it. */
const BUSY_WAIT_MS = 20;

export class EsmeLink {
  readonly spec: BindSpec;
  readonly socket: Socket;
  inFlight = 0;
  #isBound = false;
  readonly #generator: Generator;
  readonly #template: SubmitTemplate;
  readonly #scanner = new FrameScanner();
  readonly #windowMax: number;
  /** Serial by sequence number, modulo its length; answers may overtake each other, so it is wider than the window. */
  readonly #serials: Int32Array;
  readonly #mask: number;
  #sequence = 1;
  #why = 'connection closed';
  #heldUntilMs = 0;

  constructor(generator: Generator, spec: BindSpec) {
    this.#generator = generator;
    this.spec = spec;
    const { windowMax, host, registeredDelivery } = generator.options;
    this.#template = new SubmitTemplate(spec.source, registeredDelivery);
    this.#windowMax = windowMax;
    const size = windowMax === 0 ? 1 : 2 ** Math.ceil(Math.log2(windowMax * 4));
    this.#mask = size - 1;
    this.#serials = new Int32Array(size).fill(FREE);
    this.socket = connect({
      host,
      port: spec.port,
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (bytes: number): boolean => {
          this.#read(bytes);
          return true;
        },
      },
    });
    this.socket.on('connect', () =>
      this.socket.write(encodeBind(Command.bindTransceiver, 1, spec.systemId, spec.password)),
    );
    this.socket.on('error', (error: Error) => (this.#why = error.message));
    this.socket.on('close', () => this.#closed());
  }

  /** True while the window has room and the kernel takes what we write. */
  get mayTake(): boolean {
    return (
      this.#isBound &&
      this.inFlight < this.#windowMax &&
      this.#generator.nowMs >= this.#heldUntilMs &&
      this.#serials[(this.#sequence + 1) & this.#mask] === FREE &&
      !this.socket.writableNeedDrain
    );
  }

  /** Puts one submit_sm into the outbox; the caller flushes. */
  submit(serial: number, destination: number): void {
    const { outbox, destinations } = this.#generator;
    const { pdu, destinationAt, serialAt } = this.#template;
    const sequence = this.#nextSequence();
    this.#serials[sequence & this.#mask] = serial;
    const at = outbox.at;
    const buffer = outbox.buffer;
    pdu.copy(buffer, at);
    writeU32(buffer, at + 12, sequence);
    const from = destination * DESTINATION_DIGITS;
    destinations.copy(buffer, at + destinationAt, from, from + DESTINATION_DIGITS);
    writeDigits(buffer, at + serialAt, serial, SERIAL_DIGITS);
    outbox.at = at + pdu.length;
    this.inFlight++;
  }

  destroy(): void {
    this.#why = 'dropped by the generator';
    this.socket.destroy();
  }

  /** Heard from the scanner. */
  pdu(buffer: Buffer, at: number, end: number): void {
    const command = readU32(buffer, at + 4);
    if (command === (Command.submitSm | Command.response) >>> 0) this.#submitAnswered(buffer, at, end);
    else if (command === Command.deliverSm) this.#delivered(buffer, at, end);
    else if (command === (Command.bindTransceiver | Command.response) >>> 0) this.#bindAnswered(buffer, at);
    else if (command === Command.enquireLink) this.#respond(Command.enquireLink, buffer, at);
    else if (command === Command.unbind) {
      this.#respond(Command.unbind, buffer, at);
      this.#why = 'unbound by the peer';
    } else if (command === Command.genericNack) {
      this.#why = `generic_nack 0x${readU32(buffer, at + 8).toString(16)}`;
      this.socket.destroy();
    }
  }

  #nextSequence(): number {
    // SMPP 3.4 §3.2: 1 to 0x7fffffff.
    this.#sequence = this.#sequence >= 0x7fffffff ? 1 : this.#sequence + 1;
    return this.#sequence;
  }

  #read(bytes: number): void {
    this.#generator.nowMs = sharedNowMs();
    this.#scanner.scan(readBuffer, bytes, this);
    this.#generator.fill(this);
  }

  #submitAnswered(buffer: Buffer, at: number, end: number): void {
    const generator = this.#generator;
    const slot = readU32(buffer, at + 12) & this.#mask;
    const serial = this.#serials[slot] as number;
    if (serial === FREE) throw new Error(`${this.spec.systemId}: submit_sm_resp for nothing that was sent`);
    this.#serials[slot] = FREE;
    this.inFlight--;
    const status = readU32(buffer, at + 8);
    if (status !== 0) {
      if (status === Status.throttled || status === Status.queueFull)
        this.#heldUntilMs = generator.nowMs + BUSY_WAIT_MS;
      generator.refusedNow(serial, status);
      return;
    }
    generator.acceptedNow(serial);
    if (generator.options.registeredDelivery === 0) return;
    const idAt = at + HEADER_BYTES;
    const idEnd = Math.min(end, skipCString(buffer, idAt, end) - 1);
    generator.ids.put(buffer, idAt, idEnd, serial);
    if (generator.earlyReceipts.size > 0) this.#matchEarly(buffer.toString('latin1', idAt, idEnd), serial);
  }

  #matchEarly(id: string, serial: number): void {
    const state = this.#generator.earlyReceipts.get(id);
    if (state === undefined) return;
    this.#generator.earlyReceipts.delete(id);
    this.#generator.heardReceipt(serial, state);
  }

  #delivered(buffer: Buffer, at: number, end: number): void {
    const generator = this.#generator;
    const parts = generator.parts;
    parts.read(buffer, at, end);
    if (receiptText.read(buffer, parts.textAt, parts.textEnd)) {
      const serial = generator.ids.take(buffer, receiptText.idAt, receiptText.idEnd);
      if (serial >= 0) generator.heardReceipt(serial, receiptText.state);
      else
        generator.earlyReceipts.set(buffer.toString('latin1', receiptText.idAt, receiptText.idEnd), receiptText.state);
    } else generator.unknownReceipts++;
    this.#respond(Command.deliverSm, buffer, at);
  }

  /** Answers OK: header alone, or with an empty message_id (deliver_sm_resp, SMPP 3.4 §4.6.2). */
  #respond(command: number, buffer: Buffer, at: number): void {
    const outbox = this.#generator.outbox;
    if (!outbox.hasRoom) outbox.flush(this.socket);
    const hasId = command === Command.deliverSm;
    header.length = hasId ? HEADER_BYTES + 1 : HEADER_BYTES;
    header.command = command | Command.response;
    header.sequence = readU32(buffer, at + 12);
    writeHeader(outbox.buffer, outbox.at, header);
    if (hasId) outbox.buffer[outbox.at + HEADER_BYTES] = 0;
    outbox.at += header.length;
  }

  #bindAnswered(buffer: Buffer, at: number): void {
    const status = readU32(buffer, at + 8);
    if (status === 0) {
      this.#isBound = true;
      this.#generator.linkBound(this);
      return;
    }
    this.#generator.bindRefusals++;
    this.#why = `bind refused, command_status 0x${status.toString(16)}`;
    this.socket.destroy();
  }

  #closed(): void {
    const wasBound = this.#isBound;
    this.#isBound = false;
    this.#generator.unanswered += this.inFlight;
    this.inFlight = 0;
    this.#generator.linkClosed(this, wasBound, this.#why);
  }
}
