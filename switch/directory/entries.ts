// The things a switch knows: tenants, what they sell by, where traffic goes and who sends it. Each object keeps its
// identity for life and changes in place, so whoever holds one sees a change at once.

import type { ChargeOn } from '#core';
import type { Balance, NoReceiptRule, Sale } from '#rating';
import type { TrunkState } from '#routing';
import type { AllowList } from './allow-list.js';
import type { BindKind, ResourceBody, TrunkBody } from './bodies.js';
import type { SenderRights } from './sender-rights.js';

export interface Tenant {
  readonly ref: number;
  readonly id: string;
  readonly parent: Tenant | undefined;
  /** 0 for the root. */
  readonly depth: number;
  readonly currency: string;
  name: string;
  /** 0 for the root, which buys of carriers only. */
  planRef: number;
  readonly balance: Balance;
  /** How it buys of its parent; undefined for the root. */
  readonly sale: Sale | undefined;
  forbidLoss: boolean;
  enabled: boolean;
  /** Disabled itself, or any ancestor is. */
  closedEffective: boolean;
  /** Its own ref and those of all ancestors, itself first. */
  readonly ownerRefs: readonly number[];
}

export interface Plan {
  readonly ref: number;
  readonly id: string;
  readonly tenantRef: number;
  deckRef: number;
  chargeOn: ChargeOn;
  noReceipt: NoReceiptRule;
}

export interface Deck {
  readonly ref: number;
  readonly id: string;
  readonly tenantRef: number;
  readonly currency: string;
}

export interface Carrier {
  readonly ref: number;
  readonly id: string;
  readonly tenantRef: number;
  name: string;
  country: string;
  enabled: boolean;
}

export interface Trunk {
  readonly ref: number;
  readonly id: string;
  readonly ownerRef: number;
  carrier: Carrier;
  /** Which adapter: `smpp`, `loopback`. */
  readonly kind: string;
  /** As provisioned; the adapter kind reads them. */
  options: TrunkBody['options'];
  /** Sealed; see `openTrunkSecret` in switch/provision. */
  secrets: TrunkBody['secrets'];
  /** 0 when it has none. */
  deckRef: number;
  /** The trunk and its carrier are. */
  enabled: boolean;
  readonly state: TrunkState;
  receipts: 'asked' | 'always';
  receiptTimeoutSec: number;
}

export interface Account {
  readonly ref: number;
  readonly id: string;
  readonly tenant: Tenant;
  systemId: string;
  passwordHash: string;
  /** The account alone; see also `tenant.closedEffective`. */
  enabled: boolean;
  bindMax: number;
  bindKinds: readonly BindKind[];
  windowMax: number;
  segmentsPerSec: number;
  burstSegments: number;
  readonly allowFrom: AllowList;
  validityMaxSec: number;
  validityDefaultSec: number;
  receiptRetentionSec: number;
  /** The customer's purchase first, up to the one of the root's child. */
  readonly chain: readonly Sale[];
  /** The account's tenant and all its ancestors, itself first: whose trunks it may use. */
  readonly ownerRefs: readonly number[];
  readonly senders: SenderRights;
}

export interface Resource {
  readonly ref: number;
  readonly id: string;
  readonly tenantRef: number;
  body: ResourceBody;
}

export interface ApiKey {
  readonly ref: number;
  readonly id: string;
  readonly tenantRef: number;
  name: string;
  keyHash: string;
  permissions: readonly string[];
  enabled: boolean;
}
