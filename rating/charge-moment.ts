// When the money that was held is taken: the plan's charging moment against what became of the message.

import type { ChargeOn } from '#core';

/** What became of a message, as far as money cares. */
export type ChargeEvent = 'accepted' | 'submitted' | 'delivered' | 'undelivered' | 'failed-unsubmitted' | 'no-receipt';

/** What a plan that charges on delivery does when the receipt never comes: declared, never guessed. */
export type NoReceiptRule = 'charge' | 'release';

/** Whether to take what is held, give it back, or keep holding. */
export function chargeStep(
  chargeOn: ChargeOn,
  event: ChargeEvent,
  noReceipt: NoReceiptRule,
): 'charge' | 'release' | 'hold' {
  switch (event) {
    case 'accepted':
      return chargeOn === 'accepted' ? 'charge' : 'hold';
    case 'submitted':
      return chargeOn === 'delivered' ? 'hold' : 'charge';
    case 'delivered':
      return 'charge';
    case 'undelivered':
      return chargeOn === 'delivered' ? 'release' : 'charge';
    case 'failed-unsubmitted':
      return chargeOn === 'accepted' ? 'charge' : 'release';
    case 'no-receipt':
      return chargeOn === 'delivered' ? noReceipt : 'charge';
  }
}
