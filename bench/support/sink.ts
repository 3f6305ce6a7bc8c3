// The simulated carriers: one port per trunk. Takes every submit_sm at once, counts serials, sends receipts later.

import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

import { isUndeliverable } from './chance.js';
import { TICK_MS, sharedNowMs } from './clock.js';
import type { SinkOptions, SinkReport } from './control.js';
import { SinkMark } from './control.js';
import { ReceiptQueue, SLOT_BYTES } from './receipt-queue.js';
import {
  Command,
  FrameScanner,
  HEADER_BYTES,
  MessageParts,
  Outbox,
  Status,
  readSerial,
  readU32,
  writeDigits,
  writeHeader,
} from './wire.js';

/** Ids are `77`, the trunk in two digits and a counter of nine. */
const ID_DIGITS = 13;
const RECEIPT_TICK_MS = 5;
const header = { length: 0, command: 0, status: 0, sequence: 0 };

export class Sink {
  readonly options: SinkOptions;
  readonly outbox = new Outbox();
  readonly parts = new MessageParts();
  readonly counts: Uint8Array;
  readonly ticks: Uint32Array;
  readonly trunkOf: Uint8Array;
  readonly marks: Uint8Array;
  readonly refusing: Set<number>;
  readonly trunks: SinkTrunk[] = [];
  nowMs = sharedNowMs();
  received = 0;
  distinct = 0;
  refused = 0;
  foreign = 0;
  receiptsMade = 0;
  receiptsAcked = 0;
  receiptsRefused = 0;
  bound = 0;
  serialTop = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SinkOptions) {
    this.options = options;
    this.counts = new Uint8Array(options.serialsMax);
    this.ticks = new Uint32Array(options.serialsMax);
    this.trunkOf = new Uint8Array(options.serialsMax);
    this.marks = new Uint8Array(options.serialsMax);
    this.refusing = new Set(options.refusingTrunks);
  }

  async start(): Promise<number[]> {
    for (let trunk = 0; trunk < this.options.trunks; trunk++) this.trunks.push(new SinkTrunk(this, trunk));
    this.#timer = setInterval(() => {
      this.nowMs = sharedNowMs();
      for (const trunk of this.trunks) trunk.sendReceipts();
    }, RECEIPT_TICK_MS);
    return Promise.all(this.trunks.map((trunk) => trunk.listen(this.options.host)));
  }

  /** Counts one submit_sm that was taken. */
  took(serial: number, trunk: number): void {
    this.received++;
    if (serial < 0 || serial >= this.options.serialsMax) {
      this.foreign++;
      return;
    }
    const count = this.counts[serial] as number;
    if (count === 0) {
      this.distinct++;
      this.ticks[serial] = ((this.nowMs - this.options.epochMs) / TICK_MS) >>> 0;
      if (serial >= this.serialTop) this.serialTop = serial + 1;
    }
    if (count < 255) this.counts[serial] = count + 1;
    this.trunkOf[serial] = trunk;
  }

  report(): SinkReport {
    const cpu = process.cpuUsage();
    return {
      atMs: sharedNowMs(),
      cpuMicros: cpu.user + cpu.system,
      bound: this.bound,
      received: this.received,
      distinct: this.distinct,
      refused: this.refused,
      foreign: this.foreign,
      receiptsMade: this.receiptsMade,
      receiptsAcked: this.receiptsAcked,
      receiptsRefused: this.receiptsRefused,
      receivedByTrunk: this.trunks.map((trunk) => trunk.received),
    };
  }

  dropLinks(): void {
    for (const trunk of this.trunks) trunk.dropLinks();
  }

  finish(): void {
    clearInterval(this.#timer);
    for (const trunk of this.trunks) trunk.close();
    mkdirSync(this.options.logFolder, { recursive: true });
    const write = (name: string, array: Uint8Array | Uint32Array): void => {
      const used = array.subarray(0, this.serialTop);
      writeFileSync(join(this.options.logFolder, name), new Uint8Array(used.buffer, used.byteOffset, used.byteLength));
    };
    write('sink-count.u8', this.counts);
    write('sink-received.u32', this.ticks);
    write('sink-trunk.u8', this.trunkOf);
    write('sink-mark.u8', this.marks);
  }
}

