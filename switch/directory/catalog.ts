// The maps of everything provisioned, and how a row becomes an object or changes the one that is there.

import { invariant, parseMicros, TENANT_DEPTH_MAX } from '#core';
import { Balance, Sale } from '#rating';
import { TrunkState } from '#routing';
import type { ProvisionedRow } from '../store/contract.js';
import { AllowList } from './allow-list.js';
import type {
  AccountBody,
  CarrierBody,
  DeckBody,
  KeyBody,
  Kind,
  PlanBody,
  ResourceBody,
  TenantBody,
  TrunkBody,
} from './bodies.js';
import { countryTable } from './countries.js';
import type { CountryTable } from './countries.js';
import type { Account, ApiKey, Carrier, Deck, Plan, Resource, Tenant, Trunk } from './entries.js';
import { SenderRights } from './sender-rights.js';

/** What one change touched, for those who keep something per trunk, deck or account. */
export interface DirectoryChange {
  readonly trunksAdded: Trunk[];
  readonly trunksChanged: Trunk[];
  readonly trunksRemoved: Trunk[];
  readonly accountsRemoved: Account[];
  /** Decks, plans, tenants or the deck of a trunk changed: prices or ranks must be compiled anew. */
  pricesChanged: boolean;
}

/** Filled row by row; `Directory` decides the order and settles what depends on what. */
export class Catalog {
  readonly tenants = new Map<number, Tenant>();
  readonly plans = new Map<number, Plan>();
  readonly decks = new Map<number, Deck>();
  readonly carriers = new Map<number, Carrier>();
  readonly trunks = new Map<number, Trunk>();
  readonly accounts = new Map<number, Account>();
  readonly resources = new Map<number, Resource>();
  readonly keys = new Map<number, ApiKey>();
  protected readonly refs = new Map<string, number>();
  protected readonly bySystemId = new Map<string, Account>();
  protected readonly byKeyHash = new Map<string, ApiKey>();
  protected readonly trunkOn = new Map<number, boolean>();
  readonly #countries: CountryTable;
  protected rootTenant: Tenant | undefined;

  constructor(countries: CountryTable = countryTable()) {
    this.#countries = countries;
  }

  protected put(row: ProvisionedRow, change: DirectoryChange, senders: Set<number>): void {
    const body: unknown = JSON.parse(row.body);
    switch (row.kind as Kind) {
      case 'tenant':
        change.pricesChanged = true;
        this.#putTenant(row, body as TenantBody);
        return;
      case 'deck':
        change.pricesChanged = true;
        this.#putDeck(row, body as DeckBody);
        return;
      case 'plan':
        change.pricesChanged = true;
        this.#putPlan(row, body as PlanBody);
        return;
      case 'carrier':
        this.#putCarrier(row, body as CarrierBody);
        return;
      case 'trunk':
        this.#putTrunk(row, body as TrunkBody, change);
        return;
      case 'account':
        senders.add(row.tenantRef);
        this.#putAccount(row, body as AccountBody);
        return;
      case 'resource':
        senders.add(row.tenantRef);
        this.resources.set(row.ref, { ref: row.ref, id: row.id, tenantRef: row.tenantRef, body: body as ResourceBody });
        return;
      case 'key':
        this.#putKey(row, body as KeyBody);
        return;
    }
  }

