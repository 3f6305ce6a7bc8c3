// All provisioned things as live objects, found by ref, id or system_id, changed in place by one synchronous call.

import { AppError, TENANT_DEPTH_MAX } from '#core';
import type { ProvisionedRow, Scope } from '../store/contract.js';
import { KINDS } from './bodies.js';
import type { Kind, ResourceBody } from './bodies.js';
import { Catalog } from './catalog.js';
import type { DirectoryChange } from './catalog.js';
import type { Account, ApiKey, Tenant } from './entries.js';

const textOrder = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export class Directory extends Catalog {
  readonly #rows = new Map<number, ProvisionedRow>();

  /** The tenant that everything belongs to; undefined before the first provisioning. */
  get root(): Tenant | undefined {
    return this.rootTenant;
  }

  accountBySystemId(systemId: string): Account | undefined {
    return this.bySystemId.get(systemId);
  }

  keyByHash(keyHash: string): ApiKey | undefined {
    return this.byKeyHash.get(keyHash);
  }

  /** The row as stored, by kind and id. */
  row(kind: Kind, id: string): ProvisionedRow | undefined {
    return this.#rows.get(this.refs.get(`${kind}/${id}`) ?? 0);
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
  applyChange(rows: readonly ProvisionedRow[], removed: readonly number[] = []): DirectoryChange {
    const change: DirectoryChange = {
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
      this.refs.set(`${row.kind}/${row.id}`, row.ref);
    }
    const tenantsOfSenders = new Set<number>();
    for (const ref of removed) this.#remove(ref, change, tenantsOfSenders);
    for (const row of fresh) this.put(row, change, tenantsOfSenders);
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

  #remove(ref: number, change: DirectoryChange, senders: Set<number>): void {
    const row = this.#rows.get(ref);
    if (row === undefined) return;
    this.#rows.delete(ref);
    this.refs.delete(`${row.kind}/${row.id}`);
    const account = this.accounts.get(ref);
    const trunk = this.trunks.get(ref);
    const tenant = this.tenants.get(ref);
    if (account !== undefined) {
      account.enabled = false;
      this.bySystemId.delete(account.systemId);
      change.accountsRemoved.push(account);
    }
    if (trunk !== undefined) {
      trunk.enabled = trunk.state.enabled = false;
      change.trunksRemoved.push(trunk);
    }
    if (tenant !== undefined) tenant.enabled = false;
    if (tenant !== undefined) tenant.closedEffective = tenant.balance.closed = true;
    if (row.kind === 'resource') senders.add(row.tenantRef);
    if (row.kind === 'key') this.byKeyHash.delete(this.keys.get(ref)?.keyHash ?? '');
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
      this.trunkOn,
    ];
  }

  /** Carries what one row says over to all that depends on it. Parents come before children in the map. */
  #settle(change: DirectoryChange, fresh: readonly ProvisionedRow[]): void {
    if (change.pricesChanged) for (const tenant of this.tenants.values()) this.#settleTenant(tenant);
    if (!change.pricesChanged && !fresh.some((row) => row.kind === 'carrier' || row.kind === 'trunk')) return;
    for (const trunk of this.trunks.values()) {
      trunk.enabled = trunk.state.enabled = this.trunkOn.get(trunk.ref) === true && trunk.carrier.enabled;
    }
  }

  #settleTenant(tenant: Tenant): void {
    tenant.closedEffective = !tenant.enabled || tenant.parent?.closedEffective === true;
    tenant.balance.closed = tenant.closedEffective;
    const { sale, parent } = tenant;
    const plan = this.plans.get(tenant.planRef);
    if (sale === undefined || parent === undefined || plan === undefined) return;
    sale.sellerRef = parent.ref;
    sale.planRef = plan.ref;
    sale.deckRef = plan.deckRef;
    sale.chargeOn = plan.chargeOn;
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
