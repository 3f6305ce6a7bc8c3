// node-smpp as an ESME that shares no code with ours.

import smpp, { type Pdu, type Session } from 'smpp';
import { untilTrue } from './until.js';

export type BindKind = 'transmitter' | 'receiver' | 'transceiver';

export interface EsmeOptions {
  readonly port: number;
  readonly systemId: string;
  readonly password: string;
  readonly kind?: BindKind;
}

export interface Answer {
  readonly status: number;
  readonly id: string;
}

const ANSWER_MS_MAX = 10_000;
/** TON alphanumeric and international, NPI unknown and ISDN (SMPP 3.4 §5.2.5 and §5.2.6). */
const ADDRESSES = { source_addr_ton: 5, source_addr_npi: 0, dest_addr_ton: 1, dest_addr_npi: 1 };

/** One bind. Receipts are acknowledged as they come. */
export class Esme {
  readonly receipts: { readonly id: string; readonly state: string }[] = [];
  /** command_status of the bind response. */
  bindStatus = -1;
  isClosed = false;
  /** The switch asked to unbind before the end. */
  wasUnbound = false;
  private readonly session: Session;

  private constructor(options: EsmeOptions) {
    this.session = smpp.connect({ host: '127.0.0.1', port: options.port });
    this.session.on('error', () => this.session.destroy());
    this.session.on('close', () => (this.isClosed = true));
    this.session.on('enquire_link', (pdu: Pdu) => this.session.send(pdu.response()));
    this.session.on('unbind', (pdu: Pdu) => {
      this.wasUnbound = true;
      this.session.send(pdu.response());
    });
    this.session.on('deliver_sm', (pdu: Pdu) => this.take(pdu));
  }

  /** Answers once the bind is answered; see `bindStatus`. */
  static async bind(options: EsmeOptions): Promise<Esme> {
    const esme = new Esme(options);
    esme.session.on('connect', () => {
      const fields = { system_id: options.systemId, password: options.password, interface_version: 0x34 };
      const answered = (pdu: Pdu): void => {
        esme.bindStatus = pdu.command_status;
      };
      if (options.kind === 'transmitter') esme.session.bind_transmitter(fields, answered);
      else if (options.kind === 'receiver') esme.session.bind_receiver(fields, answered);
      else esme.session.bind_transceiver(fields, answered);
    });
    await untilTrue(ANSWER_MS_MAX, 'the bind is answered', () => esme.bindStatus >= 0 || esme.isClosed);
    return esme;
  }

  /** Submits one text from ACME, with a receipt asked for. */
  submit(destination: string, text: string, more: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const fields = {
      ...ADDRESSES,
      source_addr: 'ACME',
      destination_addr: destination,
      registered_delivery: 1,
      short_message: text,
      ...more,
    };
    return new Promise((resolve, reject) => {
      const limit = setTimeout(() => reject(new Error(`no submit_sm_resp within ${ANSWER_MS_MAX} ms`)), ANSWER_MS_MAX);
      this.session.submit_sm(fields, (pdu) => {
        clearTimeout(limit);
        resolve({ status: pdu.command_status, id: (pdu['message_id'] as string | undefined) ?? '' });
      });
    });
  }

  /** Resolves when a receipt for each id has come. */
  waitForReceipts(ids: readonly string[], timeoutMs = 15_000): Promise<void> {
    return untilTrue(timeoutMs, `receipts for ${ids.join(', ')}`, () =>
      ids.every((id) => this.receipts.some((receipt) => receipt.id === id)),
    );
  }

  waitForClose(timeoutMs = 10_000): Promise<void> {
    return untilTrue(timeoutMs, 'the switch ends the session', () => this.isClosed);
  }

  /** Unbinds and closes, in this order. */
  async unbind(): Promise<void> {
    if (this.isClosed) return;
    await new Promise<void>((resolve) => {
      this.session.on('close', () => resolve());
      this.session.unbind({}, () => this.session.close());
    });
  }

  destroy(): void {
    this.session.destroy();
  }

  private take(pdu: Pdu): void {
    this.session.send(pdu.response());
    const text = String((pdu['short_message'] as { message: unknown }).message);
    this.receipts.push({
      id: /\bid:(\S+)/.exec(text)?.[1] ?? '',
      state: /\bstat:(\S+)/.exec(text)?.[1] ?? '',
    });
  }
}