  #putTenant(row: ProvisionedRow, body: TenantBody): void {
    const tenant = this.tenants.get(row.ref) ?? this.#newTenant(row, body);
    tenant.name = body.name;
    tenant.planRef = body.plan === undefined ? 0 : this.#refOf('plan', body.plan);
    tenant.forbidLoss = body.forbidLoss;
    tenant.enabled = body.enabled;
    tenant.balance.creditLimitMicros = parseMicros(body.creditLimit) ?? 0n;
  }

  #newTenant(row: ProvisionedRow, body: TenantBody): Tenant {
    const parent = this.tenants.get(row.tenantRef);
    invariant(parent !== undefined || row.tenantRef === 0, `tenant '${row.id}' has no parent`);
    const depth = parent === undefined ? 0 : parent.depth + 1;
    invariant(depth < TENANT_DEPTH_MAX, `tenant '${row.id}' lies too deep`);
    const balance = new Balance(row.ref, body.currency);
    const tenant: Tenant = {
      ref: row.ref,
      id: row.id,
      parent,
      depth,
      currency: body.currency,
      name: body.name,
      planRef: 0,
      balance,
      sale: parent === undefined ? undefined : newSale(balance, parent),
      forbidLoss: body.forbidLoss,
      enabled: body.enabled,
      closedEffective: !body.enabled,
      ownerRefs: parent === undefined ? [row.ref] : [row.ref, ...parent.ownerRefs],
    };
    if (parent === undefined) {
      invariant(
        this.rootTenant === undefined || this.rootTenant.ref === row.ref,
        `'${row.id}' would be a second root tenant`,
      );
      this.rootTenant = tenant;
    }
    this.tenants.set(row.ref, tenant);
    return tenant;
  }

  #putDeck(row: ProvisionedRow, body: DeckBody): void {
    if (this.decks.has(row.ref)) return;
    this.decks.set(row.ref, { ref: row.ref, id: row.id, tenantRef: row.tenantRef, currency: body.currency });
  }

  #putPlan(row: ProvisionedRow, body: PlanBody): void {
    const deckRef = this.#refOf('deck', body.deck);
    const plan = this.plans.get(row.ref);
    if (plan === undefined) {
      this.plans.set(row.ref, {
        ref: row.ref,
        id: row.id,
        tenantRef: row.tenantRef,
        deckRef,
        chargeOn: body.chargeOn,
        noReceipt: body.noReceipt,
      });
      return;
    }
    plan.deckRef = deckRef;
    plan.chargeOn = body.chargeOn;
    plan.noReceipt = body.noReceipt;
  }

  #putCarrier(row: ProvisionedRow, body: CarrierBody): void {
    const carrier = this.carriers.get(row.ref);
    if (carrier === undefined) {
      const { name, country, enabled } = body;
      this.carriers.set(row.ref, { ref: row.ref, id: row.id, tenantRef: row.tenantRef, name, country, enabled });
      return;
    }
    carrier.name = body.name;
    carrier.country = body.country;
    carrier.enabled = body.enabled;
  }

  #putTrunk(row: ProvisionedRow, body: TrunkBody, change: DirectoryChange): void {
    const carrier = this.carriers.get(this.#refOf('carrier', body.carrier));
    invariant(carrier !== undefined, `trunk '${row.id}' has no carrier`);
    const deckRef = body.deck === undefined ? 0 : this.#refOf('deck', body.deck);
    this.trunkOn.set(row.ref, body.enabled);
    const trunk = this.trunks.get(row.ref);
    if (trunk === undefined) {
      const added: Trunk = {
        ref: row.ref,
        id: row.id,
        ownerRef: row.tenantRef,
        carrier,
        kind: body.adapter,
        options: body.options,
        secrets: body.secrets,
        deckRef,
        enabled: false,
        state: new TrunkState(row.ref, row.tenantRef),
        receipts: body.receipts,
        receiptTimeoutSec: body.receiptTimeoutSec,
      };
      this.trunks.set(row.ref, added);
      change.trunksAdded.push(added);
      change.pricesChanged = true;
      return;
    }
    change.pricesChanged ||= trunk.deckRef !== deckRef;
    trunk.carrier = carrier;
    trunk.options = body.options;
    trunk.secrets = body.secrets;
    trunk.deckRef = deckRef;
    trunk.receipts = body.receipts;
    trunk.receiptTimeoutSec = body.receiptTimeoutSec;
    change.trunksChanged.push(trunk);
  }

  #putAccount(row: ProvisionedRow, body: AccountBody): void {
    const known = this.accounts.get(row.ref);
    const account = known ?? this.#newAccount(row, body);
    if (known !== undefined) {
      this.bySystemId.delete(known.systemId);
      known.systemId = body.systemId;
      known.passwordHash = body.passwordHash;
      known.enabled = body.enabled;
      known.bindMax = body.bindMax;
      known.bindKinds = body.bindKinds;
      known.windowMax = body.windowMax;
      known.segmentsPerSec = body.segmentsPerSec;
      known.burstSegments = body.burstSegments;
      known.validityMaxSec = body.validityMaxSec;
      known.validityDefaultSec = body.validityDefaultSec;
      known.receiptRetentionSec = body.receiptRetentionSec;
    }
    account.allowFrom.replace(body.allowFrom);
    this.bySystemId.set(account.systemId, account);
  }

  #newAccount(row: ProvisionedRow, body: AccountBody): Account {
    const tenant = this.tenants.get(row.tenantRef);
    invariant(tenant !== undefined, `account '${row.id}' has no tenant`);
    const account: Account = {
      ref: row.ref,
      id: row.id,
      tenant,
      systemId: body.systemId,
      passwordHash: body.passwordHash,
      enabled: body.enabled,
      bindMax: body.bindMax,
      bindKinds: body.bindKinds,
      windowMax: body.windowMax,
      segmentsPerSec: body.segmentsPerSec,
      burstSegments: body.burstSegments,
      allowFrom: new AllowList(),
      validityMaxSec: body.validityMaxSec,
      validityDefaultSec: body.validityDefaultSec,
      receiptRetentionSec: body.receiptRetentionSec,
      chain: chainOf(tenant),
      ownerRefs: tenant.ownerRefs,
      senders: new SenderRights(this.#countries),
    };
    this.accounts.set(row.ref, account);
    return account;
  }

  #putKey(row: ProvisionedRow, body: KeyBody): void {
    const old = this.keys.get(row.ref);
    if (old !== undefined) this.byKeyHash.delete(old.keyHash);
    const { name, keyHash, permissions, enabled } = body;
    const key = old ?? { ref: row.ref, id: row.id, tenantRef: row.tenantRef, name, keyHash, permissions, enabled };
    key.name = name;
    key.keyHash = keyHash;
    key.permissions = permissions;
    key.enabled = enabled;
    this.keys.set(row.ref, key);
    this.byKeyHash.set(keyHash, key);
  }

  #refOf(kind: Kind, id: string): number {
    const ref = this.refs.get(`${kind}/${id}`);
    invariant(ref !== undefined, `${kind} '${id}' is named but not there`);
    return ref;
  }
}

function chainOf(tenant: Tenant): Sale[] {
  const chain: Sale[] = [];
  for (let at: Tenant | undefined = tenant; at?.sale !== undefined; at = at.parent) chain.push(at.sale);
  return chain;
}

/** Its terms are filled in by the settling that follows each change. */
const newSale = (balance: Balance, parent: Tenant): Sale =>
  new Sale(balance, { sellerRef: parent.ref, deckRef: 0, planRef: 0, chargeOn: 'submitted', forbidLoss: false });
