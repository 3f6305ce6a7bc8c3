// Provisioned data changes in one transaction together with its audit record.

import { AppError } from '#core';
import type { AuditEntry, ProvisionChange, ProvisionedRow } from '../contract.js';
import type { Sqlite } from './main-db.js';

interface RefRow {
  readonly ref: number;
  readonly version: number;
}

export const PROVISIONED_SELECT = 'SELECT ref, kind, id, tenant_ref AS tenantRef, version, body FROM provisioned';

/** Applies all changes or none; answers every row as it is now. Durable when it returns. */
export function changeProvisioned(
  db: Sqlite,
  changes: readonly ProvisionChange[],
  audit: AuditEntry,
): readonly ProvisionedRow[] {
  // Unlike projections these rows are nowhere else, so this commit is synced.
  db.pragma('synchronous = FULL');
  try {
    db.transaction(() => {
      for (const change of changes) apply(db, change, audit.atMs);
      putAudit(db, audit);
    }).immediate();
  } finally {
    db.pragma('synchronous = NORMAL');
  }
  return db.prepare(`${PROVISIONED_SELECT} ORDER BY ref`).all() as ProvisionedRow[];
}

function apply(db: Sqlite, change: ProvisionChange, atMs: number): void {
  switch (change.op) {
    case 'put':
      putRow(db, change);
      break;
    case 'delete':
      db.prepare('DELETE FROM provisioned WHERE kind = ? AND id = ?').run(change.kind, change.id);
      break;
    case 'deck-version':
      db.prepare(
        `INSERT INTO deck_version SELECT ?, coalesce(max(version), 0) + 1, ?, ?, ? FROM deck_version WHERE id = ?`,
      ).run(change.id, change.source, atMs, change.rows, change.id);
      break;
    case 'posting-key':
      putPostingKey(db, change, atMs);
      break;
    case 'job-run':
      db.prepare('INSERT OR REPLACE INTO job_run VALUES (?,?)').run(change.name, change.atMs);
      break;
  }
}

function putPostingKey(db: Sqlite, change: Extract<ProvisionChange, { op: 'posting-key' }>, atMs: number): void {
  const { key, intent, postingId } = change;
  const { changes } = db
    .prepare('INSERT OR IGNORE INTO posting_key VALUES (?,?,?,?)')
    .run(key, intent, postingId, atMs);
  if (changes === 0)
    throw new AppError('MX1402', 'this key was used for a posting already', { next: 'make a new key' });
}

function putRow(db: Sqlite, change: Extract<ProvisionChange, { op: 'put' }>): void {
  const tenantRef = change.tenantId === '' ? 0 : tenantRefOf(db, change);
  db.prepare(
    `INSERT INTO provisioned(kind, id, tenant_ref, version, body) VALUES (?,?,?,1,?)
     ON CONFLICT(kind, id) DO UPDATE SET tenant_ref = excluded.tenant_ref, body = excluded.body, version = version + 1`,
  ).run(change.kind, change.id, tenantRef, change.body);
}

function tenantRefOf(db: Sqlite, change: Extract<ProvisionChange, { op: 'put' }>): number {
  const tenant = db
    .prepare("SELECT ref, version FROM provisioned WHERE kind = 'tenant' AND id = ?")
    .get(change.tenantId) as RefRow | undefined;
  if (tenant === undefined) {
    throw new AppError('MX1403', `There is no tenant '${change.tenantId}' to own ${change.kind} '${change.id}'.`);
  }
  return tenant.ref;
}

function putAudit(db: Sqlite, audit: AuditEntry): void {
  db.prepare(
    `INSERT INTO audit(at_ms, actor, tenant_ref, tenant_id, permission, command, reason, detail)
     VALUES (?, ?, coalesce((SELECT ref FROM provisioned WHERE kind = 'tenant' AND id = ?), 0), ?, ?, ?, ?, ?)`,
  ).run(
    audit.atMs,
    audit.actor,
    audit.tenantId,
    audit.tenantId,
    audit.permission,
    audit.command,
    audit.reason,
    audit.detail,
  );
}
