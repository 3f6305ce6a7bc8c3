// Queries over the day files of message records, newest first.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { QUERY_ROWS_MAX, QUERY_SCAN_MS, keyWallMs, systemClock } from '#core';
import { FinishHead } from '../../message/journal-records.js';
import type { MdrPage, MdrQuery, MdrRow, Scope } from '../contract.js';
import { recordsFolder, type Sqlite } from '../thread/main-db.js';
import { dayOf, dayStartMs, firstKeyAt, KEYS_PER_MS, listDays, mdrFileName } from '../thread/mdr-files.js';

const DAY_MS = 86_400_000;
/** Day files open for reading at once. */
const OPEN_DAYS_MAX = 8;
/** Keys are made when a message is accepted; bursts and clock steps may move a key this far from acceptedMs. */
const KEY_SKEW_MS = 3_700_000;

interface MdrTableRow {
  readonly key: number;
  readonly account: number;
  readonly tenant: number;
  readonly trunk: number;
  readonly state: number;
  readonly destination: string;
  readonly detail: Buffer;
}

/** A second of keys: some ten thousand rows at most. */
const FIRST_SPAN_KEYS = 1_000 * KEYS_PER_MS;
/** What one statement should take. */
const SPAN_MS = 20;

const SELECT = 'SELECT key, account, tenant, trunk, state, destination, detail FROM mdr';

export class MdrReader {
  readonly #folder: string;
  readonly #days = new Map<string, Sqlite>();

  constructor(folder: string) {
    this.#folder = recordsFolder(folder);
  }

