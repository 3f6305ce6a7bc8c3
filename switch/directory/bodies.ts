// What the JSON body of each kind of provisioned row holds. Other rows are named by id; the owner is the row's tenant.
// Written by switch/provision after validation, so readers trust it.

import type { ChargeOn } from '#core';
import type { NoReceiptRule } from '#rating';

export type Kind = 'tenant' | 'plan' | 'deck' | 'carrier' | 'trunk' | 'account' | 'resource' | 'key';

/** Owners before what they own, and what is named before what names it. */
export const KINDS: readonly Kind[] = ['tenant', 'deck', 'plan', 'carrier', 'trunk', 'account', 'resource', 'key'];

/** The row's tenant is the parent; the root tenant has none. */
export interface TenantBody {
  readonly name: string;
  readonly currency: string;
  /** What it buys by: a plan of its parent's. Absent for the root. */
  readonly plan?: string;
  /** Decimal text in units of the currency, exact to 10⁻⁶. */
  readonly creditLimit: string;
  readonly forbidLoss: boolean;
  readonly enabled: boolean;
}

export interface PlanBody {
  readonly deck: string;
  readonly chargeOn: ChargeOn;
  /** With `chargeOn: delivered`: what becomes of the hold when no receipt ever comes. */
  readonly noReceipt: NoReceiptRule;
}

export interface DeckBody {
  readonly currency: string;
}

export interface CarrierBody {
  readonly name: string;
  readonly country: string;
  readonly enabled: boolean;
}

export interface TrunkBody {
  readonly carrier: string;
  /** Which adapter: `smpp`, `loopback`. */
  readonly adapter: string;
  readonly options: Readonly<Record<string, unknown>>;
  /** Sealed by switch/secrets, by name: `password`, `tlsKey`. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What the carrier charges. Without one the trunk has no price and is never a candidate. */
  readonly deck?: string;
  readonly receipts: 'asked' | 'always';
  readonly receiptTimeoutSec: number;
  readonly enabled: boolean;
}

export type BindKind = 'tx' | 'rx' | 'trx';

export interface AccountBody {
  readonly systemId: string;
  /** As written by switch/secrets. */
  readonly passwordHash: string;
  readonly enabled: boolean;
  readonly bindMax: number;
  readonly bindKinds: readonly BindKind[];
  readonly windowMax: number;
  readonly segmentsPerSec: number;
  readonly burstSegments: number;
  /** Addresses and networks; empty means from anywhere. */
  readonly allowFrom: readonly string[];
  readonly validityMaxSec: number;
  readonly validityDefaultSec: number;
  readonly receiptRetentionSec: number;
}

export type ResourceType = 'number' | 'short-code' | 'alphanumeric' | 'number-range';

export interface ResourceBody {
  readonly type: ResourceType;
  readonly value: string;
  /** Alphanumeric only: ISO codes where it is registered, or `*`. */
  readonly countries?: readonly string[];
  /** The one account that may use it; absent: every account of the tenant. */
  readonly account?: string;
}

export interface KeyBody {
  readonly name: string;
  /** SHA-256 of the key, hex. */
  readonly keyHash: string;
  readonly permissions: readonly string[];
  readonly enabled: boolean;
}
