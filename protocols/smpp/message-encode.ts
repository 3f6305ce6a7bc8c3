// The hot way out: bodies of submit_sm, deliver_sm and data_sm, written in one pass.

import { invariant } from '#core';
import { writeCString } from './c-string.js';
import { Command } from './command.js';
import { ADDRESS_OCTETS, DATA_ADDRESS_OCTETS, SERVICE_TYPE_OCTETS, TIME_OCTETS } from './message-fields.js';
import { TLV_HEADER_BYTES, writeTlvOctets } from './tlv-block.js';
import { Tlv } from './tlv.js';

/** SMPP 3.4 §5.2.21: sm_length is 0 to 254; a longer message travels as message_payload. */
export const SHORT_MESSAGE_OCTETS_MAX = 254;

/** What is left out is 0, '' or nothing. data_sm leaves out what it has no field for. */
export interface MessageInput {
  serviceType?: string;
  sourceTon?: number;
  sourceNpi?: number;
  source: string;
  destTon?: number;
  destNpi?: number;
  destination: string;
  esmClass?: number;
  protocolId?: number;
  priorityFlag?: number;
  scheduleDeliveryTime?: string;
  validityPeriod?: string;
  registeredDelivery?: number;
  replaceIfPresent?: number;
  dataCoding?: number;
  smDefaultMsgId?: number;
  shortMessage?: Uint8Array;
  /** A raw TLV block, written behind the message as it is. */
  tlvs?: Uint8Array;
}

const NO_OCTETS = new Uint8Array(0);
/** Every field at its maximum but message and TLVs; data_sm's longer addresses decide. */
const FIXED_BYTES_MAX = SERVICE_TYPE_OCTETS + 2 * (2 + DATA_ADDRESS_OCTETS) + 3 + 2 * TIME_OCTETS + 5;

/** Room that the body may need. */
export const messageBodyBytesMax = (input: MessageInput): number =>
  FIXED_BYTES_MAX + TLV_HEADER_BYTES + (input.shortMessage?.length ?? 0) + (input.tlvs?.length ?? 0);

/**
 * Writes the body of a submit_sm, deliver_sm or data_sm at `at`; answers where it ends. A message over 254 octets, and
 * any message of a data_sm, leaves as message_payload. A value that does not fit its field throws: callers validate.
 */
export function encodeMessageBody(command: number, input: MessageInput, out: Buffer, at: number): number {
  const message = input.shortMessage ?? NO_OCTETS;
  const tlvs = input.tlvs ?? NO_OCTETS;
  let inBody = 0;
  let end: number;
  if (command === Command.data_sm) {
    end = writeAddresses(input, DATA_ADDRESS_OCTETS, out, at);
    out[end] = input.esmClass ?? 0;
    out[end + 1] = input.registeredDelivery ?? 0;
    out[end + 2] = input.dataCoding ?? 0;
    end += 3;
  } else {
    invariant(command === Command.submit_sm || command === Command.deliver_sm, 'not a message PDU');
    if (message.length <= SHORT_MESSAGE_OCTETS_MAX) inBody = message.length;
    end = writeSubmitFields(input, inBody, out, at);
    if (inBody > 0) end = writeOctets(message, out, end);
  }
  if (inBody < message.length) end = writeTlvOctets(out, end, Tlv.message_payload, message);
  return tlvs.length === 0 ? end : writeOctets(tlvs, out, end);
}

function writeAddresses(input: MessageInput, octetsMax: number, out: Buffer, start: number): number {
  let at = writeCString(out, start, input.serviceType ?? '', SERVICE_TYPE_OCTETS);
  out[at] = input.sourceTon ?? 0;
  out[at + 1] = input.sourceNpi ?? 0;
  at = writeCString(out, at + 2, input.source, octetsMax);
  out[at] = input.destTon ?? 0;
  out[at + 1] = input.destNpi ?? 0;
  return writeCString(out, at + 2, input.destination, octetsMax);
}

function writeSubmitFields(input: MessageInput, smLength: number, out: Buffer, start: number): number {
  let at = writeAddresses(input, ADDRESS_OCTETS, out, start);
  out[at] = input.esmClass ?? 0;
  out[at + 1] = input.protocolId ?? 0;
  out[at + 2] = input.priorityFlag ?? 0;
  at = writeCString(out, at + 3, input.scheduleDeliveryTime ?? '', TIME_OCTETS);
  at = writeCString(out, at, input.validityPeriod ?? '', TIME_OCTETS);
  out[at] = input.registeredDelivery ?? 0;
  out[at + 1] = input.replaceIfPresent ?? 0;
  out[at + 2] = input.dataCoding ?? 0;
  out[at + 3] = input.smDefaultMsgId ?? 0;
  out[at + 4] = smLength;
  return at + 5;
}

/** Copies octets; a loop beats the call into native code for the few dozen that most messages have. */
function writeOctets(octets: Uint8Array, out: Buffer, at: number): number {
  const length = octets.length;
  invariant(at + length <= out.length, 'the message does not fit the buffer');
  if (length > 64) out.set(octets, at);
  else for (let i = 0; i < length; i++) out[at + i] = octets[i]!;
  return at + length;
}