  /** The record of one message, if it lies in this scope. */
  one(scope: Scope, key: number): MdrRow | undefined {
    const aroundMs = keyWallMs(key);
    const first = dayOf(aroundMs);
    const near = [first, dayOf(aroundMs - KEY_SKEW_MS), dayOf(aroundMs + KEY_SKEW_MS)];
    for (const day of new Set([...near, ...listDays(this.#folder)])) {
      const row = this.#open(day)
        ?.prepare(`${SELECT} WHERE key = ? AND tenant IN (SELECT value FROM json_each(?))`)
        .get(key, JSON.stringify(scope.tenantRefs)) as MdrTableRow | undefined;
      if (row !== undefined) return toMdrRow(row);
    }
    return undefined;
  }

  /** Newest first, as far as the time goes. */
  page(scope: Scope, query: MdrQuery): MdrPage {
    const limit = Math.min(query.limit, QUERY_ROWS_MAX);
    const { where, values } = conditions(scope, query);
    const rows: MdrRow[] = [];
    const untilMs = systemClock.monotonicMs() + QUERY_SCAN_MS;
    for (const day of listDays(this.#folder)) {
      if (query.toMs !== undefined && dayStartMs(day) >= query.toMs) continue;
      if (query.fromMs !== undefined && dayStartMs(day) + DAY_MS <= query.fromMs) break;
      const db = this.#open(day);
      if (db === undefined) continue;
      const find = db.prepare(`${SELECT} WHERE key >= ? AND key < ? AND ${where} ORDER BY key DESC LIMIT ?`);
      const scan = (from: number, to: number): number => {
        const found = find.all(from, to, ...values, limit - rows.length) as MdrTableRow[];
        for (const row of found) rows.push(toMdrRow(row));
        return rows.length;
      };
      const stoppedAt = scanDay(keysOf(db, query), limit, untilMs, scan);
      if (stoppedAt !== undefined) return { rows, nextKey: rows.length >= limit ? undefined : stoppedAt };
    }
    return { rows, nextKey: undefined };
  }

  close(): void {
    for (const db of this.#days.values()) db.close();
    this.#days.clear();
  }

  #open(day: string): Sqlite | undefined {
    const path = join(this.#folder, mdrFileName(day));
    let db = this.#days.get(day);
    if (!existsSync(path)) {
      // Retention dropped it.
      db?.close();
      this.#days.delete(day);
      return undefined;
    }
    if (db !== undefined) return db;
    if (this.#days.size >= OPEN_DAYS_MAX) {
      const [oldest, opened] = this.#days.entries().next().value as [string, Sqlite];
      opened.close();
      this.#days.delete(oldest);
    }
    db = new Database(path, { readonly: true, timeout: 5_000 });
    this.#days.set(day, db);
    return db;
  }
}

/** Keys of a day: `from` up to, and without, `to`. */
interface KeySpan {
  readonly from: number;
  readonly to: number;
}

function keysOf(db: Sqlite, query: MdrQuery): KeySpan {
  // Two look-ups: with min and max in one statement SQLite would read the whole day.
  const edge = (which: 'min' | 'max'): number | null =>
    (db.prepare(`SELECT ${which}(key) AS key FROM mdr`).get() as { key: number | null }).key;
  const [first, last] = [edge('min'), edge('max')];
  if (first === null || last === null) return { from: 0, to: 0 };
  const { fromMs = 0, toMs = Infinity, beforeKey = Infinity } = query;
  // The keys narrow the scan; the moment of acceptance decides.
  return {
    from: Math.max(first, firstKeyAt(fromMs - KEY_SKEW_MS)),
    to: Math.min(last + 1, beforeKey, firstKeyAt(toMs + KEY_SKEW_MS)),
  };
}

/**
 * Goes down a day in spans of keys that grow while they are quick, so that a filter that finds little can stop in
 * time. Answers the key where it stopped, undefined at the day's end.
 */
function scanDay(
  day: KeySpan,
  limit: number,
  untilMs: number,
  scan: (from: number, to: number) => number,
): number | undefined {
  let span = FIRST_SPAN_KEYS;
  for (let to = day.to; to > day.from;) {
    const from = Math.max(day.from, to - span);
    const beganMs = systemClock.monotonicMs();
    if (scan(from, to) >= limit) return from;
    const nowMs = systemClock.monotonicMs();
    if (nowMs >= untilMs && from > day.from) return from;
    span = nowMs - beganMs < SPAN_MS ? span * 2 : Math.max(KEYS_PER_MS, span / 2);
    to = from;
  }
  return systemClock.monotonicMs() >= untilMs ? day.from : undefined;
}

function conditions(scope: Scope, query: MdrQuery): { where: string; values: (string | number)[] } {
  const terms = ['tenant IN (SELECT value FROM json_each(?))'];
  const values: (string | number)[] = [JSON.stringify(scope.tenantRefs)];
  const add = (term: string, ...bound: readonly (string | number)[]): void => {
    terms.push(term);
    values.push(...bound);
  };
  if (query.accountRef !== undefined) add('account = ?', query.accountRef);
  if (query.trunkRef !== undefined) add('trunk = ?', query.trunkRef);
  if (query.state !== undefined) add('state = ?', query.state);
  if (query.fromMs !== undefined) add('accepted_ms >= ?', query.fromMs);
  if (query.toMs !== undefined) add('accepted_ms < ?', query.toMs);
  if (query.destinationPrefix !== undefined) {
    add('destination >= ? AND destination < ?', query.destinationPrefix, `${query.destinationPrefix}\u{10ffff}`);
  }
  return { where: terms.join(' AND '), values };
}

function toMdrRow(row: MdrTableRow): MdrRow {
  const { detail } = row;
  const sourceAt = FinishHead.bytes;
  const destinationAt = sourceAt + 1 + (detail[sourceAt] as number);
  const upstreamIdAt = destinationAt + 1 + (detail[destinationAt] as number);
  return {
    key: row.key,
    accountRef: row.account,
    tenantRef: row.tenant,
    trunkRef: row.trunk,
    state: row.state,
    source: shortText(detail, sourceAt),
    destination: row.destination,
    segments: detail[FinishHead.segments] as number,
    acceptedMs: detail.readDoubleLE(FinishHead.acceptedMs),
    submittedMs: detail.readDoubleLE(FinishHead.submittedMs),
    doneMs: detail.readDoubleLE(FinishHead.doneMs),
    upstreamId: shortText(detail, upstreamIdAt),
    chargeMicros: detail.readBigInt64LE(FinishHead.chargeMicros),
    detail,
  };
}

const shortText = (bytes: Buffer, at: number): string => bytes.latin1Slice(at + 1, at + 1 + (bytes[at] as number));
