// What must hold between rows. Checked over the whole draft, because a change here can break what names it there.

import { TENANT_DEPTH_MAX } from '#core';
import type { AdapterKind } from '#adapters';
import type { Directory, Kind } from '../directory/index.js';
import type { DocumentFaults } from './document.js';
import { SECTIONS } from './schemas.js';
import type { Draft, DraftRow } from './draft.js';

export interface CheckParts {
  readonly directory: Directory;
  readonly adapters: ReadonlyMap<string, AdapterKind>;
}

export function checkDraft(draft: Draft, faults: DocumentFaults, parts: CheckParts): void {
  new Checker(draft, faults, parts).run();
}

class Checker {
  readonly #draft: Draft;
  readonly #faults: DocumentFaults;
  readonly #parts: CheckParts;
  readonly #systemIds = new Map<string, string>();
  readonly #resources = new Map<string, string>();

  constructor(draft: Draft, faults: DocumentFaults, parts: CheckParts) {
    this.#draft = draft;
    this.#faults = faults;
    this.#parts = parts;
  }

  run(): void {
    for (const row of this.#draft.rows()) {
      this.#owner(row);
      this.#checkOf(row);
    }
  }

  #checkOf(row: DraftRow): void {
    switch (row.kind) {
      case 'tenant':
        this.#tenant(row);
        break;
      case 'deck':
        this.#deck(row);
        break;
      case 'plan':
        this.#owned(row, 'deck', row.tenantId);
        break;
      case 'trunk':
        this.#trunk(row);
        break;
      case 'account':
        this.#unique(this.#systemIds, String(row.body['systemId']), row, 'systemId');
        break;
      case 'resource':
        this.#resource(row);
        break;
      case 'carrier':
      case 'key':
        break;
    }
  }

  /** A tenant's parent, the owner of anything else: it must be there, and it is for ever. */
  #owner(row: DraftRow): void {
    const field = row.kind === 'tenant' ? 'parent' : row.kind === 'trunk' ? 'carrier' : 'tenant';
    const stored = this.#parts.directory.row(row.kind, row.id);
    if (stored !== undefined) {
      const before = this.#parts.directory.idOf(stored.tenantRef) ?? '';
      if (before !== row.tenantId) {
        this.#fault(
          row,
          field,
          `is '${before}' and cannot change to '${row.tenantId}': create another ${row.kind} there`,
        );
        return;
      }
    }
    if (row.kind === 'tenant' && row.tenantId === '') {
      const { rootId } = this.#draft;
      if (rootId !== row.id) this.#fault(row, field, `is missing: '${rootId ?? ''}' is the root already`);
      return;
    }
    if (row.kind === 'trunk') return;
    if (this.#draft.get('tenant', row.tenantId) === undefined) this.#missing(row, field, 'tenant', row.tenantId);
  }

  #tenant(row: DraftRow): void {
    if (row.tenantId === '') {
      if (row.body['plan'] !== undefined)
        this.#fault(row, 'plan', 'means nothing here: the root tenant buys of carriers');
      return;
    }
    const parent = this.#draft.get('tenant', row.tenantId);
    if (parent === undefined) return;
    if (this.#depthOf(row) >= TENANT_DEPTH_MAX) {
      this.#fault(row, 'parent', `puts it deeper than ${TENANT_DEPTH_MAX} levels`);
    }
    const stored = this.#parts.directory.row('tenant', row.id);
    const currencyBefore =
      stored === undefined ? undefined : (JSON.parse(stored.body) as { currency: string }).currency;
    if (currencyBefore !== undefined && currencyBefore !== row.body['currency']) {
      this.#fault(row, 'currency', `is ${currencyBefore} and cannot change: its balance is kept in it`);
    }
    if (row.body['currency'] !== parent.body['currency']) {
      this.#fault(
        row,
        'currency',
        `must be its parent's, ${String(parent.body['currency'])}: conversion is not supported yet`,
      );
    }
    if (row.body['plan'] === undefined)
      this.#fault(row, 'plan', `is missing: which plan of '${row.tenantId}' does it buy by?`);
    else this.#owned(row, 'plan', row.tenantId);
  }

  /** Steps up to the root; a loop counts as too deep. */
  #depthOf(row: DraftRow): number {
    let depth = 0;
    for (
      let at: DraftRow | undefined = row;
      at !== undefined && at.tenantId !== '' && depth <= TENANT_DEPTH_MAX;
      depth++
    ) {
      at = this.#draft.get('tenant', at.tenantId);
    }
    return depth;
  }

  #deck(row: DraftRow): void {
    const currency = this.#draft.get('tenant', row.tenantId)?.body['currency'];
    if (typeof currency === 'string' && currency !== row.body['currency']) {
      this.#fault(row, 'currency', `must be its owner's, ${currency}: conversion is not supported yet`);
    }
  }

  /** The row names a deck or plan of this owner. */
  #owned(row: DraftRow, kind: 'deck' | 'plan', ownerId: string): void {
    const name = String(row.body[kind]);
    const named = this.#draft.get(kind, name);
    if (named === undefined) this.#missing(row, kind, kind, name);
    else if (named.tenantId !== ownerId) {
      this.#fault(row, kind, `'${name}' belongs to '${named.tenantId}', and must to '${ownerId}'`);
    }
  }

  #trunk(row: DraftRow): void {
    const carrier = String(row.body['carrier']);
    if (this.#draft.get('carrier', carrier) === undefined) this.#missing(row, 'carrier', 'carrier', carrier);
    if (row.body['deck'] !== undefined) this.#owned(row, 'deck', row.tenantId);
    const name = String(row.body['adapter']);
    const stored = this.#parts.directory.row('trunk', row.id);
    if (stored !== undefined && (JSON.parse(stored.body) as { adapter: string }).adapter !== name) {
      this.#fault(row, 'adapter', 'cannot change: create another trunk');
      return;
    }
    if (!row.isGiven) return;
    const adapter = this.#parts.adapters.get(name);
    if (adapter === undefined) {
      this.#fault(
        row,
        'adapter',
        `'${name}' is not known; there are ${[...this.#parts.adapters.keys()].sort().join(', ')}`,
      );
      return;
    }
    const parsed = adapter.parseOptions(row.body['options']);
    if (!parsed.ok) for (const why of parsed.why) this.#fault(row, 'options', why);
  }

  /** One number, one holder. An alphanumeric may be registered by several. */
  #resource(row: DraftRow): void {
    const { type, value, account } = row.body as { type: string; value: string; account?: string };
    if (type === 'number' || type === 'number-range') this.#unique(this.#resources, `${type} ${value}`, row, 'value');
    if (account === undefined) return;
    const named = this.#draft.get('account', account);
    if (named === undefined) this.#missing(row, 'account', 'account', account);
    else if (named.tenantId !== row.tenantId) {
      this.#fault(row, 'account', `'${account}' belongs to '${named.tenantId}', and must to '${row.tenantId}'`);
    }
  }

  #unique(seen: Map<string, string>, value: string, row: DraftRow, field: string): void {
    const holder = seen.get(value);
    if (holder === undefined) seen.set(value, row.id);
    else this.#fault(row, field, `'${value}' is taken by '${holder}'`);
  }

  #missing(row: DraftRow, field: string, kind: Kind, id: string): void {
    const removed = this.#parts.directory.row(kind, id) !== undefined;
    this.#fault(row, field, removed ? `names ${kind} '${id}', which would be removed` : `there is no ${kind} '${id}'`);
  }

  #fault(row: DraftRow, field: string, message: string): void {
    this.#faults.add([SECTIONS[row.kind], row.id, field], message);
  }
}
