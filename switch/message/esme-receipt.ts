// The delivery receipt that an ESME gets: a deliver_sm with the text of SMPP 3.4 appendix B and the standard TLVs.

import { MessageState, formatMessageId, isFinalState } from '#core';
import { RECEIPT_TEXT_OCTETS_MAX, Tlv, writeReceiptText } from '#smpp';
import type { Message } from './message.js';
import type { Ending } from './records.js';
import { copyOctets } from './wire.js';

/** esm_class of a delivery receipt, SMPP 3.4 §5.2.12. */
const ESM_CLASS_RECEIPT = 0x04;

/**
 * Whether registered_delivery asks for a receipt of this outcome: SMPP 3.4 §5.2.17 bits 0–1 (1 always, 2 on failure)
 * and SMPP 5.0 §4.7.21 (3 on success). Only final states; `enroute` here means handed over with no receipt to come.
 */
export function isReceiptWanted(registeredDelivery: number, state: number): boolean {
  if (!isFinalState(state)) return false;
  switch (registeredDelivery & 3) {
    case 1:
      return true;
    case 2:
      return state !== MessageState.delivered;
    case 3:
      return state === MessageState.delivered;
    default:
      return false;
  }
}

/**
 * A deliver_sm body about the message, from its destination to its sender (SMPP 3.4 §4.6.1). The addresses are those
 * of the submit_sm as the ESME wrote them, turned round; the text of the message is nobody's business in a receipt.
 */
export function encodeReceipt(message: Message, ending: Ending, node: number): Buffer {
  const { body } = message;
  const id = formatMessageId(message.key, node);
  const err = ending.errorCode === '' ? '000' : ending.errorCode;
  // service_type, then TON, NPI and address of the source, then of the destination.
  const sourceAt = endOfCString(body, 0);
  const destAt = endOfCString(body, sourceAt + 2);
  const destEnd = endOfCString(body, destAt + 2);
  const fixed = FIELDS_BEFORE_TEXT + RECEIPT_TEXT_OCTETS_MAX + TLV_OCTETS;
  const out = Buffer.allocUnsafe(1 + (destEnd - sourceAt) + fixed + id.length * 2 + err.length);
  out[0] = 0;
  let at = copyOctets(body, destAt, destEnd, out, 1);
  at = copyOctets(body, sourceAt, destAt, out, at);
  out[at] = ESM_CLASS_RECEIPT;
  // protocol_id, priority_flag, two empty times, registered_delivery, replace, data_coding, sm_default_msg_id.
  out.fill(0, at + 1, at + FIELDS_BEFORE_TEXT);
  const textAt = at + FIELDS_BEFORE_TEXT;
  const { acceptedMs } = message;
  at = writeReceiptText(out, textAt, {
    id,
    submitDateMs: acceptedMs,
    doneDateMs: ending.doneMs,
    state: ending.state,
    err,
  });
  out[textAt - 1] = at - textAt;
  return out.subarray(0, writeReceiptTlvs(out, at, id, ending.state));
}

/** esm_class to sm_length: ten octets when both times are empty. */
const FIELDS_BEFORE_TEXT = 10;
/** receipted_message_id without its text, message_state. */
const TLV_OCTETS = 4 + 1 + 5;

/** receipted_message_id (SMPP 3.4 §5.3.2.12, a C-string) and message_state (§5.3.2.35). */
function writeReceiptTlvs(out: Buffer, start: number, id: string, state: number): number {
  out[start] = Tlv.receipted_message_id >> 8;
  out[start + 1] = Tlv.receipted_message_id & 0xff;
  out[start + 2] = 0;
  out[start + 3] = id.length + 1;
  let at = start + 4;
  for (let i = 0; i < id.length; i++) out[at + i] = id.charCodeAt(i);
  at += id.length;
  out[at] = 0;
  out[at + 1] = Tlv.message_state >> 8;
  out[at + 2] = Tlv.message_state & 0xff;
  out[at + 3] = 0;
  out[at + 4] = 1;
  out[at + 5] = state;
  return at + 6;
}

/** The offset behind the NUL of the C-string that begins at `from`; the body was checked when it came. */
function endOfCString(body: Buffer, from: number): number {
  let at = from;
  while (body[at] !== 0) at++;
  return at + 1;
}
