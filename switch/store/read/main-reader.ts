// Queries on the main database. Every statement is prepared once; every value is bound.

import Database from 'better-sqlite3';
import { OpenHead } from '../../message/journal-records.js';
import type { AuditEntry, BalanceRow, PostingKeyRow, ProvisionedRow, Scope, SpilledRow } from '../contract.js';
import { PROVISIONED_SELECT } from '../thread/change.js';
import { mainDbPath, type Sqlite, type Statement } from '../thread/main-db.js';

const AUDIT_SELECT =
  'SELECT at_ms AS atMs, actor, tenant_id AS tenantId, permission, command, reason, detail FROM audit';

export class MainReader {
  readonly #db: Sqlite;
  readonly #queue: Statement;
  readonly #byUpstreamId: Statement;
  readonly #due: Statement;
  readonly #one: Statement;
  readonly #receipts: Statement;
  readonly #images: Statement;

  constructor(folder: string) {
    const db = new Database(mainDbPath(folder), { readonly: true, timeout: 5_000 });
    this.#db = db;
    const row = 'SELECT key, image FROM spilled';
    this.#queue = db.prepare(`${row} WHERE phase = 0 AND trunk = ? AND key > ? ORDER BY key LIMIT ?`);
    this.#byUpstreamId = db.prepare(
      `${row} WHERE phase = 1 AND trunk = ? AND upstream_id = ? ORDER BY key DESC LIMIT 1`,
    );
    this.#due = db.prepare(`${row} WHERE due_ms < ? ORDER BY due_ms LIMIT ?`);
    this.#one = db.prepare(`${row} WHERE key = ?`);
    this.#images = db.prepare(`${row} WHERE key > ? ORDER BY key LIMIT ?`);
    this.#receipts = db.prepare(
      'SELECT key, image FROM pending_receipts WHERE account = ? AND key > ? ORDER BY key LIMIT ?',
    );
  }

  provisioned(): ProvisionedRow[] {
    return this.#db.prepare(`${PROVISIONED_SELECT} ORDER BY ref`).all() as ProvisionedRow[];
  }

  /** The newest version of every deck. */
  deckVersions(): unknown {
    return this.#db
      .prepare('SELECT id, max(version) AS version, "rows" FROM deck_version GROUP BY id ORDER BY id')
      .all();
  }

  deckVersion(id: string, version: number): Uint8Array | undefined {
    const row = this.#db.prepare('SELECT "rows" FROM deck_version WHERE id = ? AND version = ?').get(id, version);
    return (row as { rows: Uint8Array } | undefined)?.rows;
  }

  postingKey(key: string): PostingKeyRow | undefined {
    const row = this.#db
      .prepare(
        `SELECT intent, posting_id AS postingId, posted.id IS NOT NULL AS isPosted
         FROM posting_key LEFT JOIN posted ON posted.id = posting_id WHERE key = ?`,
      )
      .get(key) as { intent: string; postingId: number; isPosted: number } | undefined;
    return row === undefined ? undefined : { ...row, isPosted: row.isPosted === 1 };
  }

  jobRuns(): unknown {
    return this.#db.prepare('SELECT name, at_ms AS atMs FROM job_run ORDER BY name').all();
  }

  audit(scope: Scope, limit: number): AuditEntry[] {
    return this.#db
      .prepare(`${AUDIT_SELECT} WHERE tenant_ref IN (SELECT value FROM json_each(?)) ORDER BY sequence DESC LIMIT ?`)
      .all(JSON.stringify(scope.tenantRefs), limit) as AuditEntry[];
  }

  balances(): BalanceRow[] {
    const rows = this.#db
      .prepare('SELECT tenant_ref, currency, micros FROM balances ORDER BY tenant_ref, currency')
      .safeIntegers(true)
      .all() as { tenant_ref: bigint; currency: string; micros: bigint }[];
    return rows.map((row) => ({
      tenantRef: Number(row.tenant_ref),
      currency: row.currency,
      balanceMicros: row.micros,
    }));
  }

  spilledImages(afterKey: number, limit: number): SpilledRow[] {
    return this.#images.all(afterKey, limit) as SpilledRow[];
  }

  spilledQueue(trunkRef: number, afterKey: number, limit: number): SpilledRow[] {
    return this.#queue.all(trunkRef, afterKey, limit) as SpilledRow[];
  }

  spilledByUpstreamId(pairs: readonly { trunkRef: number; upstreamId: string }[]): (SpilledRow | undefined)[] {
    return pairs.map((pair) => this.#byUpstreamId.get(pair.trunkRef, pair.upstreamId) as SpilledRow | undefined);
  }

  spilledDue(nowMs: number, limit: number): SpilledRow[] {
    return this.#due.all(nowMs, limit) as SpilledRow[];
  }

  spilledMessage(key: number): SpilledRow | undefined {
    return this.#one.get(key) as SpilledRow | undefined;
  }

  hasSpilled(of: { readonly accountRef: number } | { readonly trunkRef: number }): boolean {
    if ('trunkRef' in of)
      return this.#db.prepare('SELECT 1 FROM spilled WHERE trunk = ? LIMIT 1').get(of.trunkRef) !== undefined;
    // The account has no column: it stands in the image, and this is asked by people only.
    const ref = Buffer.alloc(4);
    ref.writeUInt32LE(of.accountRef);
    return (
      this.#db
        .prepare('SELECT 1 FROM spilled WHERE substr(image, ?, 4) = ? LIMIT 1')
        .get(OpenHead.accountRef + 1, ref) !== undefined
    );
  }

  pendingReceipts(accountRef: number, afterKey: number, limit: number): SpilledRow[] {
    return this.#receipts.all(accountRef, afterKey, limit) as SpilledRow[];
  }

  pendingReceiptCounts(): unknown {
    return this.#db
      .prepare('SELECT account AS accountRef, count(*) AS count FROM pending_receipts GROUP BY account')
      .all();
  }

  receiptOnDisk(key: number): 'owed' | 'expired' | undefined {
    if (this.#db.prepare('SELECT 1 FROM pending_receipts WHERE key = ?').get(key) !== undefined) return 'owed';
    return this.#db.prepare('SELECT 1 FROM expired_receipt WHERE key = ?').get(key) === undefined
      ? undefined
      : 'expired';
  }

  close(): void {
    this.#db.close();
  }
}
