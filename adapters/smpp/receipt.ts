// Reads a deliver_sm as this upstream's delivery receipt: TLVs first, the text of appendix B second.

import { MessageState } from '#core';
import type { MessageFields } from '#smpp';
import {
  Tlv,
  findTlv,
  messageStateOf,
  parseReceiptText,
  parseSmppTime,
  readTlvText,
  readTlvUint,
  tlvLengthAt,
} from '#smpp';
import type { UpstreamReceipt } from '../contract.js';
import type { SmppTrunkOptions } from './options.js';
import { normaliseUpstreamId } from './upstream-id.js';

/** esm_class bits 5 to 2 (SMPP 3.4 §5.2.12): what kind of message the short message holds. */
const ESM_TYPE_MASK = 0x3c;
const ESM_RECEIPT = 0x04;
const ESM_INTERMEDIATE = 0x20;

/** network_error_code: network type and a 16-bit code (SMPP 3.4 §5.3.2.31). */
const NETWORK_ERROR_BYTES = 3;

/** Characters of `YYMMDDhhmm`; seconds may follow. */
const DATE_CHARS_MIN = 10;
const DATE_CHARS_MAX = 12;

/**
 * Whether the upstream says that this is a receipt. The text alone never makes one: a subscriber can type
 * `id:… stat:DELIVRD`. SMPP 5.0 §4.3.5 also knows receipts by their two TLVs.
 */
export function isReceipt(fields: MessageFields, body: Buffer): boolean {
  const type = fields.esmClass & ESM_TYPE_MASK;
  if (type === ESM_RECEIPT || type === ESM_INTERMEDIATE) return true;
  return (
    type === 0 &&
    fields.tlvEnd > fields.tlvStart &&
    findTlv(body, fields.tlvStart, fields.tlvEnd, Tlv.receipted_message_id) !== -1 &&
    findTlv(body, fields.tlvStart, fields.tlvEnd, Tlv.message_state) !== -1
  );
}

/** Fills `into`, dates read around `wallMs`; false when there is no id, so that the receipt can never be matched. */
export function readReceipt(
  fields: MessageFields,
  body: Buffer,
  options: SmppTrunkOptions,
  wallMs: number,
  into: UpstreamReceipt,
): boolean {
  const { tlvStart, tlvEnd } = fields;
  const tlvId = readTlvText(body, tlvStart, tlvEnd, Tlv.receipted_message_id);
  const tlvState = readTlvUint(body, tlvStart, tlvEnd, Tlv.message_state);
  const text = parseReceiptText(body, fields.messageStart, fields.messageEnd);
  if (tlvId !== '') {
    into.upstreamId = normaliseUpstreamId(tlvId, options.idBase, options.receiptTlvId === 'as-receipt');
  } else {
    into.upstreamId = normaliseUpstreamId(text?.id ?? '', options.idBase, true);
  }
  if (tlvState >= 0 && tlvState <= MessageState.skipped) into.state = tlvState as MessageState;
  else into.state = text === undefined ? MessageState.unknown : messageStateOf(text.stat);
  into.errorCode = text === undefined || text.err === '' ? networkError(body, tlvStart, tlvEnd) : text.err;
  // SMPP 3.4 §2.11: source_addr of a receipt is the destination of the message it is about.
  into.destination = fields.source;
  into.doneAtMs = text === undefined ? 0 : receiptDateMs(text.doneDate, wallMs);
  return into.upstreamId !== '';
}

function networkError(body: Buffer, tlvStart: number, tlvEnd: number): string {
  const at = findTlv(body, tlvStart, tlvEnd, Tlv.network_error_code);
  if (at === -1 || tlvLengthAt(body, at) !== NETWORK_ERROR_BYTES) return '';
  return `${((body[at + 1] ?? 0) << 8) | (body[at + 2] ?? 0)}`;
}

/** `YYMMDDhhmm` or `YYMMDDhhmmss`, taken as UTC since the text names no zone, in the century near now; 0 when it is neither. */
function receiptDateMs(text: string, wallMs: number): number {
  if (text.length !== DATE_CHARS_MIN && text.length !== DATE_CHARS_MAX) return 0;
  // Receipts of one minute share their date.
  if (text !== lastDate) {
    lastDateMs = parseSmppTime(`${text.padEnd(DATE_CHARS_MAX, '0')}000+`, wallMs)?.atMs ?? 0;
    lastDate = text;
  }
  return lastDateMs;
}

let lastDate = '';
let lastDateMs = 0;
