// Every PDU of SMPP 3.4 and 5.0 as a table: fields in wire order, with their type, limit and the status that refuses a
// bad one. The table codec, the fuzz tests and the documentation read it; the hot decoders are proved equal to it.

import { Command, type CommandName } from './command.js';
import { Status } from './status.js';

export type FieldType =
  | 'u8'
  | 'u32'
  /** Text up to a NUL, at most `octetsMax` with it. */
  | 'cstring'
  /** A C-string that is empty or has exactly `octetsMax` octets (SMPP 3.4 §7.1.1). */
  | 'time'
  /** A length octet and as many octets. */
  | 'octets'
  /** A count octet and as many destinations (SMPP 3.4 §4.5.1.1). */
  | 'destinations'
  /** A count octet and as many failed destinations (SMPP 3.4 §4.5.2.1). */
  | 'failures';

export interface FieldLayout {
  readonly name: string;
  readonly type: FieldType;
  /** Octets at most, terminator included; 0 for types of fixed size. */
  readonly octetsMax: number;
  /** command_status of an answer that refuses the field. */
  readonly refusal: number;
  /** The field that counts it on the wire: sm_length, number_of_dests, no_unsuccess. */
  readonly countName?: string;
}

export interface PduLayout {
  readonly commandId: number;
  readonly name: CommandName;
  readonly fields: readonly FieldLayout[];
  /** Whether TLVs may follow. They are kept from any PDU that carries them. */
  readonly tlvs: boolean;
  /** Answers may come without a body, always so with an error in 3.4 (§4.1.2, §4.4.2). */
  readonly bodyOptional: boolean;
}

const u8 = (name: string): FieldLayout => ({ name, type: 'u8', octetsMax: 0, refusal: Status.ESME_RINVCMDLEN });

const cstring = (name: string, octetsMax: number, refusal: number = Status.ESME_RINVPARLEN): FieldLayout => ({
  name,
  type: 'cstring',
  octetsMax,
  refusal,
});

const time = (name: string, refusal: number): FieldLayout => ({ name, type: 'time', octetsMax: 17, refusal });

const address = (prefix: string, name: string, octetsMax: number, refusal: number): readonly FieldLayout[] => [
  u8(`${prefix}_ton`),
  u8(`${prefix}_npi`),
  cstring(name, octetsMax, refusal),
];

const source = (octetsMax: number): readonly FieldLayout[] =>
  address('source_addr', 'source_addr', octetsMax, Status.ESME_RINVSRCADR);
const destination = (octetsMax: number): readonly FieldLayout[] =>
  address('dest_addr', 'destination_addr', octetsMax, Status.ESME_RINVDSTADR);

const serviceType = cstring('service_type', 6, Status.ESME_RINVSERTYP);
const messageId = cstring('message_id', 65, Status.ESME_RINVMSGID);
const schedule = time('schedule_delivery_time', Status.ESME_RINVSCHED);
const validity = time('validity_period', Status.ESME_RINVEXPIRY);
const shortMessage: FieldLayout = {
  name: 'short_message',
  type: 'octets',
  octetsMax: 255,
  refusal: Status.ESME_RINVMSGLEN,
  countName: 'sm_length',
};
const credentials = [
  cstring('system_id', 16, Status.ESME_RINVSYSID),
  cstring('password', 9, Status.ESME_RINVPASWD),
] as const;

const bind = [
  ...credentials,
  cstring('system_type', 13, Status.ESME_RINVSYSTYP),
  u8('interface_version'),
  ...address('addr', 'address_range', 41, Status.ESME_RINVPARLEN),
];
const bindResp = [cstring('system_id', 16, Status.ESME_RINVSYSID)];

/** What follows the destination in submit_sm, deliver_sm and submit_multi. */
const submitTail = [
  ...['esm_class', 'protocol_id', 'priority_flag'].map(u8),
  schedule,
  validity,
  ...['registered_delivery', 'replace_if_present_flag', 'data_coding', 'sm_default_msg_id'].map(u8),
  shortMessage,
];
const submit = [serviceType, ...source(21), ...destination(21), ...submitTail];

