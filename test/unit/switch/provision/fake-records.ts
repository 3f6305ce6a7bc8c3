// Records in memory, as the store keeps them: for tests of what stands before it.

import type { AuditEntry, ProvisionChange, ProvisionedRow } from '../../../../switch/store/contract.js';

export class FakeRecords {
  readonly audits: AuditEntry[] = [];
  readonly versions: { id: string; version: number; rows: Uint8Array }[] = [];
  readonly rows = new Map<string, ProvisionedRow>();
  failNext = false;
  #ref = 0;

  provisioned(): Promise<readonly ProvisionedRow[]> {
    return Promise.resolve([...this.rows.values()]);
  }

  deckVersions(): Promise<readonly { id: string; version: number; rows: Uint8Array }[]> {
    const latest = new Map(this.versions.map((entry) => [entry.id, entry]));
    return Promise.resolve([...latest.values()]);
  }

  deckVersion(id: string, version: number): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.versions.find((entry) => entry.id === id && entry.version === version)?.rows);
  }

  audit(): Promise<readonly AuditEntry[]> {
    return Promise.resolve(this.audits);
  }

  async change(changes: readonly ProvisionChange[], audit: AuditEntry): Promise<readonly ProvisionedRow[]> {
    if (this.failNext) {
      this.failNext = false;
      throw new Error('disk full');
    }
    await new Promise((resolve) => setImmediate(resolve));
    const changed: ProvisionedRow[] = [];
    for (const change of changes) {
      const key = change.op === 'deck-version' ? `deck/${change.id}` : `${change.kind}/${change.id}`;
      const before = this.rows.get(key);
      if (change.op === 'delete') this.rows.delete(key);
      else if (change.op === 'deck-version') {
        const version = 1 + this.versions.filter((entry) => entry.id === change.id).length;
        this.versions.push({ id: change.id, version, rows: change.rows });
      } else {
        const tenantRef = change.tenantId === '' ? 0 : this.rows.get(`tenant/${change.tenantId}`)!.ref;
        const row = {
          ref: before?.ref ?? ++this.#ref,
          kind: change.kind,
          id: change.id,
          tenantRef,
          version: (before?.version ?? 0) + 1,
          body: change.body,
        };
        this.rows.set(key, row);
        changed.push(row);
      }
    }
    this.audits.push(audit);
    return changed;
  }
}
