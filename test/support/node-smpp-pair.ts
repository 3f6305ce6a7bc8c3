// node-smpp as a small message centre, for tests of the test helpers and as an upstream that shares no code with ours.

import type { AddressInfo } from 'node:net';
import smpp, { type Pdu, type Session } from 'smpp';
import { untilTrue } from './until.js';

export interface CentreOptions {
  /** Receipts wait for `releaseReceipts` instead of following the answer. */
  readonly holdsReceipts?: boolean;
  /** Before every id it hands out. */
  readonly idPrefix?: string;
}

/** Accepts every bind, answers every submit_sm, and sends a delivery receipt for it when asked to. */
export class NodeSmppCentre {
  readonly submitted: Pdu[] = [];
  readonly binds: Pdu[] = [];
  /** deliver_sm_resp that came back, by their status. */
  readonly acknowledged: number[] = [];
  private readonly options: CentreOptions;
  private readonly sessions = new Set<Session>();
  private readonly held: Record<string, unknown>[] = [];
  private readonly server = smpp.createServer((session) => this.serve(session));
  private nextId = 1;

  constructor(options: CentreOptions = {}) {
    this.options = options;
  }

  get boundCount(): number {
    return this.sessions.size;
  }

  /** Listens on a free loopback port and answers it. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return (this.server.address() as AddressInfo).port;
  }

  /** Sends a deliver_sm on every bound session. */
  deliver(fields: Record<string, unknown>): void {
    for (const session of this.sessions) session.deliver_sm(fields);
  }

  /** Sends the receipts held back, each once, on one bind. */
  releaseReceipts(): void {
    const [session] = this.sessions;
    if (session === undefined) throw new Error('nobody is bound to the centre');
    for (const fields of this.held.splice(0)) this.sendReceipt(session, fields);
  }

  /** The texts that arrived, in order. */
  get texts(): string[] {
    return this.submitted.map((pdu) => String((pdu['short_message'] as { message: unknown }).message));
  }

  waitForSubmitted(count: number, timeoutMs = 10_000): Promise<void> {
    return untilTrue(timeoutMs, `${count} messages at the centre`, () => this.submitted.length >= count);
  }

  async close(): Promise<void> {
    for (const session of this.sessions) session.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(session: Session): void {
    session.on('close', () => this.sessions.delete(session));
    session.on('error', () => session.destroy());
    for (const command of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
      session.on(command, (pdu: Pdu) => {
        this.binds.push(pdu);
        this.sessions.add(session);
        session.send(pdu.response({ system_id: 'CENTRE' }));
      });
    }
    for (const command of ['enquire_link', 'unbind']) session.on(command, (pdu: Pdu) => session.send(pdu.response()));
    session.on('submit_sm', (pdu: Pdu) => this.accept(session, pdu));
  }

  private accept(session: Session, pdu: Pdu): void {
    this.submitted.push(pdu);
    const id = `${this.options.idPrefix ?? 'centre-'}${this.nextId++}`;
    session.send(pdu.response({ message_id: id }));
    if ((Number(pdu['registered_delivery']) & 1) === 0) return;
    const receipt = {
      source_addr: pdu['destination_addr'],
      destination_addr: pdu['source_addr'],
      esm_class: 4,
      short_message: `id:${id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010001 stat:DELIVRD err:000 text:`,
    };
    if (this.options.holdsReceipts === true) this.held.push(receipt);
    else this.sendReceipt(session, receipt);
  }

  private sendReceipt(session: Session, fields: Record<string, unknown>): void {
    session.deliver_sm(fields, (answer) => this.acknowledged.push(answer.command_status));
  }
}
