// The hot way in: submit_sm, deliver_sm and data_sm read in one pass, field after field as SMPP 3.4 §4.4.1, §4.6.1 and
// §4.7.1 lay them out. A property test proves it equal to the table codec (pdu-codec.ts).

import { TLV_COUNT_MAX } from '#core';
import { latin1, nulAt } from './c-string.js';
import { HEADER_BYTES, type PduView } from './pdu-view.js';
import { Status } from './status.js';
import { TLV_HEADER_BYTES } from './tlv-block.js';
import { Tlv } from './tlv.js';

/** Octets of each field, terminator included. */
export const SERVICE_TYPE_OCTETS = 6;
export const ADDRESS_OCTETS = 21;
/** Addresses of data_sm are longer (SMPP 3.4 §4.7.1). */
export const DATA_ADDRESS_OCTETS = 65;
export const TIME_OCTETS = 17;
export const MESSAGE_ID_OCTETS = 65;

/** submit_sm, deliver_sm and data_sm, decoded. Reused: strings stay valid, offsets only as long as the buffer does. */
export class MessageFields {
  serviceType = '';
  sourceTon = 0;
  sourceNpi = 0;
  source = '';
  destTon = 0;
  destNpi = 0;
  destination = '';
  esmClass = 0;
  protocolId = 0;
  priorityFlag = 0;
  scheduleDeliveryTime = '';
  validityPeriod = '';
  registeredDelivery = 0;
  replaceIfPresent = 0;
  dataCoding = 0;
  smDefaultMsgId = 0;
  /** short_message's octets in the buffer, or those of message_payload when short_message is empty. */
  messageStart = 0;
  messageEnd = 0;
  /** The raw TLV block, message_payload included. */
  tlvStart = 0;
  tlvEnd = 0;
  /** Offset of the registered_delivery octet from the start of the body. */
  registeredDeliveryAt = 0;
  hasPayloadTlv = false;
}

/** A time field is empty or complete (SMPP 3.4 §7.1.1: 16 characters and the NUL). */
const isTimeLength = (length: number): boolean => length === 0 || length === TIME_OCTETS - 1;

/** Reads a submit_sm; answers the command_status for its answer. */
export const decodeSubmitSm = (view: PduView, into: MessageFields): number =>
  decodeSubmitSmBody(view.buffer, view.start + HEADER_BYTES, view.end, into);

/** Reads a deliver_sm, laid out as a submit_sm (SMPP 3.4 §4.6.1). */
export const decodeDeliverSm = (view: PduView, into: MessageFields): number =>
  decodeSubmitSmBody(view.buffer, view.start + HEADER_BYTES, view.end, into);

/** Reads a data_sm; what it does not carry is 0 or ''. */
export const decodeDataSm = (view: PduView, into: MessageFields): number =>
  decodeDataSmBody(view.buffer, view.start + HEADER_BYTES, view.end, into);

/** Reads the body of a submit_sm or deliver_sm. On any status but ESME_ROK the fields hold no message. */
export function decodeSubmitSmBody(body: Buffer, start: number, end: number, into: MessageFields): number {
  let at = addresses(body, start, end, ADDRESS_OCTETS, into);
  if (at < 0) return -at;
  // esm_class, protocol_id, priority_flag, and at least one octet of the time behind them.
  if (at + 4 > end) return Status.ESME_RINVCMDLEN;
  into.esmClass = body[at]!;
  into.protocolId = body[at + 1]!;
  into.priorityFlag = body[at + 2]!;
  at += 3;
  let nul = nulAt(body, at, end, TIME_OCTETS);
  if (nul === -1 || !isTimeLength(nul - at)) return Status.ESME_RINVSCHED;
  into.scheduleDeliveryTime = latin1(body, at, nul, into.scheduleDeliveryTime);
  at = nul + 1;
  if (at >= end) return Status.ESME_RINVCMDLEN;
  nul = nulAt(body, at, end, TIME_OCTETS);
  if (nul === -1 || !isTimeLength(nul - at)) return Status.ESME_RINVEXPIRY;
  into.validityPeriod = latin1(body, at, nul, into.validityPeriod);
  at = nul + 1;
  // registered_delivery, replace_if_present_flag, data_coding, sm_default_msg_id, sm_length.
  if (at + 5 > end) return Status.ESME_RINVCMDLEN;
  into.registeredDeliveryAt = at - start;
  into.registeredDelivery = body[at]!;
  into.replaceIfPresent = body[at + 1]!;
  into.dataCoding = body[at + 2]!;
  into.smDefaultMsgId = body[at + 3]!;
  const messageStart = at + 5;
  const messageEnd = messageStart + body[at + 4]!;
  if (messageEnd > end) return Status.ESME_RINVMSGLEN;
  into.messageStart = messageStart;
  into.messageEnd = messageEnd;
  return tlvs(body, messageEnd, end, into);
}

