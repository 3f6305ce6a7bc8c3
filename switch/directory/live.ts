// The live objects of rating and routing as the directory changes them, and how it has new ones made. The directory
// never counts money or ranks trunks: it only sets the fields that provisioning decides.

import type { ChargeOn } from '#core';

/** rating's balance of one tenant: who may buy, up to which limit. */
export interface LiveBalance {
  creditLimitMicros: bigint;
  closed: boolean;
}

/** rating's one level of a chain of sales. */
export interface LiveSale {
  sellerRef: number;
  deckRef: number;
  planRef: number;
  chargeOn: ChargeOn;
  currency: string;
  forbidLoss: boolean;
}

/** routing's view of one trunk. */
export interface LiveTrunk {
  enabled: boolean;
}

/** Makes what the directory holds for others; given by the composition root. */
export interface LiveParts<B extends LiveBalance, S extends LiveSale, T extends LiveTrunk> {
  balance(tenantRef: number, currency: string): B;
  sale(balance: B, buyerRef: number): S;
  trunk(ref: number, ownerRef: number): T;
}
