// How a message ends, in the words of SMPP 3.4 §5.2.28, shared by receipts, records and rating.

/** message_state values. 1 to 8 are SMPP 3.4 §5.2.28; 9 (skipped) is SMPP 5.0 §4.7.15; 0 is scheduled there. */
export const MessageState = {
  scheduled: 0,
  enroute: 1,
  delivered: 2,
  expired: 3,
  deleted: 4,
  undeliverable: 5,
  accepted: 6,
  unknown: 7,
  rejected: 8,
  skipped: 9,
} as const;
export type MessageState = (typeof MessageState)[keyof typeof MessageState];

/** True when no later receipt may change the state. */
export const isFinalState = (state: number): boolean =>
  state !== MessageState.scheduled && state !== MessageState.enroute && state !== MessageState.accepted;

/** When a plan takes the money that was held. */
export type ChargeOn = 'accepted' | 'submitted' | 'delivered';
