// The table codec: any PDU to an object and back, by pdu-table.ts. For rare PDUs, tools and tests; messages in flight
// use message-fields.ts and message-encode.ts.

import { invariant, PDU_BYTES_MIN, TLV_COUNT_MAX } from '#core';
import { latin1, nulAt, writeCString } from './c-string.js';
import { commandName } from './command.js';
import { pduLayout, type FieldLayout, type PduLayout } from './pdu-table.js';
import { beginPdu, endPdu, HEADER_BYTES, readU32, writeU32 } from './pdu-view.js';
import { Status } from './status.js';
import { firstTlv, isTlvBlock, nextTlv, tlvLengthAt, tlvTagAt, writeTlvOctets } from './tlv-block.js';

/** One destination of submit_multi: an address, or a distribution list by name (SMPP 3.4 §4.5.1.1). */
export type MultiDestination =
  { readonly ton: number; readonly npi: number; readonly address: string } | { readonly listName: string };

/** One destination that submit_multi could not serve (SMPP 3.4 §4.5.2.1). */
export interface FailedDestination {
  readonly ton: number;
  readonly npi: number;
  readonly address: string;
  readonly status: number;
}

export type FieldValue = number | string | Buffer | readonly MultiDestination[] | readonly FailedDestination[];

export interface RawTlv {
  readonly tag: number;
  readonly value: Buffer;
}

/** A PDU as an object; field names are the specification's. */
export interface Pdu {
  readonly commandId: number;
  readonly commandStatus: number;
  readonly sequenceNumber: number;
  /** What encodePdu is not given is 0, '' or empty. */
  readonly fields: Readonly<Record<string, FieldValue>>;
  /** Standard, unknown and vendor TLVs alike, in the order of the wire. */
  readonly tlvs: readonly RawTlv[];
}

export type DecodedPdu =
  | ({ readonly ok: true } & Pdu)
  | {
      readonly ok: false;
      /** 'framing' is unrecoverable: generic_nack and close. 'body' is answered with `status`, and the session goes on. */
      readonly fault: 'framing' | 'body';
      readonly status: number;
      readonly commandId: number;
      readonly sequenceNumber: number;
    };

const DEST_FLAG_ADDRESS = 1;
const DEST_FLAG_LIST = 2;

/** A cursor over one body: `status` is the first refusal, after which nothing more is read. */
class BodyReader {
  readonly buffer: Buffer;
  readonly end: number;
  at: number;
  status: number = Status.ESME_ROK;

  constructor(buffer: Buffer, at: number, end: number) {
    this.buffer = buffer;
    this.at = at;
    this.end = end;
  }

  u8(): number {
    if (this.at < this.end) return this.buffer[this.at++]!;
    this.refuse(Status.ESME_RINVCMDLEN);
    return 0;
  }

  u32(): number {
    if (this.at + 4 > this.end) {
      this.refuse(Status.ESME_RINVCMDLEN);
      return 0;
    }
    this.at += 4;
    return readU32(this.buffer, this.at - 4);
  }

  cstring(octetsMax: number, refusal: number, isTime: boolean): string {
    const start = this.at;
    if (start >= this.end) {
      this.refuse(Status.ESME_RINVCMDLEN);
      return '';
    }
    const nul = nulAt(this.buffer, start, this.end, octetsMax);
    if (nul === -1 || (isTime && nul !== start && nul - start !== octetsMax - 1)) {
      this.refuse(refusal);
      return '';
    }
    this.at = nul + 1;
    return latin1(this.buffer, start, nul, '');
  }

  octets(count: number, refusal: number): Buffer {
    if (this.at + count > this.end) {
      this.refuse(refusal);
      return Buffer.alloc(0);
    }
    this.at += count;
    return Buffer.from(this.buffer.subarray(this.at - count, this.at));
  }

  /** Keeps the first refusal and skips to the end, so that later reads cannot succeed. */
  refuse(status: number): void {
    if (this.status === Status.ESME_ROK) this.status = status;
    this.at = this.end;
  }
}

