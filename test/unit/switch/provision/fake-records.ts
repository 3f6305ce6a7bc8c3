// Records in memory, as the store keeps them: for tests of what stands before it.

import type { AuditEntry, PostingKeyRow, ProvisionChange, ProvisionedRow } from '../../../../switch/store/contract.js';

export class FakeRecords {
  readonly audits: AuditEntry[] = [];
  readonly versions: { id: string; version: number; rows: Uint8Array }[] = [];
  readonly rows = new Map<string, ProvisionedRow>();
  readonly postingKeys = new Map<string, { readonly intent: string; readonly postingId: number }>();
  /** Ids of the postings that reached the journal; tests say which. */
  readonly posted = new Set<number>();
  readonly jobRuns = new Map<string, number>();
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

  postingKey(key: string): Promise<PostingKeyRow | undefined> {
    const announced = this.postingKeys.get(key);
    if (announced === undefined) return Promise.resolve(undefined);
    return Promise.resolve({ ...announced, isPosted: this.posted.has(announced.postingId) });
  }

  /** Posting keys and job runs are no rows. */
  #keptApart(change: ProvisionChange): change is Extract<ProvisionChange, { op: 'posting-key' | 'job-run' }> {
    if (change.op === 'posting-key') {
      if (this.postingKeys.has(change.key)) throw new Error('the key is there already');
      this.postingKeys.set(change.key, change);
    } else if (change.op === 'job-run') this.jobRuns.set(change.name, change.atMs);
    return change.op === 'posting-key' || change.op === 'job-run';
  }

  async change(changes: readonly ProvisionChange[], audit: AuditEntry): Promise<readonly ProvisionedRow[]> {
    if (this.failNext) {
      this.failNext = false;
      throw new Error('disk full');
    }
    await new Promise((resolve) => setImmediate(resolve));
    const changed: ProvisionedRow[] = [];
    for (const change of changes) {
      if (this.#keptApart(change)) continue;
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
