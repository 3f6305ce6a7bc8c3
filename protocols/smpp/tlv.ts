// Tags of the optional parameters with the type of their values: SMPP 3.4 §5.3.2 and SMPP 5.0 §4.8.4.

/** How a TLV's value is laid out. 'octets' has no inner layout that this codec judges. */
export type TlvType = 'empty' | 'u8' | 'u16' | 'u32' | 'cstring' | 'octets';

export interface TlvLayout {
  readonly tag: number;
  readonly type: TlvType;
  /** Value octets, both ends included; a C-string's terminator counts. */
  readonly bytesMin: number;
  readonly bytesMax: number;
}

export const Tlv = {
  dest_addr_subunit: 0x0005,
  dest_network_type: 0x0006,
  dest_bearer_type: 0x0007,
  dest_telematics_id: 0x0008,
  source_addr_subunit: 0x000d,
  source_network_type: 0x000e,
  source_bearer_type: 0x000f,
  source_telematics_id: 0x0010,
  qos_time_to_live: 0x0017,
  payload_type: 0x0019,
  additional_status_info_text: 0x001d,
  receipted_message_id: 0x001e,
  ms_msg_wait_facilities: 0x0030,
  privacy_indicator: 0x0201,
  source_subaddress: 0x0202,
  dest_subaddress: 0x0203,
  user_message_reference: 0x0204,
  user_response_code: 0x0205,
  source_port: 0x020a,
  destination_port: 0x020b,
  sar_msg_ref_num: 0x020c,
  language_indicator: 0x020d,
  sar_total_segments: 0x020e,
  sar_segment_seqnum: 0x020f,
  sc_interface_version: 0x0210,
  callback_num_pres_ind: 0x0302,
  callback_num_atag: 0x0303,
  number_of_messages: 0x0304,
  callback_num: 0x0381,
  dpf_result: 0x0420,
  set_dpf: 0x0421,
  ms_availability_status: 0x0422,
  network_error_code: 0x0423,
  message_payload: 0x0424,
  delivery_failure_reason: 0x0425,
  more_messages_to_send: 0x0426,
  message_state: 0x0427,
  congestion_state: 0x0428,
  ussd_service_op: 0x0501,
  broadcast_channel_indicator: 0x0600,
  broadcast_content_type: 0x0601,
  broadcast_content_type_info: 0x0602,
  broadcast_message_class: 0x0603,
  broadcast_rep_num: 0x0604,
  broadcast_frequency_interval: 0x0605,
  broadcast_area_identifier: 0x0606,
  broadcast_error_status: 0x0607,
  broadcast_area_success: 0x0608,
  broadcast_end_time: 0x0609,
  broadcast_service_group: 0x060a,
  billing_identification: 0x060b,
  source_network_id: 0x060d,
  dest_network_id: 0x060e,
  source_node_id: 0x060f,
  dest_node_id: 0x0610,
  dest_addr_np_resolution: 0x0611,
  dest_addr_np_information: 0x0612,
  dest_addr_np_country: 0x0613,
  display_time: 0x1201,
  sms_signal: 0x1203,
  ms_validity: 0x1204,
  alert_on_message_delivery: 0x130c,
  its_reply_type: 0x1380,
  its_session_info: 0x1383,
} as const;

export type TlvName = keyof typeof Tlv;

type Shape = readonly [type: TlvType, bytesMin: number, bytesMax: number];

const u8: Shape = ['u8', 1, 1];
const u16: Shape = ['u16', 2, 2];
const u32: Shape = ['u32', 4, 4];
const octets = (bytesMin: number, bytesMax: number): Shape => ['octets', bytesMin, bytesMax];
const cstring = (bytesMax: number): Shape => ['cstring', 1, bytesMax];

/** A TLV's length field is 16 bits wide. */
const ANY_LENGTH = 65_535;

const shapes: Readonly<Record<TlvName, Shape>> = {
  dest_addr_subunit: u8,
  dest_network_type: u8,
  dest_bearer_type: u8,
  dest_telematics_id: u16,
  source_addr_subunit: u8,
  source_network_type: u8,
  source_bearer_type: u8,
  // One octet in SMPP 3.4 §5.3.2.8; peers that mirror dest_telematics_id send two.
  source_telematics_id: ['u8', 1, 2],
  qos_time_to_live: u32,
  payload_type: u8,
  additional_status_info_text: cstring(256),
  receipted_message_id: cstring(65),
  ms_msg_wait_facilities: u8,
  privacy_indicator: u8,
  source_subaddress: octets(2, 23),
  dest_subaddress: octets(2, 23),
  user_message_reference: u16,
  user_response_code: u8,
  source_port: u16,
  destination_port: u16,
  sar_msg_ref_num: u16,
  language_indicator: u8,
  sar_total_segments: u8,
  sar_segment_seqnum: u8,
  sc_interface_version: u8,
  callback_num_pres_ind: u8,
  callback_num_atag: octets(0, 65),
  number_of_messages: u8,
  callback_num: octets(4, 19),
  dpf_result: u8,
  set_dpf: u8,
  ms_availability_status: u8,
  network_error_code: octets(3, 3),
  message_payload: octets(0, ANY_LENGTH),
  delivery_failure_reason: u8,
  more_messages_to_send: u8,
  message_state: u8,
  congestion_state: u8,
  ussd_service_op: u8,
  broadcast_channel_indicator: u8,
  broadcast_content_type: octets(3, 3),
  broadcast_content_type_info: octets(0, 255),
  broadcast_message_class: u8,
  broadcast_rep_num: u16,
  broadcast_frequency_interval: octets(3, 3),
  broadcast_area_identifier: octets(1, ANY_LENGTH),
  broadcast_error_status: u32,
  broadcast_area_success: u8,
  broadcast_end_time: octets(16, 17),
  broadcast_service_group: octets(1, 255),
  billing_identification: octets(1, 1024),
  source_network_id: cstring(65),
  dest_network_id: cstring(65),
  source_node_id: octets(6, 6),
  dest_node_id: octets(6, 6),
  dest_addr_np_resolution: u8,
  dest_addr_np_information: octets(0, 10),
  dest_addr_np_country: octets(1, 5),
  display_time: u8,
  sms_signal: u16,
  // SMPP 3.4 §5.3.2.27 has one octet; 5.0 §4.8.4.38 allows a unit and a 16-bit count behind it.
  ms_validity: octets(1, 4),
  // SMPP 3.4 §5.3.2.41 has no value, 5.0 §4.8.4.2 an optional octet.
  alert_on_message_delivery: ['empty', 0, 1],
  its_reply_type: u8,
  its_session_info: octets(2, 2),
};

const tlvNames = Object.keys(Tlv) as TlvName[];
const layouts = new Map<number, TlvLayout>(
  tlvNames.map((name) => {
    const [type, bytesMin, bytesMax] = shapes[name];
    return [Tlv[name], { tag: Tlv[name], type, bytesMin, bytesMax }];
  }),
);
const namesByTag = new Map<number, TlvName>(tlvNames.map((name) => [Tlv[name], name]));

/** The layout of a standard TLV; a vendor's TLV has none. */
export const tlvLayout = (tag: number): TlvLayout | undefined => layouts.get(tag);

/** The tag's name in the specification, or its number when it has none: '0x1400'. */
export const tlvName = (tag: number): string => namesByTag.get(tag) ?? `0x${tag.toString(16).padStart(4, '0')}`;
