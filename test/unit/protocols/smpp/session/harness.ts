// One session on a wire in memory, its raw peer, a clock moved by hand, and a handler that writes down what it hears.

import { BindFields, Command, Session, Status, commandName } from '#smpp';
import type { BindState, CloseReason, PduView, SessionHandler, SessionOptions } from '#smpp';
import type { WireEnd } from '../../../../support/duplex-pair.js';
import { duplexPair, turns } from '../../../../support/duplex-pair.js';

export const options = (over: Partial<SessionOptions> = {}): SessionOptions => ({
  role: 'mc',
  windowMax: 10,
  peerWindowMax: 10,
  responseTimeoutMs: 10_000,
  enquireLinkMs: 30_000,
  enquireLinkTimeoutMs: 5_000,
  initTimeoutMs: 5_000,
  inactivityMs: 0,
  readStallMs: 3_000,
  pduBytesMax: 66_560,
  outboundBytesMax: 65_536,
  outboundBytesFatal: 262_144,
  ...over,
});

/** A PDU written by hand, so that tests may also write wrong ones. */
export function pdu(commandId: number, sequence: number, body: Buffer | string = '', status = 0): Buffer {
  const octets = typeof body === 'string' ? Buffer.from(body, 'latin1') : body;
  const header = Buffer.alloc(16);
  header.writeUInt32BE(16 + octets.length, 0);
  header.writeUInt32BE(commandId, 4);
  header.writeUInt32BE(status, 8);
  header.writeUInt32BE(sequence, 12);
  return Buffer.concat([header, octets]);
}

export const bindBody = 'id\0pw\0\0\x34\0\0\0';
export const submitBody = '\0\x01\x01123\0\x01\x0139333000111\0\0\0\0\0\0\0\0\0\0\x02hi';

export interface Heard {
  command: string;
  status: number;
  sequence: number;
}

/** Reads back what a raw peer got. */
export function heard(octets: Buffer): Heard[] {
  const all: Heard[] = [];
  for (let at = 0; at < octets.length;) {
    all.push({
      command: commandName(octets.readUInt32BE(at + 4)),
      status: octets.readUInt32BE(at + 8),
      sequence: octets.readUInt32BE(at + 12),
    });
    at += octets.readUInt32BE(at);
  }
  return all;
}

export class Recorder implements SessionHandler {
  readonly requests: { commandId: number; sequence: number }[] = [];
  readonly responses: { context: unknown; commandId: number; status: number }[] = [];
  readonly expirations: unknown[] = [];
  readonly closes: { why: CloseReason; unanswered: readonly unknown[] }[] = [];
  readonly faults: unknown[] = [];
  writableCount = 0;
  bindStatus = -1;
  /** What to do with a request besides writing it down. */
  onRequest: (session: Session, view: PduView) => void = () => undefined;

  request(session: Session, view: PduView): void {
    this.requests.push({ commandId: view.commandId, sequence: view.sequenceNumber });
    this.onRequest(session, view);
  }

  response(_session: Session, context: unknown, view: PduView): void {
    this.responses.push({ context, commandId: view.commandId, status: view.commandStatus });
  }

  expired(_session: Session, context: unknown): void {
    this.expirations.push(context);
  }

  closed(_session: Session, why: CloseReason, unanswered: readonly unknown[]): void {
    this.closes.push({ why, unanswered });
  }

  writable(): void {
    this.writableCount++;
  }

  bindAnswered(_session: Session, view: PduView): void {
    this.bindStatus = view.commandStatus;
  }

  fault(_session: Session, error: unknown): void {
    this.faults.push(error);
  }
}

/** A session, and its peer as bare octets. */
export class Bench {
  readonly handler = new Recorder();
  readonly session: Session;
  readonly wire: WireEnd;
  readonly own: WireEnd;
  nowMs = 1_000;
  hasEnded = false;
  #got: Buffer[] = [];

  constructor(over: Partial<SessionOptions> = {}) {
    [this.own, this.wire] = duplexPair();
    this.session = new Session(this.own, options(over), this.handler, this.nowMs);
    this.wire.on('data', (octets: Buffer) => this.#got.push(octets));
    this.wire.on('end', () => (this.hasEnded = true));
    this.wire.on('error', () => undefined);
  }

  async send(...pdus: Buffer[]): Promise<void> {
    this.wire.write(Buffer.concat(pdus));
    await turns();
  }

  /** What the peer got since the last call. */
  got(): Heard[] {
    const octets = Buffer.concat(this.#got);
    this.#got = [];
    return heard(octets);
  }

  async pass(ms: number, stepMs = 100): Promise<void> {
    for (let passed = 0; passed < ms; passed += stepMs) {
      this.nowMs += stepMs;
      this.session.tick(this.nowMs);
    }
    await turns();
  }

  /** Binds the raw peer as an ESME would. */
  async bound(state: 'bound-tx' | 'bound-rx' | 'bound-trx' = 'bound-trx'): Promise<this> {
    const command = { 'bound-tx': 2, 'bound-rx': 1, 'bound-trx': 9 }[state];
    const before = this.handler.onRequest;
    this.handler.onRequest = (session, view): void => {
      session.bound(state, 0x34);
      session.respond(view.commandId + 0x80000000, Status.ESME_ROK, view.sequenceNumber, 'mc');
    };
    await this.send(pdu(command, 1, bindBody));
    this.handler.onRequest = before;
    this.handler.requests.length = 0;
    this.got();
    return this;
  }

  /** Sends a request of ours with an empty body; its sequence_number, or −1. */
  ask(commandId: number, context: unknown): number {
    const at = this.session.beginRequest(commandId, 0, context);
    if (at < 0) return -1;
    this.session.end(at);
    return this.session.lastSequence;
  }

  get state(): BindState {
    return this.session.state;
  }
}

/** An ESME-role session bound to a raw message centre. */
export async function boundEsme(over: Partial<SessionOptions> = {}): Promise<Bench> {
  const bench = new Bench({ role: 'esme', ...over });
  bench.session.bind('transceiver', Object.assign(new BindFields(), { systemId: 'id', password: 'pw' }));
  await turns();
  const [bind] = bench.got();
  await bench.send(pdu(Command.bind_transceiver_resp, bind!.sequence, 'mc\0'));
  return bench;
}