class SinkTrunk {
  readonly sink: Sink;
  readonly number: number;
  readonly receipts = new ReceiptQueue();
  received = 0;
  readonly #server: Server;
  readonly #links = new Set<SinkLink>();
  #linkNumber = 0;
  #idCounter = 0;

  constructor(sink: Sink, number: number) {
    this.sink = sink;
    this.number = number;
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.#links.add(new SinkLink(this, socket, ++this.#linkNumber));
    });
  }

  listen(host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(0, host, () => resolve((this.#server.address() as AddressInfo).port));
    });
  }

  nextId(): number {
    return ++this.#idCounter;
  }

  linkClosed(link: SinkLink): void {
    this.#links.delete(link);
    this.receipts.linkLost(link.number);
  }

  /** Sends what is due over the receiver binds, in turn, within the window. */
  sendReceipts(): void {
    const { receipts, sink } = this;
    if (receipts.pending === 0) return;
    for (const link of this.#links) {
      if (!link.isReceiver || link.socket.writableNeedDrain) continue;
      while (receipts.inFlight < sink.options.receiptWindowMax && sink.outbox.hasRoom) {
        const number = receipts.nextDue(sink.nowMs);
        if (number === 0) break;
        const from = receipts.slotOf(number);
        const length = readU32(receipts.bytes, from);
        receipts.bytes.copy(sink.outbox.buffer, sink.outbox.at, from, from + length);
        sink.outbox.at += length;
        receipts.sent(number, link.number);
      }
      sink.outbox.flush(link.socket);
    }
  }

  dropLinks(): void {
    for (const link of [...this.#links]) link.socket.destroy();
  }

  close(): void {
    this.dropLinks();
    this.#server.close();
  }
}

class SinkLink {
  readonly socket: Socket;
  readonly number: number;
  isReceiver = false;
  readonly #trunk: SinkTrunk;
  readonly #scanner = new FrameScanner();
  #isBound = false;

  constructor(trunk: SinkTrunk, socket: Socket, number: number) {
    this.#trunk = trunk;
    this.socket = socket;
    this.number = number;
    socket.on('data', (chunk: Buffer) => {
      trunk.sink.nowMs = sharedNowMs();
      this.#scanner.scan(chunk, chunk.length, this);
      trunk.sink.outbox.flush(socket);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (this.#isBound) trunk.sink.bound--;
      trunk.linkClosed(this);
    });
  }

  /** Heard from the scanner. */
  pdu(buffer: Buffer, at: number, end: number): void {
    const command = readU32(buffer, at + 4);
    if (command === Command.submitSm) this.#submitted(buffer, at, end);
    else if (command === (Command.deliverSm | Command.response) >>> 0) this.#receiptAnswered(buffer, at);
    else if (command === Command.enquireLink || command === Command.unbind) this.#respond(command, 0, buffer, at);
    else if (
      command === Command.bindTransceiver ||
      command === Command.bindReceiver ||
      command === Command.bindTransmitter
    ) {
      this.#isBound = true;
      this.#trunk.sink.bound++;
      this.isReceiver = command !== Command.bindTransmitter;
      this.#respond(command, 0, buffer, at);
    }
  }

  #submitted(buffer: Buffer, at: number, end: number): void {
    const { sink, number } = this.#trunk;
    const parts = sink.parts;
    if (sink.refusing.size > 0 && sink.refusing.has(number)) {
      sink.refused++;
      this.#respond(Command.submitSm, Status.submitFail, buffer, at);
      return;
    }
    parts.read(buffer, at, end);
    const serial = readSerial(buffer, parts.textAt, parts.textEnd);
    this.#trunk.received++;
    sink.took(serial, number);
    const id = this.#trunk.nextId();
    this.#accept(buffer, at, id);
    // SMPP 3.4 §5.2.17: bits 1-0; 01 asks for a receipt whatever happens, 10 only on failure.
    if ((parts.registeredDelivery & 3) === 1 && serial >= 0) this.#makeReceipt(buffer, serial, id);
  }

  #accept(buffer: Buffer, at: number, id: number): void {
    const outbox = this.#roomyOutbox();
    const out = outbox.buffer;
    const from = outbox.at;
    header.length = HEADER_BYTES + ID_DIGITS + 1;
    header.command = Command.submitSm | Command.response;
    header.sequence = readU32(buffer, at + 12);
    header.status = 0;
    writeHeader(out, from, header);
    this.#writeId(out, from + HEADER_BYTES, id);
    out[from + HEADER_BYTES + ID_DIGITS] = 0;
    outbox.at = from + header.length;
  }

  #writeId(out: Buffer, at: number, id: number): void {
    out[at] = 55;
    out[at + 1] = 55;
    writeDigits(out, at + 2, this.#trunk.number, 2);
    writeDigits(out, at + 4, id, ID_DIGITS - 4);
  }

  #makeReceipt(buffer: Buffer, serial: number, id: number): void {
    const { sink, receipts } = this.#trunk;
    const parts = sink.parts;
    const { seed, undeliverablePermille, receiptDelayMs } = sink.options;
    const failed = isUndeliverable(serial, seed, undeliverablePermille);
    const from = receipts.begin();
    const out = receipts.bytes;
    let at = from + HEADER_BYTES;
    out[at++] = 0; // service_type
    out[at++] = 1;
    out[at++] = 1;
    at += buffer.copy(out, at, parts.destinationAt, parts.destinationEnd);
    out[at++] = 0;
    const ton = buffer[parts.sourceAt - 2] as number;
    const npi = buffer[parts.sourceAt - 1] as number;
    out[at++] = ton;
    out[at++] = npi;
    at += buffer.copy(out, at, parts.sourceAt, parts.sourceEnd);
    out[at++] = 0;
    const text = failed ? UNDELIVERABLE : DELIVERED;
    at += RECEIPT_FLAGS.copy(out, at);
    out[at++] = text.length;
    text.copy(out, at);
    this.#writeId(out, at + 3, id);
    at += text.length;
    header.length = at - from;
    header.command = Command.deliverSm;
    header.status = 0;
    header.sequence = 0;
    if (header.length > SLOT_BYTES) throw new Error('a receipt outgrew its slot');
    writeHeader(out, from, header);
    receipts.end(serial, sink.nowMs + receiptDelayMs);
    sink.receiptsMade++;
    sink.marks[serial] = (sink.marks[serial] as number) | (failed ? SinkMark.undeliverable : SinkMark.delivered);
  }

  #receiptAnswered(buffer: Buffer, at: number): void {
    const { sink, receipts } = this.#trunk;
    const number = readU32(buffer, at + 12);
    if (readU32(buffer, at + 8) !== 0) {
      sink.receiptsRefused++;
      setTimeout(() => receipts.refused(number), 200);
      return;
    }
    const serial = receipts.acknowledged(number);
    if (serial < 0) return;
    sink.receiptsAcked++;
    sink.marks[serial] = (sink.marks[serial] as number) | SinkMark.acked;
  }

  #respond(command: number, status: number, buffer: Buffer, at: number): void {
    const outbox = this.#roomyOutbox();
    const isBind = command === 1 || command === 2 || command === 9;
    header.length = HEADER_BYTES + (isBind ? 6 : 0);
    header.command = command | Command.response;
    header.status = status;
    header.sequence = readU32(buffer, at + 12);
    writeHeader(outbox.buffer, outbox.at, header);
    if (isBind) outbox.buffer.write('BENCH\0', outbox.at + HEADER_BYTES, 'latin1');
    outbox.at += header.length;
  }

  #roomyOutbox(): Outbox {
    const outbox = this.#trunk.sink.outbox;
    if (!outbox.hasRoom) outbox.flush(this.socket);
    return outbox;
  }
}

/** esm_class 4 (SMPP 3.4 §5.2.12: delivery receipt), then zeros up to sm_length. */
const RECEIPT_FLAGS = Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 0]);
const receiptOf = (dlvrd: string, stat: string, err: string): Buffer =>
  Buffer.from(
    `id:${'0'.repeat(ID_DIGITS)} sub:001 dlvrd:${dlvrd} submit date:2611221200 done date:2611221200 stat:${stat} err:${err} text:`,
    'latin1',
  );
const DELIVERED = receiptOf('001', 'DELIVRD', '000');
const UNDELIVERABLE = receiptOf('000', 'UNDELIV', '027');