/** Reads the body of a data_sm. */
export function decodeDataSmBody(body: Buffer, start: number, end: number, into: MessageFields): number {
  const at = addresses(body, start, end, DATA_ADDRESS_OCTETS, into);
  if (at < 0) return -at;
  if (at + 3 > end) return Status.ESME_RINVCMDLEN;
  into.esmClass = body[at]!;
  into.registeredDelivery = body[at + 1]!;
  into.registeredDeliveryAt = at + 1 - start;
  into.dataCoding = body[at + 2]!;
  into.protocolId = 0;
  into.priorityFlag = 0;
  into.scheduleDeliveryTime = '';
  into.validityPeriod = '';
  into.replaceIfPresent = 0;
  into.smDefaultMsgId = 0;
  into.messageStart = at + 3;
  into.messageEnd = at + 3;
  return tlvs(body, at + 3, end, into);
}

/** service_type and both addresses; answers where they end, or the refusing status, negated. */
function addresses(body: Buffer, start: number, end: number, octetsMax: number, into: MessageFields): number {
  if (start >= end) return -Status.ESME_RINVCMDLEN;
  let nul = nulAt(body, start, end, SERVICE_TYPE_OCTETS);
  if (nul === -1) return -Status.ESME_RINVSERTYP;
  into.serviceType = latin1(body, start, nul, into.serviceType);
  let at = nul + 1;
  if (at + 3 > end) return -Status.ESME_RINVCMDLEN;
  into.sourceTon = body[at]!;
  into.sourceNpi = body[at + 1]!;
  at += 2;
  nul = nulAt(body, at, end, octetsMax);
  if (nul === -1) return -Status.ESME_RINVSRCADR;
  into.source = latin1(body, at, nul, into.source);
  at = nul + 1;
  if (at + 3 > end) return -Status.ESME_RINVCMDLEN;
  into.destTon = body[at]!;
  into.destNpi = body[at + 1]!;
  at += 2;
  nul = nulAt(body, at, end, octetsMax);
  if (nul === -1) return -Status.ESME_RINVDSTADR;
  into.destination = latin1(body, at, nul, into.destination);
  return nul + 1;
}

/** Walks the TLV block to its end and finds message_payload; the values stay where they lie. */
function tlvs(body: Buffer, start: number, end: number, into: MessageFields): number {
  into.tlvStart = start;
  into.tlvEnd = end;
  into.hasPayloadTlv = false;
  let at = start;
  for (let count = 0; at < end; count++) {
    if (at + TLV_HEADER_BYTES > end || count === TLV_COUNT_MAX) return Status.ESME_RINVTLVSTREAM;
    const valueAt = at + TLV_HEADER_BYTES;
    const next = valueAt + ((body[at + 2]! << 8) | body[at + 3]!);
    if (next > end) return Status.ESME_RINVTLVSTREAM;
    if (((body[at]! << 8) | body[at + 1]!) === Tlv.message_payload && !into.hasPayloadTlv) {
      into.hasPayloadTlv = true;
      if (into.messageStart === into.messageEnd) {
        into.messageStart = valueAt;
        into.messageEnd = next;
      }
    }
    at = next;
  }
  return Status.ESME_ROK;
}
