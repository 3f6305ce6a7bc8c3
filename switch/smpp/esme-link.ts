// One ESME's session: its bind, its submissions into the flow, and its receipts out. No decisions about messages here.

import { formatMessageId } from '#core';
import {
  ADDRESS_OCTETS,
  BindFields,
  type BoundState,
  type CloseReason,
  Command,
  decodeBind,
  decodeDataSm,
  decodeSubmitSm,
  decodeSubmitSmBody,
  messageBodyOfDataSm,
  MessageFields,
  type PduView,
  type Session,
  type SessionHandler,
  Status,
} from '#smpp';
import type { AccountDesk, OwedReceipt, ReceiptReceiver } from '../message/account-desk.js';
import { SubmitRequest } from '../message/acceptance.js';
import type { Message, MessageOrigin } from '../message/message.js';
import type { SmppServer } from './server.js';

/** Shared by all links: both are filled and read within one call. */
const fields = new MessageFields();
const request = new SubmitRequest();

/** A failure answer for each request that this version does not carry out. */
const FAILURE_STATUS = new Map<number, number>([
  [Command.query_sm, Status.ESME_RQUERYFAIL],
  [Command.cancel_sm, Status.ESME_RCANCELFAIL],
  [Command.replace_sm, Status.ESME_RREPLACEFAIL],
]);

export class EsmeLink implements SessionHandler, MessageOrigin, ReceiptReceiver {
  readonly #server: SmppServer;
  session: Session | undefined = undefined;
  desk: AccountDesk | undefined = undefined;
  isReceiver = false;

  constructor(server: SmppServer) {
    this.#server = server;
  }

  request(session: Session, pdu: PduView): void {
    switch (pdu.commandId) {
      case Command.submit_sm:
        this.#submit(session, pdu);
        return;
      case Command.bind_transmitter:
      case Command.bind_receiver:
      case Command.bind_transceiver:
        this.#bind(session, pdu);
        return;
      case Command.data_sm:
        this.#data(session, pdu);
        return;
      default:
        session.respond(
          (pdu.commandId | RESPONSE_BIT) >>> 0,
          FAILURE_STATUS.get(pdu.commandId) ?? Status.ESME_RSUBMITFAIL,
          pdu.sequenceNumber,
        );
    }
  }

  // ── submissions ─────────────────────────────────────────────────────────────────────────────────────────────────