/** Decodes the PDU that lies in `buffer`, which must hold it whole. Never throws; octets are copied out. */
export function decodePdu(buffer: Buffer): DecodedPdu {
  const length = buffer.length < 4 ? 0 : readU32(buffer, 0);
  if (length < PDU_BYTES_MIN || length > buffer.length) {
    const sequenceNumber = buffer.length >= PDU_BYTES_MIN ? readU32(buffer, 12) : 0;
    const commandId = buffer.length >= PDU_BYTES_MIN ? readU32(buffer, 4) : 0;
    return { ok: false, fault: 'framing', status: Status.ESME_RINVCMDLEN, commandId, sequenceNumber };
  }
  const commandId = readU32(buffer, 4);
  const commandStatus = readU32(buffer, 8);
  const sequenceNumber = readU32(buffer, 12);
  const refuse = (status: number): DecodedPdu => ({ ok: false, fault: 'body', status, commandId, sequenceNumber });
  const layout = pduLayout(commandId);
  if (layout === undefined) return refuse(Status.ESME_RINVCMDID);
  const reader = new BodyReader(buffer, HEADER_BYTES, length);
  const fields: Record<string, FieldValue> = {};
  // A non-zero status hides nothing: what body there is gets read (SMPP 5.0 §4.8: TLVs come with errors).
  if (!(layout.bodyOptional && length === HEADER_BYTES)) {
    for (const field of layout.fields) fields[field.name] = readField(reader, field);
  }
  if (reader.status !== Status.ESME_ROK) return refuse(reader.status);
  const tlvs: RawTlv[] = [];
  if (!isTlvBlock(buffer, reader.at, length)) return refuse(Status.ESME_RINVTLVSTREAM);
  for (let at = firstTlv(buffer, reader.at, length); at !== -1; at = nextTlv(buffer, at, length)) {
    if (tlvs.length === TLV_COUNT_MAX) return refuse(Status.ESME_RINVTLVSTREAM);
    tlvs.push({ tag: tlvTagAt(buffer, at), value: Buffer.from(buffer.subarray(at, at + tlvLengthAt(buffer, at))) });
  }
  return { ok: true, commandId, commandStatus, sequenceNumber, fields, tlvs };
}

function readField(reader: BodyReader, field: FieldLayout): FieldValue {
  switch (field.type) {
    case 'u8':
      return reader.u8();
    case 'u32':
      return reader.u32();
    case 'cstring':
    case 'time':
      return reader.cstring(field.octetsMax, field.refusal, field.type === 'time');
    case 'octets':
      return reader.octets(reader.u8(), field.refusal);
    case 'destinations':
      return readDestinations(reader, field);
    case 'failures':
      return readFailures(reader, field);
  }
}

function readDestinations(reader: BodyReader, field: FieldLayout): MultiDestination[] {
  const destinations: MultiDestination[] = [];
  for (let left = reader.u8(); left > 0 && reader.status === Status.ESME_ROK; left--) {
    const flag = reader.u8();
    if (flag === DEST_FLAG_ADDRESS) {
      const ton = reader.u8();
      const npi = reader.u8();
      destinations.push({ ton, npi, address: reader.cstring(field.octetsMax, Status.ESME_RINVDSTADR, false) });
    } else if (flag === DEST_FLAG_LIST) {
      destinations.push({ listName: reader.cstring(field.octetsMax, Status.ESME_RINVDLNAME, false) });
    } else {
      reader.refuse(Status.ESME_RINVDESTFLAG);
    }
  }
  return destinations;
}

function readFailures(reader: BodyReader, field: FieldLayout): FailedDestination[] {
  const failures: FailedDestination[] = [];
  for (let left = reader.u8(); left > 0 && reader.status === Status.ESME_ROK; left--) {
    const ton = reader.u8();
    const npi = reader.u8();
    const address = reader.cstring(field.octetsMax, Status.ESME_RINVDSTADR, false);
    failures.push({ ton, npi, address, status: reader.u32() });
  }
  return failures;
}

export type PduInput = Pick<Pdu, 'commandId' | 'sequenceNumber'> &
  Partial<Pick<Pdu, 'commandStatus' | 'fields' | 'tlvs'>>;

