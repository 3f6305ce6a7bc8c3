// Message records in one SQLite file per UTC day, so that a day is dropped by removing a file.

import { existsSync, openSync, closeSync, fdatasyncSync, readdirSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Sqlite, Statement } from './main-db.js';

const DAY_MS = 86_400_000;
const DAY_NAME = /^mdr-(\d{8})\.db$/;
/** Day files open at once: today's, yesterday's, and those of messages that took days to end. */
const OPEN_DAYS_MAX = 8;

export const mdrFileName = (day: string): string => `mdr-${day}.db`;

/** `20261122` for any moment of that UTC day. */
export function dayOf(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10).replaceAll('-', '');
}

/** First millisecond of a day. */
export const dayStartMs = (day: string): number =>
  Date.UTC(Number(day.slice(0, 4)), Number(day.slice(4, 6)) - 1, Number(day.slice(6, 8)));

const KEYS_EPOCH_MS = Date.UTC(2020, 0, 1);
export const KEYS_PER_MS = 2_048;

/** The least key that core/ids.ts makes in this millisecond. */
export const firstKeyAt = (wallMs: number): number => (wallMs - KEYS_EPOCH_MS) * KEYS_PER_MS;

/** Days on disk, newest first. */
export function listDays(folder: string): string[] {
  const days: string[] = [];
  for (const name of readdirSync(folder)) {
    const match = DAY_NAME.exec(name);
    if (match?.[1] !== undefined) days.push(match[1]);
  }
  return days.sort().reverse();
}

/** Makes everything committed to a database durable: its write-ahead log is synced. */
export function syncWal(dbPath: string): void {
  const wal = `${dbPath}-wal`;
  if (!existsSync(wal)) return;
  const fd = openSync(wal, 'r+');
  try {
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * No index beside the key: one by account dirties a page per account in every commit (8 MB of log for 1,300 rows of
 * 1,000 accounts), which kept commits waiting for 50 to 200 ms. Filters scan by key, newest first, in the report thread.
 */
const MDR_TABLE = `CREATE TABLE IF NOT EXISTS mdr(
  key INTEGER PRIMARY KEY, account INTEGER NOT NULL, tenant INTEGER NOT NULL, trunk INTEGER NOT NULL,
  state INTEGER NOT NULL, accepted_ms INTEGER NOT NULL, destination TEXT NOT NULL, detail BLOB NOT NULL)`;

/** One day's file, open for inserts. */
class Day {
  readonly day: string;
  readonly path: string;
  readonly startMs: number;
  readonly insert: Statement;
  readonly #db: Sqlite;
  readonly #begin: Statement;
  readonly #commit: Statement;
  readonly #rollback: Statement;
  inTransaction = false;
  usedAt = 0;
  isUnsynced = false;

  constructor(folder: string, day: string) {
    this.day = day;
    this.startMs = dayStartMs(day);
    this.path = join(folder, mdrFileName(day));
    this.#db = new Database(this.path);
    this.#db.pragma('page_size = 8192');
    this.#db.pragma('journal_mode = WAL');
    this.#db.pragma('synchronous = NORMAL');
    this.#db.pragma('wal_autocheckpoint = 0');
    this.#db.exec(MDR_TABLE);
    this.insert = this.#db.prepare('INSERT OR IGNORE INTO mdr VALUES (?,?,?,?,?,?,?,?)');
    this.#begin = this.#db.prepare('BEGIN');
    this.#commit = this.#db.prepare('COMMIT');
    this.#rollback = this.#db.prepare('ROLLBACK');
  }

  begin(): void {
    this.#begin.run();
    this.inTransaction = true;
  }

  commit(): void {
    this.#commit.run();
    this.inTransaction = false;
    this.isUnsynced = true;
  }

  rollback(): void {
    this.inTransaction = false;
    if (this.#db.inTransaction) this.#rollback.run();
  }

  sync(): void {
    if (!this.isUnsynced) return;
    syncWal(this.path);
    this.isUnsynced = false;
  }

  close(): void {
    this.#db.close();
  }
}

/** The day files that messages end into. */
export class MdrFiles {
  readonly #folder: string;
  readonly #days = new Map<number, Day>();
  #uses = 0;
  #latest: Day | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The insert statement of the day of `acceptedMs`, inside a transaction. */
  insertFor(acceptedMs: number): Statement {
    const latest = this.#latest;
    if (latest !== undefined && acceptedMs >= latest.startMs && acceptedMs < latest.startMs + DAY_MS) {
      if (!latest.inTransaction) latest.begin();
      return latest.insert;
    }
    const number = Math.floor(acceptedMs / DAY_MS);
    let day = this.#days.get(number);
    if (day === undefined) {
      this.#closeIdle();
      day = new Day(this.#folder, dayOf(acceptedMs));
      this.#days.set(number, day);
    }
    this.#latest = day;
    day.usedAt = ++this.#uses;
    if (!day.inTransaction) day.begin();
    return day.insert;
  }

  commit(): void {
    for (const day of this.#days.values()) if (day.inTransaction) day.commit();
  }

  rollback(): void {
    for (const day of this.#days.values()) if (day.inTransaction) day.rollback();
  }

  /** Day files with commits that were not synced yet; they count as synced from now on. */
  takeUnsynced(): string[] {
    const paths: string[] = [];
    for (const day of this.#days.values()) {
      if (!day.isUnsynced) continue;
      day.isUnsynced = false;
      paths.push(day.path);
    }
    return paths;
  }

  /** Removes a day's file. */
  drop(day: string): void {
    const number = Math.floor(dayStartMs(day) / DAY_MS);
    const open = this.#days.get(number);
    if (open !== undefined) {
      this.#forget(number, open);
    }
    for (const suffix of ['', '-wal', '-shm']) {
      const path = join(this.#folder, mdrFileName(day) + suffix);
      if (existsSync(path)) unlinkSync(path);
    }
  }

  close(): void {
    for (const [number, day] of [...this.#days]) this.#forget(number, day);
  }

  #forget(number: number, day: Day): void {
    day.sync();
    day.close();
    this.#days.delete(number);
    if (this.#latest === day) this.#latest = undefined;
  }

  #closeIdle(): void {
    if (this.#days.size < OPEN_DAYS_MAX) return;
    let oldest: [number, Day] | undefined;
    for (const entry of this.#days) {
      if (!entry[1].inTransaction && (oldest === undefined || entry[1].usedAt < oldest[1].usedAt)) oldest = entry;
    }
    if (oldest !== undefined) this.#forget(oldest[0], oldest[1]);
  }
}
