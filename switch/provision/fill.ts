// Turns what a file gives into full rows: defaults filled in, secrets in their stored form.

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
} from '../directory/index.js';
import type { SecretBox } from '../secrets/index.js';
import type { DocumentFaults } from './document.js';
import type { Draft } from './draft.js';
import type { AccountInput, DeckInput, KeyInput, ProvisionFile, TenantInput, TrunkInput } from './schemas.js';
import { accountPasswordHash, keyHashOf, sealSecrets } from './secret-fields.js';

/** scrypt runs on libuv's threads, which also serve files and names: two at a time leave them room. */
const HASHES_AT_ONCE = 2;

/** Lays the file over the draft. Faults that only show here go to `faults`. */
export class Filler {
  readonly #draft: Draft;
  readonly #faults: DocumentFaults;
  readonly #box: SecretBox;

  constructor(draft: Draft, faults: DocumentFaults, box: SecretBox) {
    this.#draft = draft;
    this.#faults = faults;
    this.#box = box;
  }

  async fill(file: ProvisionFile): Promise<void> {
    this.#tenants(file.tenants);
    const rootId = this.#draft.rootId ?? '';
    for (const [id, deck] of Object.entries(file.decks)) this.#deck(id, deck, deck.tenant ?? rootId);
    for (const [id, plan] of Object.entries(file.plans)) {
      const body: PlanBody = { deck: plan.deck, chargeOn: plan.chargeOn, noReceipt: plan.noReceipt };
      this.#put('plan', id, plan.tenant ?? this.#owner('plan', id, rootId), body);
    }
    for (const [id, { tenant, name, country, enabled }] of Object.entries(file.carriers)) {
      const body: CarrierBody = { name: name ?? id, country, enabled: enabled ?? this.#wasEnabled('carrier', id) };
      this.#put('carrier', id, tenant ?? this.#owner('carrier', id, rootId), body);
    }
    for (const [id, trunk] of Object.entries(file.trunks)) this.#trunk(id, trunk);
    for (const [id, { tenant, type, value, countries, account }] of Object.entries(file.resources)) {
      const body: ResourceBody = {
        type,
        value,
        ...(countries === undefined ? {} : { countries: [...new Set(countries)].sort() }),
        ...(account === undefined ? {} : { account }),
      };
      this.#put('resource', id, tenant, body);
    }
    for (const [id, key] of Object.entries(file.keys)) this.#key(id, key);
    await this.#accounts(Object.entries(file.accounts));
  }

  /** Parents first, so that a currency can be inherited; what never finds its parent is left to the checks. */
  #tenants(tenants: Readonly<Record<string, TenantInput>>): void {
    const waiting = new Map(Object.entries(tenants));
    for (let left = -1; left !== waiting.size;) {
      left = waiting.size;
      for (const [id, tenant] of waiting) {
        if (tenant.parent !== undefined && waiting.has(tenant.parent)) continue;
        this.#tenant(id, tenant);
        waiting.delete(id);
      }
    }
    for (const [id] of waiting) this.#faults.add(['tenants', id, 'parent'], 'is, over others, its own child');
  }

