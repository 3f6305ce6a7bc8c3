// The delivery receipt that an ESME gets: a deliver_sm with the text of SMPP 3.4 appendix B and the standard TLVs.

import { MessageState, formatMessageId, isFinalState } from '#core';
import { Command, encodeMessageBody, formatReceiptText, type MessageInput, messageBodyBytesMax, Tlv } from '#smpp';
import type { Message } from './message.js';
import type { Ending } from './records.js';

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

/** A deliver_sm body about the message: from its destination to its sender. */
export function encodeReceipt(message: Message, ending: Ending, node: number): Buffer {
  const id = formatMessageId(message.key, node);
  const text = formatReceiptText({
    id,
    sub: 1,
    dlvrd: ending.state === MessageState.delivered ? 1 : 0,
    submitDateMs: message.acceptedMs,
    doneDateMs: ending.doneMs,
    state: ending.state,
    err: ending.errorCode === '' ? '000' : ending.errorCode,
    // The text of the message is nobody's business in a receipt; appendix B lets it be empty.
    text: '',
  });
  const addresses = readAddresses(message.body);
  const input: MessageInput = {
    // As the ESME wrote them, turned round: the receipt comes from where the message went.
    source: addresses.destination,
    sourceTon: addresses.destTon,
    sourceNpi: addresses.destNpi,
    destination: addresses.source,
    destTon: addresses.sourceTon,
    destNpi: addresses.sourceNpi,
    esmClass: ESM_CLASS_RECEIPT,
    shortMessage: Buffer.from(text, 'latin1'),
    tlvs: receiptTlvs(id, ending.state),
  };
  const body = Buffer.allocUnsafe(messageBodyBytesMax(input));
  return body.subarray(0, encodeMessageBody(Command.deliver_sm, input, body, 0));
}

/** receipted_message_id (§5.3.2.12, a C-string) and message_state (§5.3.2.35). */
function receiptTlvs(id: string, state: number): Buffer {
  const tlvs = Buffer.allocUnsafe(4 + id.length + 1 + 5);
  tlvs.writeUInt16BE(Tlv.receipted_message_id, 0);
  tlvs.writeUInt16BE(id.length + 1, 2);
  tlvs.write(id, 4, 'latin1');
  let at = 4 + id.length;
  tlvs[at++] = 0;
  tlvs.writeUInt16BE(Tlv.message_state, at);
  tlvs.writeUInt16BE(1, at + 2);
  tlvs[at + 4] = state;
  return tlvs;
}

interface Addresses {
  readonly sourceTon: number;
  readonly sourceNpi: number;
  readonly source: string;
  readonly destTon: number;
  readonly destNpi: number;
  readonly destination: string;
}

/** The addresses of a submit_sm body as the ESME wrote them (SMPP 3.4 §4.4.1): service_type comes first. */
function readAddresses(body: Buffer): Addresses {
  const sourceAt = body.indexOf(0) + 1;
  const sourceEnd = body.indexOf(0, sourceAt + 2);
  const destEnd = body.indexOf(0, sourceEnd + 3);
  return {
    sourceTon: body[sourceAt] as number,
    sourceNpi: body[sourceAt + 1] as number,
    source: body.latin1Slice(sourceAt + 2, sourceEnd),
    destTon: body[sourceEnd + 1] as number,
    destNpi: body[sourceEnd + 2] as number,
    destination: body.latin1Slice(sourceEnd + 3, destEnd),
  };
}
