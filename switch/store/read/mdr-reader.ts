// Queries over the day files of message records, newest first.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { QUERY_ROWS_MAX, keyWallMs } from '#core';
import { FinishHead } from '../../message/journal-records.js';
import type { MdrQuery, MdrRow, Scope } from '../contract.js';
import { recordsFolder, type Sqlite } from '../thread/main-db.js';
import { dayOf, dayStartMs, listDays, mdrFileName } from '../thread/mdr-files.js';

const DAY_MS = 86_400_000;
/** Day files open for reading at once. */
const OPEN_DAYS_MAX = 8;
/** Keys are made when a message is accepted; bursts and clock steps may move a key this far from acceptedMs. */
const KEY_SKEW_MS = 3_700_000;
const EPOCH_MS = Date.UTC(2020, 0, 1);
const KEYS_PER_MS = 2_048;

interface MdrTableRow {
  readonly key: number;
  readonly account: number;
  readonly tenant: number;
  readonly trunk: number;
  readonly state: number;
  readonly destination: string;
  readonly detail: Buffer;
}

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

  query(scope: Scope, query: MdrQuery): MdrRow[] {
    const limit = Math.min(query.limit, QUERY_ROWS_MAX);
    const { where, values } = conditions(scope, query);
    const found: MdrRow[] = [];
    for (const day of listDays(this.#folder)) {
      if (found.length >= limit) break;
      if (query.toMs !== undefined && dayStartMs(day) >= query.toMs) continue;
      if (query.fromMs !== undefined && dayStartMs(day) + DAY_MS <= query.fromMs) break;
      const rows = this.#open(day)
        ?.prepare(`${SELECT} WHERE ${where} ORDER BY key DESC LIMIT ?`)
        .all(...values, limit - found.length) as MdrTableRow[] | undefined;
      for (const row of rows ?? []) found.push(toMdrRow(row));
    }
    return found;
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
  if (query.beforeKey !== undefined) add('key < ?', query.beforeKey);
  // The keys narrow the scan; the moment of acceptance decides.
  if (query.fromMs !== undefined) {
    add('key >= ? AND accepted_ms >= ?', (query.fromMs - KEY_SKEW_MS - EPOCH_MS) * KEYS_PER_MS, query.fromMs);
  }
  if (query.toMs !== undefined) {
    add('key < ? AND accepted_ms < ?', (query.toMs + KEY_SKEW_MS - EPOCH_MS) * KEYS_PER_MS, query.toMs);
  }
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
