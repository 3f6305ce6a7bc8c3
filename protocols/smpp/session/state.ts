// Session states (SMPP 3.4 §2.2), the moves between them, and which PDU is legal in which (§2.3, table 2-1).

import { invariant } from '#core';
import { Command } from '../command.js';
import type { SessionRole } from './contract.js';

export type BindState =
  'open' | 'outbound' | 'binding' | 'bound-tx' | 'bound-rx' | 'bound-trx' | 'unbinding' | 'closed';
export type BoundState = 'bound-tx' | 'bound-rx' | 'bound-trx';

const OPEN = 1;
const OUTBOUND = 2;
const BINDING = 4;
const TX = 8;
const RX = 16;
const TRX = 32;
const UNBINDING = 64;

/** Each state as one bit, for the table of legal PDUs. */
export const stateBit: Readonly<Record<BindState, number>> = {
  open: OPEN,
  outbound: OUTBOUND,
  binding: BINDING,
  'bound-tx': TX,
  'bound-rx': RX,
  'bound-trx': TRX,
  unbinding: UNBINDING,
  closed: 0,
};

export const BOUND_BITS = TX | RX | TRX;

const afterBinding = ['open', 'bound-tx', 'bound-rx', 'bound-trx', 'closed'] as const;
const moves: Readonly<Record<BindState, readonly BindState[]>> = {
  open: ['outbound', 'binding', 'closed'],
  outbound: ['binding', 'closed'],
  // A refused bind leaves the session open for another try.
  binding: afterBinding,
  'bound-tx': ['unbinding', 'closed'],
  'bound-rx': ['unbinding', 'closed'],
  'bound-trx': ['unbinding', 'closed'],
  unbinding: ['closed'],
  closed: [],
};

/** The state after a move, which must be one that the table allows. */
export function moved(from: BindState, to: BindState): BindState {
  invariant(moves[from].includes(to), `session cannot go from ${from} to ${to}`);
  return to;
}

/** Ids above this are unknown as requests; 0x112 (query_broadcast_sm) and 0x113 (cancel_broadcast_sm) are the last. */
const COMMANDS = 0x114;

const fromEsme = new Uint8Array(COMMANDS);
const fromMc = new Uint8Array(COMMANDS);

// SMPP 3.4 table 2-1, and SMPP 5.0 table 2-1 for the broadcast operations.
fromEsme[Command.bind_receiver] = OPEN | OUTBOUND;
fromEsme[Command.bind_transmitter] = OPEN;
fromEsme[Command.bind_transceiver] = OPEN | OUTBOUND;
for (const command of [
  Command.submit_sm,
  Command.submit_multi,
  Command.data_sm,
  Command.query_sm,
  Command.cancel_sm,
  Command.replace_sm,
  Command.broadcast_sm,
  Command.query_broadcast_sm,
  Command.cancel_broadcast_sm,
]) {
  fromEsme[command] = TX | TRX;
}
fromMc[Command.outbind] = OPEN;
fromMc[Command.deliver_sm] = RX | TRX;
fromMc[Command.data_sm] = RX | TRX;
fromMc[Command.alert_notification] = RX | TRX;
fromEsme[Command.unbind] = BOUND_BITS;
fromMc[Command.unbind] = BOUND_BITS;
// SMPP 5.0 table 2-1 allows enquire_link in every state; answering it early harms nobody.
fromEsme[Command.enquire_link] = fromMc[Command.enquire_link] = OPEN | OUTBOUND | BINDING | BOUND_BITS | UNBINDING;

/** Per command_id, the bits of the states in which this role may send it as a request. */
export const legalFrom = (role: SessionRole): Uint8Array => (role === 'esme' ? fromEsme : fromMc);

/** Whether any role may ever send this id as a request. */
const isKnownRequest = (commandId: number): boolean =>
  commandId < COMMANDS && (fromEsme[commandId]! | fromMc[commandId]!) !== 0;

/** SMPP 3.4 §4.1.7 and §4.12: outbind and alert_notification are answered by nothing. */
export const isAnswered = (commandId: number): boolean =>
  commandId !== Command.outbind && commandId !== Command.alert_notification;

export const isBindCommand = (commandId: number): boolean =>
  commandId === Command.bind_transceiver ||
  commandId === Command.bind_transmitter ||
  commandId === Command.bind_receiver;

export type BindKind = 'transmitter' | 'receiver' | 'transceiver';

export const bindCommand: Readonly<Record<BindKind, number>> = {
  transmitter: Command.bind_transmitter,
  receiver: Command.bind_receiver,
  transceiver: Command.bind_transceiver,
};

export const boundStateOf: Readonly<Record<BindKind, BoundState>> = {
  transmitter: 'bound-tx',
  receiver: 'bound-rx',
  transceiver: 'bound-trx',
};

export type RequestVerdict = 'legal' | 'enquire' | 'unbind' | 'unknown' | 'illegal' | 'second-bind' | 'draining';

/** What to do with a peer's request in a state; `isOurDrain`: we have asked to unbind and only wait for answers. */
export function judgeRequest(
  commandId: number,
  legalFromPeer: Uint8Array,
  bit: number,
  isOurDrain: boolean,
): RequestVerdict {
  const legalIn = commandId < COMMANDS ? legalFromPeer[commandId]! : 0;
  if ((legalIn & bit) !== 0) {
    if (commandId === Command.enquire_link) return 'enquire';
    return commandId === Command.unbind ? 'unbind' : 'legal';
  }
  if (!isKnownRequest(commandId)) return 'unknown';
  if (bit === UNBINDING && legalIn !== 0) {
    if (commandId === Command.unbind) return 'unbind';
    if (isOurDrain && isAnswered(commandId) && !isBindCommand(commandId)) return 'draining';
  }
  return isBindCommand(commandId) && legalIn !== 0 ? 'second-bind' : 'illegal';
}
