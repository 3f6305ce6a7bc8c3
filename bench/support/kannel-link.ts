// One keep-alive connection to the HTTP interface of Kannel's smsbox: one request at a time, as that protocol wants it.

import { connect, type Socket } from 'node:net';

import { sharedNowMs } from './clock.js';
import type { BindSpec } from './control.js';
import type { Generator } from './generator.js';
import { DESTINATION_DIGITS, SERIAL_DIGITS, writeDigits } from './wire.js';

const TEXT = `S${'0'.repeat(SERIAL_DIGITS)}+your+one+time+code+is+318+204,+it+is+valid+for+ten+m`;
const NOTHING = -1;

export class KannelLink {
  readonly spec: BindSpec;
  readonly socket: Socket;
  readonly #generator: Generator;
  readonly #request: Buffer;
  readonly #destinationAt: number;
  readonly #serialAt: number;
  #isOpen = false;
  #serial = NOTHING;
  #answer = '';
  #why = 'connection closed';

  constructor(generator: Generator, spec: BindSpec) {
    this.#generator = generator;
    this.spec = spec;
    const head = `GET /cgi-bin/sendsms?username=${spec.systemId}&password=${spec.password}&from=${spec.source}&to=`;
    const middle = `${head}${'0'.repeat(DESTINATION_DIGITS)}&text=`;
    this.#destinationAt = head.length;
    this.#serialAt = middle.length + 1;
    this.#request = Buffer.from(
      `${middle}${TEXT} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: keep-alive\r\n\r\n`,
      'latin1',
    );
    this.socket = connect({ host: generator.options.host, port: spec.port, noDelay: true });
    this.socket.on('connect', () => {
      this.#isOpen = true;
      generator.linkBound(this);
    });
    this.socket.on('data', (chunk: Buffer) => this.#heard(chunk));
    this.socket.on('error', (error: Error) => (this.#why = error.message));
    this.socket.on('close', () => {
      generator.unanswered += this.inFlight;
      this.#serial = NOTHING;
      const wasOpen = this.#isOpen;
      this.#isOpen = false;
      generator.linkClosed(this, wasOpen, this.#why);
    });
  }

  get inFlight(): number {
    return this.#serial === NOTHING ? 0 : 1;
  }

  get mayTake(): boolean {
    return this.#isOpen && this.#serial === NOTHING;
  }

  submit(serial: number, destination: number): void {
    const { outbox, destinations } = this.#generator;
    this.#serial = serial;
    const at = outbox.at;
    this.#request.copy(outbox.buffer, at);
    const from = destination * DESTINATION_DIGITS;
    destinations.copy(outbox.buffer, at + this.#destinationAt, from, from + DESTINATION_DIGITS);
    writeDigits(outbox.buffer, at + this.#serialAt, serial, SERIAL_DIGITS);
    outbox.at = at + this.#request.length;
  }

  destroy(): void {
    this.#why = 'dropped by the generator';
    this.socket.destroy();
  }

  #heard(chunk: Buffer): void {
    this.#answer += chunk.toString('latin1');
    const bodyAt = this.#answer.indexOf('\r\n\r\n') + 4;
    if (bodyAt < 4) return;
    const length = Number(/content-length: *(\d+)/i.exec(this.#answer)?.[1] ?? 0);
    if (this.#answer.length < bodyAt + length) return;
    const status = Number(this.#answer.slice(9, 12));
    this.#answer = '';
    this.#answered(status);
    this.#generator.fill(this);
  }

  #answered(status: number): void {
    const generator = this.#generator;
    generator.nowMs = sharedNowMs();
    const serial = this.#serial;
    this.#serial = NOTHING;
    if (serial === NOTHING) return;
    if (status !== 202) {
      generator.refusedNow(serial, status);
      return;
    }
    generator.acceptedNow(serial);
  }
}