/** Encodes a PDU; the object is left as it is. A value that its field cannot hold throws: that is our own fault. */
export function encodePdu(pdu: PduInput): Buffer {
  const layout = pduLayout(pdu.commandId);
  invariant(layout !== undefined, `no layout for ${commandName(pdu.commandId)}`);
  const fields = pdu.fields ?? {};
  const tlvs = pdu.tlvs ?? [];
  const out = Buffer.alloc(bytesMax(layout, fields, tlvs));
  let at = beginPdu(out, 0, pdu.commandId, pdu.commandStatus ?? Status.ESME_ROK, pdu.sequenceNumber);
  const isBodyless = layout.bodyOptional && Object.keys(fields).length === 0 && tlvs.length === 0;
  if (!isBodyless) for (const field of layout.fields) at = writeField(field, fields[field.name], out, at);
  for (const tlv of tlvs) at = writeTlvOctets(out, at, tlv.tag, tlv.value);
  return out.subarray(0, endPdu(out, 0, at));
}

function bytesMax(layout: PduLayout, fields: Pdu['fields'], tlvs: readonly RawTlv[]): number {
  let bytes = HEADER_BYTES;
  for (const field of layout.fields) {
    const value = fields[field.name];
    // The longest entry of a list: two octets of TON and NPI, an address, four octets of status.
    if (Array.isArray(value)) bytes += 1 + value.length * (field.octetsMax + 6);
    else bytes += Math.max(4, field.octetsMax + 1);
  }
  for (const tlv of tlvs) bytes += 4 + tlv.value.length;
  return bytes;
}

function writeField(field: FieldLayout, value: FieldValue | undefined, out: Buffer, at: number): number {
  switch (field.type) {
    case 'u8':
      return writeUint(out, at, numberOf(field, value), 1);
    case 'u32':
      return writeUint(out, at, numberOf(field, value), 4);
    case 'cstring':
      return writeCString(out, at, textOf(field, value), field.octetsMax);
    case 'time': {
      const text = textOf(field, value);
      invariant(text === '' || text.length === field.octetsMax - 1, `${field.name} is empty or 16 characters`);
      return writeCString(out, at, text, field.octetsMax);
    }
    case 'octets': {
      const octets = value ?? Buffer.alloc(0);
      invariant(Buffer.isBuffer(octets) && octets.length <= field.octetsMax, `${field.name} does not fit`);
      out[at] = octets.length;
      return at + 1 + octets.copy(out, at + 1);
    }
    case 'destinations':
      return writeDestinations(field, listOf(field, value) as readonly MultiDestination[], out, at);
    case 'failures':
      return writeFailures(field, listOf(field, value) as readonly FailedDestination[], out, at);
  }
}

function writeUint(out: Buffer, at: number, value: number, bytes: 1 | 4): number {
  invariant(Number.isInteger(value) && value >= 0 && value < 2 ** (8 * bytes), 'an integer does not fit its field');
  if (bytes === 1) out[at] = value;
  else writeU32(out, at, value);
  return at + bytes;
}

function numberOf(field: FieldLayout, value: FieldValue | undefined): number {
  invariant(value === undefined || typeof value === 'number', `${field.name} is a number`);
  return value ?? 0;
}

function textOf(field: FieldLayout, value: FieldValue | undefined): string {
  invariant(value === undefined || typeof value === 'string', `${field.name} is text`);
  return value ?? '';
}

function listOf(field: FieldLayout, value: FieldValue | undefined): readonly unknown[] {
  invariant(value === undefined || Array.isArray(value), `${field.name} is a list`);
  const list: readonly unknown[] = value ?? [];
  invariant(list.length <= 255, `${field.name} has more than 255 entries`);
  return list;
}

function writeDestinations(field: FieldLayout, list: readonly MultiDestination[], out: Buffer, start: number): number {
  let at = writeUint(out, start, list.length, 1);
  for (const entry of list) {
    if ('listName' in entry) {
      at = writeUint(out, at, DEST_FLAG_LIST, 1);
      at = writeCString(out, at, entry.listName, field.octetsMax);
    } else {
      at = writeUint(out, at, DEST_FLAG_ADDRESS, 1);
      at = writeUint(out, at, entry.ton, 1);
      at = writeUint(out, at, entry.npi, 1);
      at = writeCString(out, at, entry.address, field.octetsMax);
    }
  }
  return at;
}

function writeFailures(field: FieldLayout, list: readonly FailedDestination[], out: Buffer, start: number): number {
  let at = writeUint(out, start, list.length, 1);
  for (const entry of list) {
    at = writeUint(out, at, entry.ton, 1);
    at = writeUint(out, at, entry.npi, 1);
    at = writeCString(out, at, entry.address, field.octetsMax);
    at = writeUint(out, at, entry.status, 4);
  }
  return at;
}