  #submit(session: Session, pdu: PduView): void {
    let status = this.#precheck(session);
    if (status === Status.ESME_ROK) status = decodeSubmitSm(pdu, fields);
    if (status === Status.ESME_ROK) {
      status = this.#accept(pdu.buffer, pdu.bodyStart, pdu.end, pdu.sequenceNumber);
    }
    // SMPP 3.4 §4.4.2: the body is not returned with a non-zero status.
    if (status !== Status.ESME_ROK) session.respond(Command.submit_sm_resp, status, pdu.sequenceNumber);
  }

  /** data_sm is taken as the submit_sm that says the same, so that everything behind this point knows one shape. */
  #data(session: Session, pdu: PduView): void {
    let status = this.#precheck(session);
    if (status === Status.ESME_ROK) status = decodeDataSm(pdu, fields);
    if (status === Status.ESME_ROK) {
      const body = messageBodyOfDataSm(Command.submit_sm, fields, pdu.buffer);
      if (body === undefined) {
        status = fields.source.length < ADDRESS_OCTETS ? Status.ESME_RINVDSTADR : Status.ESME_RINVSRCADR;
      } else {
        status = decodeSubmitSmBody(body, 0, body.length, fields);
        // Negative tokens mark answers that are due as data_sm_resp.
        if (status === Status.ESME_ROK) status = this.#accept(body, 0, body.length, -pdu.sequenceNumber);
      }
    }
    if (status !== Status.ESME_ROK) session.respond(Command.data_sm_resp, status, pdu.sequenceNumber);
  }

  #precheck(session: Session): number {
    const { desk } = this;
    if (desk === undefined) return Status.ESME_RINVBNDSTS;
    return session.peerUnanswered > desk.account.windowMax ? Status.ESME_RTHROTTLED : Status.ESME_ROK;
  }

  #accept(buffer: Buffer, bodyStart: number, bodyEnd: number, token: number): number {
    request.desk = this.desk as AccountDesk;
    request.fields = fields;
    request.buffer = buffer;
    request.bodyStart = bodyStart;
    request.bodyEnd = bodyEnd;
    request.origin = this;
    request.originToken = token;
    return this.#server.flow.accept(request);
  }

  messageAccepted(token: number, message: Message): void {
    this.#answer(token, Status.ESME_ROK, formatMessageId(message.key, this.#server.flow.node));
  }

  messageRefused(token: number, commandStatus: number): void {
    this.#answer(token, commandStatus, undefined);
  }

  #answer(token: number, commandStatus: number, messageId: string | undefined): void {
    const commandId = token < 0 ? Command.data_sm_resp : Command.submit_sm_resp;
    this.session?.respond(commandId, commandStatus, Math.abs(token), messageId);
  }

  // ── binds ───────────────────────────────────────────────────────────────────────────────────────────────────────

  #bind(session: Session, pdu: PduView): void {
    const bind = new BindFields();
    const { commandId, sequenceNumber } = pdu;
    const status = decodeBind(pdu, bind);
    if (status === Status.ESME_ROK) this.#server.bindAsked(this, session, commandId, sequenceNumber, bind);
    else this.#server.bindAnswer(session, commandId, sequenceNumber, status);
  }

  /** The server let it in. */
  attached(desk: AccountDesk, state: BoundState): void {
    this.desk = desk;
    this.isReceiver = state !== 'bound-tx';
    if (this.isReceiver) this.#server.flow.receipts.attach(desk, this);
  }

  // ── receipts ────────────────────────────────────────────────────────────────────────────────────────────────────

  room(): number {
    return this.session?.windowFree ?? 0;
  }

  deliver(owed: OwedReceipt): void {
    const { session } = this;
    const at = session?.beginRequest(Command.deliver_sm, owed.body.length, owed) ?? -1;
    if (session === undefined || at < 0) {
      if (this.desk !== undefined) this.#server.flow.receipts.returned(this.desk, owed, false);
      return;
    }
    session.out.set(owed.body, at);
    session.end(at + owed.body.length);
  }

  response(_session: Session, context: unknown, pdu: PduView): void {
    const { desk } = this;
    if (desk === undefined) return;
    const owed = context as OwedReceipt;
    const { receipts } = this.#server.flow;
    switch (pdu.commandStatus) {
      // The last two: the ESME will never take it (SMPP 3.4 §5.1.3); to repeat it would be of no use to anyone.
      case Status.ESME_ROK:
      case Status.ESME_RX_P_APPN:
      case Status.ESME_RX_R_APPN:
        receipts.acknowledged(desk, owed);
        return;
      default:
        receipts.returned(desk, owed, true);
    }
  }

  expired(_session: Session, context: unknown): void {
    if (this.desk !== undefined) this.#server.flow.receipts.returned(this.desk, context as OwedReceipt, false);
  }

  writable(): void {
    if (this.desk !== undefined && this.isReceiver) this.#server.flow.receipts.writable(this.desk);
  }

  closed(session: Session, why: CloseReason, unanswered: readonly unknown[]): void {
    const { desk } = this;
    const { receipts } = this.#server.flow;
    if (desk !== undefined) {
      receipts.detach(desk, this);
      for (let i = unanswered.length - 1; i >= 0; i--) receipts.returned(desk, unanswered[i] as OwedReceipt, false);
    }
    this.session = undefined;
    this.#server.linkClosed(this, session, why);
  }

  fault(session: Session, error: unknown): void {
    this.#server.log.error({ err: error, peer: session.peer }, 'a session ended by a fault of ours');
  }
}

const RESPONSE_BIT = 0x80000000;
