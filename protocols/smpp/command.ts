// command_id values: SMPP 3.4 §5.1.2.1 and SMPP 5.0 §4.7.5.

export const Command = {
  bind_receiver: 0x00000001,
  bind_transmitter: 0x00000002,
  query_sm: 0x00000003,
  submit_sm: 0x00000004,
  deliver_sm: 0x00000005,
  unbind: 0x00000006,
  replace_sm: 0x00000007,
  cancel_sm: 0x00000008,
  bind_transceiver: 0x00000009,
  outbind: 0x0000000b,
  enquire_link: 0x00000015,
  submit_multi: 0x00000021,
  alert_notification: 0x00000102,
  data_sm: 0x00000103,
  broadcast_sm: 0x00000111,
  query_broadcast_sm: 0x00000112,
  cancel_broadcast_sm: 0x00000113,
  generic_nack: 0x80000000,
  bind_receiver_resp: 0x80000001,
  bind_transmitter_resp: 0x80000002,
  query_sm_resp: 0x80000003,
  submit_sm_resp: 0x80000004,
  deliver_sm_resp: 0x80000005,
  unbind_resp: 0x80000006,
  replace_sm_resp: 0x80000007,
  cancel_sm_resp: 0x80000008,
  bind_transceiver_resp: 0x80000009,
  enquire_link_resp: 0x80000015,
  submit_multi_resp: 0x80000021,
  data_sm_resp: 0x80000103,
  broadcast_sm_resp: 0x80000111,
  query_broadcast_sm_resp: 0x80000112,
  cancel_broadcast_sm_resp: 0x80000113,
} as const;

export type CommandName = keyof typeof Command;

/** Set in the command_id of every response (SMPP 3.4 §5.1.2). */
export const RESPONSE_BIT = 0x80000000;

const names = new Map<number, CommandName>(
  (Object.keys(Command) as CommandName[]).map((name) => [Command[name], name]),
);

/** The PDU's name in the specification, or its number when it has none: '0x000000ff'. */
export const commandName = (id: number): string => names.get(id) ?? `0x${(id >>> 0).toString(16).padStart(8, '0')}`;

export const isKnownCommand = (id: number): boolean => names.has(id);

/** True for responses and generic_nack. */
export const isResponse = (id: number): boolean => id >= RESPONSE_BIT;

/** The command_id that answers a request. outbind and alert_notification have no answer; asking for theirs is our fault. */
export const responseOf = (id: number): number => (id | RESPONSE_BIT) >>> 0;
