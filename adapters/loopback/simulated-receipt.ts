// What a simulated carrier sends back: a receipt or a reply as a deliver_sm body, like an SMSC's.

import { MessageState, Ton, Npi, parseE164 } from '#core';
import {
  Command,
  Tlv,
  encodeMessageBody,
  formatReceiptText,
  messageBodyBytesMax,
  writeTlvCString,
  writeTlvUint,
} from '#smpp';
import type { UpstreamReceipt } from '../contract.js';

/** esm_class of a delivery receipt (SMPP 3.4 §5.2.12). */
const ESM_RECEIPT = 0x04;

/** Error codes that the text names: none, absent subscriber. */
const ERROR_NONE = '000';
const ERROR_ABSENT = '001';

/** A receipt that its carrier still owns. The message it is about is gone; these are copies. */
export class SimulatedReceipt {
  readonly receipt: UpstreamReceipt;
  readonly raw: Buffer;
  /** Sender of the message, who a reply goes to. */
  readonly source: string;
  /** The deliver_sm it was sent as last; 0 when it was not sent yet. */
  token = 0;
  isAcknowledged = false;

  constructor(input: {
    readonly upstreamId: string;
    readonly state: MessageState;
    readonly source: string;
    readonly destination: string;
    readonly submittedAtMs: number;
    readonly doneAtMs: number;
  }) {
    this.receipt = {
      upstreamId: input.upstreamId,
      state: input.state,
      errorCode: input.state === MessageState.delivered ? ERROR_NONE : ERROR_ABSENT,
      destination: input.destination,
      doneAtMs: input.doneAtMs,
    };
    this.source = input.source;
    this.raw = receiptBody(this.receipt, input.source, input.submittedAtMs);
  }
}

function receiptBody(receipt: UpstreamReceipt, source: string, submittedAtMs: number): Buffer {
  const text = formatReceiptText({
    id: receipt.upstreamId,
    sub: 1,
    dlvrd: receipt.state === MessageState.delivered ? 1 : 0,
    submitDateMs: submittedAtMs,
    doneDateMs: receipt.doneAtMs,
    state: receipt.state,
    err: receipt.errorCode,
    text: '',
  });
  const tlvs = Buffer.allocUnsafe(receipt.upstreamId.length + 10);
  const end = writeTlvCString(tlvs, 0, Tlv.receipted_message_id, receipt.upstreamId);
  return body({
    from: receipt.destination,
    to: source,
    esmClass: ESM_RECEIPT,
    text,
    tlvs: tlvs.subarray(0, writeTlvUint(tlvs, end, Tlv.message_state, receipt.state, 1)),
  });
}

/** What a recipient writes back. */
export function replyBody(from: string, to: string): Buffer {
  return body({ from, to, esmClass: 0, text: 'OK', tlvs: undefined });
}

function body(input: {
  readonly from: string;
  readonly to: string;
  readonly esmClass: number;
  readonly text: string;
  readonly tlvs: Buffer | undefined;
}): Buffer {
  const fields = {
    source: input.from,
    sourceTon: Ton.international,
    sourceNpi: Npi.isdn,
    destination: input.to,
    destTon: parseE164(input.to) === undefined ? Ton.alphanumeric : Ton.international,
    destNpi: parseE164(input.to) === undefined ? Npi.unknown : Npi.isdn,
    esmClass: input.esmClass,
    shortMessage: Buffer.from(input.text, 'latin1'),
    ...(input.tlvs === undefined ? {} : { tlvs: input.tlvs }),
  };
  const out = Buffer.allocUnsafe(messageBodyBytesMax(fields));
  return out.subarray(0, encodeMessageBody(Command.deliver_sm, fields, out, 0));
}
