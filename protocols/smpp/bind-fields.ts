// Binds and their answers (SMPP 3.4 §4.1), and the answers that carry a message_id (§4.4.2, §4.6.2, §4.7.2).

import { latin1, nulAt, writeCString } from './c-string.js';
import { MESSAGE_ID_OCTETS } from './message-fields.js';
import { HEADER_BYTES, type PduView } from './pdu-view.js';
import { Status } from './status.js';
import { readTlvUint, writeTlvUint } from './tlv-block.js';
import { Tlv } from './tlv.js';

export const SYSTEM_ID_OCTETS = 16;
export const PASSWORD_OCTETS = 9;
export const SYSTEM_TYPE_OCTETS = 13;
export const ADDRESS_RANGE_OCTETS = 41;

/** Room that the body of any bind may need. */
export const BIND_BODY_BYTES_MAX = SYSTEM_ID_OCTETS + PASSWORD_OCTETS + SYSTEM_TYPE_OCTETS + 3 + ADDRESS_RANGE_OCTETS;
/** Room that the body of a bind's answer may need: system_id and sc_interface_version. */
export const BIND_RESP_BODY_BYTES_MAX = SYSTEM_ID_OCTETS + 5;

/** The fields of bind_receiver, bind_transmitter and bind_transceiver. */
export class BindFields {
  systemId = '';
  password = '';
  systemType = '';
  /** 0x34 for SMPP 3.4, 0x50 for 5.0 (SMPP 3.4 §5.2.4). */
  interfaceVersion = 0x34;
  addrTon = 0;
  addrNpi = 0;
  addressRange = '';
}

/** Reads a bind; answers the command_status for its answer. Octets behind it (TLVs of a vendor) are passed over. */
export function decodeBind(view: PduView, into: BindFields): number {
  const { buffer, end } = view;
  let at = view.start + HEADER_BYTES;
  if (at >= end) return Status.ESME_RINVCMDLEN;
  let nul = nulAt(buffer, at, end, SYSTEM_ID_OCTETS);
  if (nul === -1) return Status.ESME_RINVSYSID;
  into.systemId = latin1(buffer, at, nul, '');
  at = nul + 1;
  if (at >= end) return Status.ESME_RINVCMDLEN;
  nul = nulAt(buffer, at, end, PASSWORD_OCTETS);
  if (nul === -1) return Status.ESME_RINVPASWD;
  into.password = latin1(buffer, at, nul, '');
  at = nul + 1;
  if (at >= end) return Status.ESME_RINVCMDLEN;
  nul = nulAt(buffer, at, end, SYSTEM_TYPE_OCTETS);
  if (nul === -1) return Status.ESME_RINVSYSTYP;
  into.systemType = latin1(buffer, at, nul, '');
  at = nul + 1;
  if (at + 4 > end) return Status.ESME_RINVCMDLEN;
  into.interfaceVersion = buffer[at]!;
  into.addrTon = buffer[at + 1]!;
  into.addrNpi = buffer[at + 2]!;
  nul = nulAt(buffer, at + 3, end, ADDRESS_RANGE_OCTETS);
  if (nul === -1) return Status.ESME_RINVPARLEN;
  into.addressRange = latin1(buffer, at + 3, nul, '');
  return Status.ESME_ROK;
}

/** Writes the body of a bind; answers where it ends. A value that does not fit its field throws. */
export function encodeBind(fields: BindFields, out: Buffer, at: number): number {
  let end = writeCString(out, at, fields.systemId, SYSTEM_ID_OCTETS);
  end = writeCString(out, end, fields.password, PASSWORD_OCTETS);
  end = writeCString(out, end, fields.systemType, SYSTEM_TYPE_OCTETS);
  out[end] = fields.interfaceVersion;
  out[end + 1] = fields.addrTon;
  out[end + 2] = fields.addrNpi;
  return writeCString(out, end + 3, fields.addressRange, ADDRESS_RANGE_OCTETS);
}

/** What an answer to a bind says. `interfaceVersion` is 0 when the peer did not tell. */
export class BindRespFields {
  systemId = '';
  interfaceVersion = 0;
}

/** Reads a bind's answer; a missing or unfinished body gives empty fields, as many peers send none with an error. */
export function decodeBindResp(view: PduView, into: BindRespFields): void {
  into.systemId = '';
  into.interfaceVersion = 0;
  const start = view.start + HEADER_BYTES;
  const nul = nulAt(view.buffer, start, view.end, SYSTEM_ID_OCTETS);
  if (nul === -1) return;
  into.systemId = latin1(view.buffer, start, nul, '');
  const version = readTlvUint(view.buffer, nul + 1, view.end, Tlv.sc_interface_version);
  into.interfaceVersion = version === -1 ? 0 : version;
}

/** Writes system_id and, unless it is 0, sc_interface_version: only peers of 3.4 and later expect it. */
export function encodeBindResp(systemId: string, interfaceVersion: number, out: Buffer, at: number): number {
  const end = writeCString(out, at, systemId, SYSTEM_ID_OCTETS);
  return interfaceVersion === 0 ? end : writeTlvUint(out, end, Tlv.sc_interface_version, interfaceVersion, 1);
}

/**
 * message_id of a submit_sm_resp, deliver_sm_resp or data_sm_resp; '' when there is none, as with errors (SMPP 3.4
 * §4.4.2). An id without its NUL is taken up to the end: refusing it would send the message twice.
 */
export function decodeMessageIdResp(view: PduView): string {
  const start = view.start + HEADER_BYTES;
  if (start >= view.end) return '';
  const nul = nulAt(view.buffer, start, view.end, MESSAGE_ID_OCTETS);
  if (nul !== -1) return latin1(view.buffer, start, nul, '');
  return latin1(view.buffer, start, Math.min(view.end, start + MESSAGE_ID_OCTETS - 1), '');
}

/** Where the TLVs of such an answer begin; they also come with errors (delivery_failure_reason and others). */
export function tlvStartOfMessageIdResp(view: PduView): number {
  const start = view.start + HEADER_BYTES;
  const nul = nulAt(view.buffer, start, view.end, MESSAGE_ID_OCTETS);
  return nul === -1 ? view.end : nul + 1;
}

/** Writes a message_id body; answers where it ends. */
export const encodeMessageIdResp = (messageId: string, out: Buffer, at: number): number =>
  writeCString(out, at, messageId, MESSAGE_ID_OCTETS);
