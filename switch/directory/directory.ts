// All provisioned things as live objects, found by ref, id or system_id, changed in place by one synchronous call.

import { AppError, invariant, parseMicros, TENANT_DEPTH_MAX } from '#core';
import type { ProvisionedRow, Scope } from '../store/contract.js';
import { AllowList } from './allow-list.js';
import { KINDS } from './bodies.js';
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
import type { LiveBalance, LiveParts, LiveSale, LiveTrunk } from './live.js';
import { SenderRights } from './sender-rights.js';

/** What one change touched, for those who keep something per trunk, deck or account. */
export interface DirectoryChange<B extends LiveBalance, S extends LiveSale, T extends LiveTrunk> {
  readonly trunksAdded: Trunk<T>[];
  readonly trunksChanged: Trunk<T>[];
  readonly trunksRemoved: Trunk<T>[];
  readonly accountsRemoved: Account<B, S>[];
  /** Decks, plans, tenants or the deck of a trunk changed: prices or ranks must be compiled anew. */
  pricesChanged: boolean;
}

const textOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export class Directory<
  B extends LiveBalance = LiveBalance,
  S extends LiveSale = LiveSale,
  T extends LiveTrunk = LiveTrunk,
> {
  readonly tenants = new Map<number, Tenant<B, S>>();
  readonly plans = new Map<number, Plan>();
  readonly decks = new Map<number, Deck>();
  readonly carriers = new Map<number, Carrier>();
  readonly trunks = new Map<number, Trunk<T>>();
  readonly accounts = new Map<number, Account<B, S>>();
  readonly resources = new Map<number, Resource>();
  readonly keys = new Map<number, ApiKey>();
  readonly #rows = new Map<number, ProvisionedRow>();
  readonly #refs = new Map<string, number>();
  readonly #bySystemId = new Map<string, Account<B, S>>();
  readonly #byKeyHash = new Map<string, ApiKey>();
  readonly #trunkOn = new Map<number, boolean>();
  readonly #parts: LiveParts<B, S, T>;
  readonly #countries: CountryTable;
  #root: Tenant<B, S> | undefined;

  constructor(parts: LiveParts<B, S, T>, countries: CountryTable = countryTable()) {
    this.#parts = parts;
    this.#countries = countries;
  }

  /** The tenant that everything belongs to; undefined before the first provisioning. */
  get root(): Tenant<B, S> | undefined {
    return this.#root;
  }

  accountBySystemId(systemId: string): Account<B, S> | undefined {
    return this.#bySystemId.get(systemId);
  }

  keyByHash(keyHash: string): ApiKey | undefined {
    return this.#byKeyHash.get(keyHash);
  }

  /** The row as stored, by kind and id. */
  row(kind: Kind, id: string): ProvisionedRow | undefined {
    return this.#rows.get(this.#refs.get(`${kind}/${id}`) ?? 0);
  }

  /** All rows as stored, owners first, then by id. */
  rows(): readonly ProvisionedRow[] {
    const order = (row: ProvisionedRow): number => KINDS.indexOf(row.kind as Kind);
    return [...this.#rows.values()].sort((a, b) => order(a) - order(b) || textOrder(a.id, b.id));
  }

  /** The id of anything by its ref; for people. */
  idOf(ref: number): string | undefined {
    return this.#rows.get(ref)?.id;
  }

  /** A tenant and all below it. */
  scopeOf(tenantRef: number): Scope {
    const tenantRefs: number[] = [];
    for (const tenant of this.tenants.values()) if (tenant.ownerRefs.includes(tenantRef)) tenantRefs.push(tenant.ref);
    return { tenantRef, tenantRefs };
  }

  /**
   * Takes rows as they are now (unchanged ones do no harm) and the refs of deleted ones. Objects that exist keep
   * their identity. Refuses, before touching anything, what provisioning must never do: move an owned thing.
   */
  applyChange(rows: readonly ProvisionedRow[], removed: readonly number[] = []): DirectoryChange<B, S, T> {
    const change: DirectoryChange<B, S, T> = {
      trunksAdded: [],
      trunksChanged: [],
      trunksRemoved: [],
      accountsRemoved: [],
      pricesChanged: false,
    };
    for (const row of rows) this.#refuseMove(row);
    const fresh = inOrder(rows).filter((row) => this.#rows.get(row.ref)?.body !== row.body);
    for (const row of rows) {
      this.#rows.set(row.ref, row);
      this.#refs.set(`${row.kind}/${row.id}`, row.ref);
    }
    const tenantsOfSenders = new Set<number>();
    for (const ref of removed) this.#remove(ref, change, tenantsOfSenders);
    for (const row of fresh) this.#put(row, change, tenantsOfSenders);
    this.#settle(change, fresh);
    this.#grantSenders(tenantsOfSenders);
    return change;
  }

  #refuseMove(row: ProvisionedRow): void {
    const known = this.#rows.get(row.ref);
    if (known === undefined || known.tenantRef === row.tenantRef) return;
    throw new AppError(
      'MX1402',
      `${row.kind} '${row.id}' belongs to '${this.idOf(known.tenantRef) ?? '-'}' and cannot move`,
      {
        next: 'create it under another id below the new owner, then remove the old one',
      },
    );
  }

  #put(row: ProvisionedRow, change: DirectoryChange<B, S, T>, senders: Set<number>): void {
    const body: unknown = JSON.parse(row.body);
    switch (row.kind as Kind) {
      case 'tenant':
        change.pricesChanged = true;
        return this.#putTenant(row, body as TenantBody);
      case 'deck':
        change.pricesChanged = true;
        return void this.#putDeck(row, body as DeckBody);
      case 'plan':
        change.pricesChanged = true;
        return this.#putPlan(row, body as PlanBody);
      case 'carrier':
        return this.#putCarrier(row, body as CarrierBody);
      case 'trunk':
        return this.#putTrunk(row, body as TrunkBody, change);
      case 'account':
        senders.add(row.tenantRef);
        return this.#putAccount(row, body as AccountBody);
      case 'resource':
        senders.add(row.tenantRef);
        this.resources.set(row.ref, { ref: row.ref, id: row.id, tenantRef: row.tenantRef, body: body as ResourceBody });
        return;
      case 'key':
        return this.#putKey(row, body as KeyBody);
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

  #newTenant(row: ProvisionedRow, body: TenantBody): Tenant<B, S> {
    const parent = this.tenants.get(row.tenantRef);
    invariant(parent !== undefined || row.tenantRef === 0, `tenant '${row.id}' has no parent`);
    const depth = parent === undefined ? 0 : parent.depth + 1;
    invariant(depth < TENANT_DEPTH_MAX, `tenant '${row.id}' lies too deep`);
    const balance = this.#parts.balance(row.ref, body.currency);
    const tenant: Tenant<B, S> = {
      ref: row.ref,
      id: row.id,
      parent,
      depth,
      currency: body.currency,
      name: body.name,
      planRef: 0,
      balance,
      sale: parent === undefined ? undefined : this.#parts.sale(balance, row.ref),
      forbidLoss: body.forbidLoss,
      enabled: body.enabled,
      closedEffective: !body.enabled,
      ownerRefs: parent === undefined ? [row.ref] : [row.ref, ...parent.ownerRefs],
    };
    if (parent === undefined) {
      invariant(this.#root === undefined || this.#root.ref === row.ref, `'${row.id}' would be a second root tenant`);
      this.#root = tenant;
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
      this.plans.set(row.ref, { ref: row.ref, id: row.id, tenantRef: row.tenantRef, deckRef, chargeOn: body.chargeOn });
      return;
    }
    plan.deckRef = deckRef;
    plan.chargeOn = body.chargeOn;
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

  #putTrunk(row: ProvisionedRow, body: TrunkBody, change: DirectoryChange<B, S, T>): void {
    const carrier = this.carriers.get(this.#refOf('carrier', body.carrier));
    invariant(carrier !== undefined, `trunk '${row.id}' has no carrier`);
    const deckRef = body.deck === undefined ? 0 : this.#refOf('deck', body.deck);
    this.#trunkOn.set(row.ref, body.enabled);
    const trunk = this.trunks.get(row.ref);
    if (trunk === undefined) {
      const added: Trunk<T> = {
        ref: row.ref,
        id: row.id,
        ownerRef: row.tenantRef,
        carrier,
        kind: body.adapter,
        options: body.options,
        deckRef,
        enabled: false,
        state: this.#parts.trunk(row.ref, row.tenantRef),
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
    trunk.deckRef = deckRef;
    trunk.receipts = body.receipts;
    trunk.receiptTimeoutSec = body.receiptTimeoutSec;
    change.trunksChanged.push(trunk);
  }

  #putAccount(row: ProvisionedRow, body: AccountBody): void {
    const known = this.accounts.get(row.ref);
    const account = known ?? this.#newAccount(row, body);
    if (known !== undefined) {
      this.#bySystemId.delete(known.systemId);
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
    this.#bySystemId.set(account.systemId, account);
  }

  #newAccount(row: ProvisionedRow, body: AccountBody): Account<B, S> {
    const tenant = this.tenants.get(row.tenantRef);
    invariant(tenant !== undefined, `account '${row.id}' has no tenant`);
    const account: Account<B, S> = {
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
    if (old !== undefined) this.#byKeyHash.delete(old.keyHash);
    const { name, keyHash, permissions, enabled } = body;
    const key = old ?? { ref: row.ref, id: row.id, tenantRef: row.tenantRef, name, keyHash, permissions, enabled };
    key.name = name;
    key.keyHash = keyHash;
    key.permissions = permissions;
    key.enabled = enabled;
    this.keys.set(row.ref, key);
    this.#byKeyHash.set(keyHash, key);
  }

  #remove(ref: number, change: DirectoryChange<B, S, T>, senders: Set<number>): void {
    const row = this.#rows.get(ref);
    if (row === undefined) return;
    this.#rows.delete(ref);
    this.#refs.delete(`${row.kind}/${row.id}`);
    const account = this.accounts.get(ref);
    const trunk = this.trunks.get(ref);
    const tenant = this.tenants.get(ref);
    if (account !== undefined) {
      account.enabled = false;
      this.#bySystemId.delete(account.systemId);
      change.accountsRemoved.push(account);
    }
    if (trunk !== undefined) {
      trunk.enabled = trunk.state.enabled = false;
      change.trunksRemoved.push(trunk);
    }
    if (tenant !== undefined) tenant.enabled = false;
    if (tenant !== undefined) tenant.closedEffective = tenant.balance.closed = true;
    if (row.kind === 'resource') senders.add(row.tenantRef);
    if (row.kind === 'key') this.#byKeyHash.delete(this.keys.get(ref)?.keyHash ?? '');
    change.pricesChanged ||= row.kind !== 'account' && row.kind !== 'resource' && row.kind !== 'key';
    for (const map of this.#maps()) map.delete(ref);
  }

  #maps(): readonly Map<number, unknown>[] {
    return [
      this.tenants,
      this.plans,
      this.decks,
      this.carriers,
      this.trunks,
      this.accounts,
      this.resources,
      this.keys,
      this.#trunkOn,
    ];
  }

  /** Carries what one row says over to all that depends on it. Parents come before children in the map. */
  #settle(change: DirectoryChange<B, S, T>, fresh: readonly ProvisionedRow[]): void {
    if (change.pricesChanged) for (const tenant of this.tenants.values()) this.#settleTenant(tenant);
    if (!change.pricesChanged && !fresh.some((row) => row.kind === 'carrier' || row.kind === 'trunk')) return;
    for (const trunk of this.trunks.values()) {
      trunk.enabled = trunk.state.enabled = this.#trunkOn.get(trunk.ref) === true && trunk.carrier.enabled;
    }
  }

  #settleTenant(tenant: Tenant<B, S>): void {
    tenant.closedEffective = !tenant.enabled || tenant.parent?.closedEffective === true;
    tenant.balance.closed = tenant.closedEffective;
    const { sale, parent } = tenant;
    const plan = this.plans.get(tenant.planRef);
    if (sale === undefined || parent === undefined || plan === undefined) return;
    sale.sellerRef = parent.ref;
    sale.planRef = plan.ref;
    sale.deckRef = plan.deckRef;
    sale.chargeOn = plan.chargeOn;
    sale.currency = tenant.currency;
    sale.forbidLoss = parent.forbidLoss;
  }

  #grantSenders(tenantRefs: ReadonlySet<number>): void {
    if (tenantRefs.size === 0) return;
    const owned = new Map<number, ResourceBody[]>();
    for (const resource of this.resources.values()) {
      if (!tenantRefs.has(resource.tenantRef)) continue;
      const list = owned.get(resource.tenantRef);
      if (list === undefined) owned.set(resource.tenantRef, [resource.body]);
      else list.push(resource.body);
    }
    for (const account of this.accounts.values()) {
      if (!tenantRefs.has(account.tenant.ref)) continue;
      const bodies = owned.get(account.tenant.ref) ?? [];
      account.senders.replace(bodies.filter((body) => body.account === undefined || body.account === account.id));
    }
  }

  #refOf(kind: Kind, id: string): number {
    const ref = this.#refs.get(`${kind}/${id}`);
    invariant(ref !== undefined, `${kind} '${id}' is named but not there`);
    return ref;
  }
}

/** Owners before what they own; parents before their children, whatever the order they came in. */
function inOrder(rows: readonly ProvisionedRow[]): ProvisionedRow[] {
  const parents = new Map(rows.filter((row) => row.kind === 'tenant').map((row) => [row.ref, row.tenantRef]));
  const depth = (row: ProvisionedRow): number => {
    let steps = 0;
    for (let ref: number | undefined = row.ref; ref !== undefined && steps <= TENANT_DEPTH_MAX; steps++)
      ref = parents.get(ref);
    return row.kind === 'tenant' ? steps : 0;
  };
  const order = (row: ProvisionedRow): number => KINDS.indexOf(row.kind as Kind);
  return [...rows].sort((a, b) => order(a) - order(b) || depth(a) - depth(b) || a.ref - b.ref);
}

function chainOf<B extends LiveBalance, S extends LiveSale>(tenant: Tenant<B, S>): S[] {
  const chain: S[] = [];
  for (let at: Tenant<B, S> | undefined = tenant; at?.sale !== undefined; at = at.parent) chain.push(at.sale);
  return chain;
}