  #tenant(id: string, given: TenantInput): void {
    const parent = given.parent ?? this.#draft.get('tenant', id)?.tenantId ?? '';
    const currency = given.currency ?? this.#text('tenant', id, 'currency') ?? this.#text('tenant', parent, 'currency');
    if (currency === undefined)
      this.#faults.add(['tenants', id, 'currency'], 'is missing and there is no parent to take it from');
    const body: TenantBody = {
      name: given.name ?? id,
      currency: currency ?? '',
      ...(given.plan === undefined ? {} : { plan: given.plan }),
      creditLimit: given.creditLimit,
      forbidLoss: given.forbidLoss,
      enabled: given.enabled ?? this.#wasEnabled('tenant', id),
    };
    this.#put('tenant', id, parent, body);
  }

  #deck(id: string, given: DeckInput, tenantId: string): void {
    const owner = given.tenant ?? this.#owner('deck', id, tenantId);
    const currency =
      given.currency ?? this.#text('deck', id, 'currency') ?? this.#text('tenant', owner, 'currency') ?? '';
    const body: DeckBody = { currency };
    this.#put('deck', id, owner, body);
  }

  #trunk(id: string, given: TrunkInput): void {
    const before = this.#draft.get('trunk', id)?.body['secrets'] as TrunkBody['secrets'] | undefined;
    const { secrets, foreign } = sealSecrets(this.#box, id, given.secrets, before ?? {});
    for (const name of foreign) {
      const why = 'was sealed with another key file or for another trunk: give it in clear';
      this.#faults.add(['trunks', id, 'secrets', name], why);
    }
    const body: TrunkBody = {
      carrier: given.carrier,
      adapter: given.adapter,
      options: given.options,
      // Secrets that the file leaves out stay as they are.
      secrets: { ...before, ...secrets },
      ...(given.deck === undefined ? {} : { deck: given.deck }),
      receipts: given.receipts,
      receiptTimeoutSec: given.receiptTimeoutSec,
      enabled: given.enabled ?? this.#wasEnabled('trunk', id),
    };
    this.#put('trunk', id, this.#draft.get('carrier', given.carrier)?.tenantId ?? '', body);
  }

  #key(id: string, given: KeyInput): void {
    const keyHash = keyHashOf(given, this.#text('key', id, 'keyHash'));
    if (keyHash === undefined) this.#faults.add(['keys', id, 'key'], 'is missing: a new key needs one');
    const body: KeyBody = {
      name: given.name ?? id,
      keyHash: keyHash ?? '',
      permissions: [...new Set(given.permissions)].sort(),
      enabled: given.enabled ?? this.#wasEnabled('key', id),
    };
    this.#put('key', id, given.tenant, body);
  }

  async #accounts(accounts: readonly [string, AccountInput][]): Promise<void> {
    let next = 0;
    const work = async (): Promise<void> => {
      for (let at = next++; at < accounts.length; at = next++) {
        const entry = accounts[at];
        if (entry !== undefined) await this.#account(entry[0], entry[1]);
      }
    };
    await Promise.all(Array.from({ length: HASHES_AT_ONCE }, work));
  }

  async #account(id: string, given: AccountInput): Promise<void> {
    const passwordHash = await accountPasswordHash(given, this.#text('account', id, 'passwordHash'));
    if (passwordHash === undefined)
      this.#faults.add(['accounts', id, 'password'], 'is missing: a new account needs one');
    const body: AccountBody = {
      systemId: given.systemId ?? id,
      passwordHash: passwordHash ?? '',
      enabled: given.enabled ?? this.#wasEnabled('account', id),
      bindMax: given.bindMax,
      bindKinds: [...new Set(given.bindKinds)].sort(),
      windowMax: given.windowMax,
      segmentsPerSec: given.segmentsPerSec,
      burstSegments: given.burstSegments ?? given.segmentsPerSec,
      allowFrom: given.allowFrom,
      validityMaxSec: given.validityMaxSec,
      validityDefaultSec: given.validityDefaultSec,
      receiptRetentionSec: given.receiptRetentionSec,
    };
    if (Buffer.byteLength(body.systemId) > 15) {
      this.#faults.add(['accounts', id, 'systemId'], 'is missing, and the id is too long to be one (15 octets)');
    }
    this.#put('account', id, given.tenant, body);
  }

  #put(kind: Kind, id: string, tenantId: string, body: object): void {
    this.#draft.put({ kind, id, tenantId, body: body as Record<string, unknown>, isGiven: true });
  }

  #owner(kind: Kind, id: string, otherwise: string): string {
    return this.#draft.get(kind, id)?.tenantId ?? otherwise;
  }

  /** A file that does not say keeps what a command switched off. */
  #wasEnabled(kind: Kind, id: string): boolean {
    return this.#draft.get(kind, id)?.body['enabled'] !== false;
  }

  #text(kind: Kind, id: string, field: string): string | undefined {
    const value = this.#draft.get(kind, id)?.body[field];
    return typeof value === 'string' ? value : undefined;
  }
}
