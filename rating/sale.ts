// The chain of sales: the customer buys from its parent, which buys from its own, up to the owner of the trunk.

import type { ChargeOn } from '#core';
import type { Balance } from './balance.js';

export interface SaleTerms {
  readonly sellerRef: number;
  readonly deckRef: number;
  readonly planRef: number;
  readonly chargeOn: ChargeOn;
  /** The seller refuses to sell below what the next sale up costs it. */
  readonly forbidLoss: boolean;
}

/** One sale of the chain, bottom first: `buyer` pays its parent, the seller, by the deck's rates. Changed in place. */
export class Sale {
  /** The buyer's. */
  readonly balance: Balance;
  readonly buyerRef: number;
  sellerRef: number;
  deckRef: number;
  planRef: number;
  chargeOn: ChargeOn;
  currency: string;
  /** The seller refuses to sell below what the next sale up costs it. */
  forbidLoss: boolean;

  constructor(balance: Balance, terms: SaleTerms) {
    this.balance = balance;
    this.buyerRef = balance.tenantRef;
    this.sellerRef = terms.sellerRef;
    this.deckRef = terms.deckRef;
    this.planRef = terms.planRef;
    this.chargeOn = terms.chargeOn;
    this.currency = balance.currency;
    this.forbidLoss = terms.forbidLoss;
  }
}
