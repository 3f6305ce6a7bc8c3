// What a tenant owns, owes and has promised. In memory; changed only by the functions here, one synchronous step each.

import { BALANCE_MICROS_MAX, invariant } from '#core';

/** A tenant's money in one currency, as its parent keeps it. `held` is promised to traffic that has not ended. */
export class Balance {
  readonly tenantRef: number;
  readonly currency: string;
  balanceMicros: bigint;
  heldMicros = 0n;
  /** How far below zero the balance may go; 0 for a prepaid tenant. */
  creditLimitMicros: bigint;
  /** A closed tenant buys nothing more; what it holds is still settled. */
  closed = false;

  constructor(tenantRef: number, currency: string, balanceMicros = 0n, creditLimitMicros = 0n) {
    this.tenantRef = tenantRef;
    this.currency = currency;
    this.balanceMicros = balanceMicros;
    this.creditLimitMicros = creditLimitMicros;
  }

  /** What new traffic may still hold; negative after the credit limit was lowered below what is owed. */
  get availableMicros(): bigint {
    return this.balanceMicros + this.creditLimitMicros - this.heldMicros;
  }
}

/** Holds an amount if it is there; true when held. A free event is never refused for credit. */
export function hold(balance: Balance, amountMicros: bigint): boolean {
  invariant(amountMicros >= 0n, 'a hold is never negative');
  if (balance.closed) return false;
  if (amountMicros > 0n && amountMicros > balance.availableMicros) return false;
  balance.heldMicros += amountMicros;
  return true;
}

/** Takes up again, at start, a hold that was granted before: what was accepted stays accepted, whatever is left. */
export function restoreHold(balance: Balance, heldMicros: bigint): void {
  invariant(heldMicros >= 0n, 'a hold is never negative');
  balance.heldMicros += heldMicros;
}

/**
 * `refuse`: charging more than was held is our own fault, and throws. `allow`: the tariff declares that usage may
 * overrun its hold (a last slice measured late), and the balance may pass its limit by that much.
 */
export type Overrun = 'refuse' | 'allow';

/** Ends a hold: `chargedMicros` of it leave the balance, the rest is free again. */
export function settle(balance: Balance, heldMicros: bigint, chargedMicros: bigint, overrun: Overrun = 'refuse'): void {
  invariant(heldMicros >= 0n && chargedMicros >= 0n, 'money to settle is never negative');
  invariant(balance.heldMicros >= heldMicros, 'a settlement frees more than is held');
  invariant(overrun === 'allow' || chargedMicros <= heldMicros, 'a commit exceeds its reservation');
  balance.heldMicros -= heldMicros;
  balance.balanceMicros -= chargedMicros;
}

export type TopUp = 'ok' | 'not-positive' | 'too-large';

/** Adds money. Works on closed tenants too: they may owe. */
export function topUp(balance: Balance, amountMicros: bigint): TopUp {
  return amountMicros <= 0n ? 'not-positive' : adjust(balance, amountMicros);
}

/** Adds or takes money by hand; may go below the credit limit, since it corrects what happened already. */
export function adjust(balance: Balance, amountMicros: bigint): 'ok' | 'too-large' {
  const after = balance.balanceMicros + amountMicros;
  if (after > BALANCE_MICROS_MAX || after < -BALANCE_MICROS_MAX) return 'too-large';
  balance.balanceMicros = after;
  return 'ok';
}