const destinations: FieldLayout = {
  name: 'dest_address',
  type: 'destinations',
  octetsMax: 21,
  refusal: Status.ESME_RINVNUMDESTS,
  countName: 'number_of_dests',
};
const failures: FieldLayout = {
  name: 'unsuccess_sme',
  type: 'failures',
  octetsMax: 21,
  refusal: Status.ESME_RINVCMDLEN,
  countName: 'no_unsuccess',
};

interface Marks {
  tlvs?: boolean;
  bodyOptional?: boolean;
}

const layout = (name: CommandName, fields: readonly FieldLayout[], marks: Marks = {}): PduLayout => ({
  commandId: Command[name],
  name,
  fields,
  tlvs: marks.tlvs ?? false,
  bodyOptional: marks.bodyOptional ?? false,
});
const request = (name: CommandName, fields: readonly FieldLayout[]): PduLayout => layout(name, fields, { tlvs: true });
const answer = (name: CommandName, fields: readonly FieldLayout[]): PduLayout =>
  layout(name, fields, { tlvs: true, bodyOptional: true });

/** Section numbers are SMPP 3.4's, those of broadcasts 5.0's. */
export const pduLayouts: readonly PduLayout[] = [
  // §4.1: session management.
  layout('bind_receiver', bind),
  layout('bind_transmitter', bind),
  layout('bind_transceiver', bind),
  answer('bind_receiver_resp', bindResp),
  answer('bind_transmitter_resp', bindResp),
  answer('bind_transceiver_resp', bindResp),
  layout('outbind', credentials),
  layout('unbind', []),
  layout('unbind_resp', []),
  // §4.3.1.
  layout('generic_nack', []),
  // §4.4: submit_sm.
  request('submit_sm', submit),
  answer('submit_sm_resp', [messageId]),
  // §4.5: submit_multi.
  request('submit_multi', [serviceType, ...source(21), destinations, ...submitTail]),
  answer('submit_multi_resp', [messageId, failures]),
  // §4.6: deliver_sm.
  request('deliver_sm', submit),
  answer('deliver_sm_resp', [messageId]),
  // §4.7: data_sm.
  request('data_sm', [
    serviceType,
    ...source(65),
    ...destination(65),
    ...['esm_class', 'registered_delivery', 'data_coding'].map(u8),
  ]),
  answer('data_sm_resp', [messageId]),
  // §4.8: query_sm.
  layout('query_sm', [messageId, ...source(21)]),
  answer('query_sm_resp', [
    messageId,
    time('final_date', Status.ESME_RINVPARLEN),
    u8('message_state'),
    u8('error_code'),
  ]),
  // §4.9: cancel_sm.
  layout('cancel_sm', [serviceType, messageId, ...source(21), ...destination(21)]),
  layout('cancel_sm_resp', []),
  // §4.10: replace_sm; TLVs since 5.0.
  request('replace_sm', [
    messageId,
    ...source(21),
    schedule,
    validity,
    u8('registered_delivery'),
    u8('sm_default_msg_id'),
    shortMessage,
  ]),
  layout('replace_sm_resp', []),
  // §4.11, §4.12.
  layout('enquire_link', []),
  layout('enquire_link_resp', []),
  request('alert_notification', [...source(65), ...address('esme_addr', 'esme_addr', 65, Status.ESME_RINVDSTADR)]),
  // SMPP 5.0 §4.4: broadcasts.
  request('broadcast_sm', [
    serviceType,
    ...source(21),
    messageId,
    u8('priority_flag'),
    schedule,
    validity,
    ...['replace_if_present_flag', 'data_coding', 'sm_default_msg_id'].map(u8),
  ]),
  answer('broadcast_sm_resp', [messageId]),
  request('query_broadcast_sm', [messageId, ...source(21)]),
  answer('query_broadcast_sm_resp', [messageId]),
  request('cancel_broadcast_sm', [serviceType, messageId, ...source(21)]),
  layout('cancel_broadcast_sm_resp', []),
];

const byCommand = new Map<number, PduLayout>(pduLayouts.map((entry) => [entry.commandId, entry]));

/** The layout of a PDU, or undefined for a command_id that neither version knows. */
export const pduLayout = (commandId: number): PduLayout | undefined => byCommand.get(commandId);
