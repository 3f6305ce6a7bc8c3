// Old days of message records are dropped whole; their totals stay.

import Database from 'better-sqlite3';
import { join } from 'node:path';
import { FinishHead } from '../../message/journal-records.js';
import type { Sqlite } from './main-db.js';
import { dayStartMs, firstKeyAt, listDays, mdrFileName, type MdrFiles } from './mdr-files.js';

const DAY_MS = 86_400_000;

export interface RetainOptions {
  readonly db: Sqlite;
  readonly mdrs: MdrFiles;
  readonly folder: string;
  readonly olderThanMs: number;
  readonly nowMs: number;
}

/** Drops every day that ended before `olderThanMs`; answers the days dropped, oldest first. */
export function retainDays(options: RetainOptions): readonly string[] {
  const { db, mdrs, folder, olderThanMs, nowMs } = options;
  const dropped: string[] = [];
  for (const day of listDays(folder).reverse()) {
    if (dayStartMs(day) + DAY_MS > olderThanMs) continue;
    const totals = totalsOf(join(folder, mdrFileName(day)));
    // The seal is synced before the file goes; a crash in between makes the same seal again.
    withFullSync(db, () => seal(db, day, totals, nowMs));
    mdrs.drop(day);
    withFullSync(db, () => db.prepare('UPDATE sealed_day SET is_dropped = 1 WHERE day = ?').run(day));
    dropped.push(day);
  }
  // What is told of a receipt goes with the messages; keys are ordered by time.
  db.prepare('DELETE FROM expired_receipt WHERE key < ?').run(firstKeyAt(olderThanMs));
  return dropped;
}

interface Totals {
  messages: number;
  segments: number;
  byState: Record<string, number>;
  /** Micros as decimal text per customer tenant: exact at any size. */
  charges: Record<string, string>;
}

function totalsOf(path: string): Totals {
  const day = new Database(path, { readonly: true });
  const sums = new Map<number, bigint>();
  const totals: Totals = { messages: 0, segments: 0, byState: {}, charges: {} };
  try {
    const rows = day.prepare('SELECT tenant, state, detail FROM mdr').iterate() as Iterable<{
      tenant: number;
      state: number;
      detail: Buffer;
    }>;
    for (const { tenant, state, detail } of rows) {
      totals.messages++;
      totals.segments += detail[FinishHead.segments] as number;
      totals.byState[state] = (totals.byState[state] ?? 0) + 1;
      sums.set(tenant, (sums.get(tenant) ?? 0n) + detail.readBigInt64LE(FinishHead.chargeMicros));
    }
  } finally {
    day.close();
  }
  for (const [tenant, micros] of sums) totals.charges[tenant] = micros.toString();
  return totals;
}

/** A day that comes back (a receipt years late) is sealed as a further part of it. */
function seal(db: Sqlite, day: string, totals: Totals, nowMs: number): void {
  db.prepare('DELETE FROM sealed_day WHERE day = ? AND is_dropped = 0').run(day);
  db.prepare(
    `INSERT INTO sealed_day SELECT ?, coalesce(max(part), 0) + 1, 0, ?, ?, ?, ?, ? FROM sealed_day WHERE day = ?`,
  ).run(
    day,
    totals.messages,
    totals.segments,
    JSON.stringify(totals.byState),
    JSON.stringify(totals.charges),
    nowMs,
    day,
  );
}

function withFullSync(db: Sqlite, work: () => void): void {
  db.pragma('synchronous = FULL');
  try {
    db.transaction(work).immediate();
  } finally {
    db.pragma('synchronous = NORMAL');
  }
}
