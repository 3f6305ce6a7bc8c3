// Moves write-ahead logs into their databases from a thread that nobody's commit waits for.

import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { mainDbPath, recordsFolder, type Sqlite } from '../thread/main-db.js';
import { listDays, mdrFileName } from '../thread/mdr-files.js';

/** How often the logs are looked at. */
const CHECKPOINT_EVERY_MS = 500;
/** A log below this size is left alone: it costs nothing and its pages may change again. */
const WAL_BYTES_MIN = 4_194_304;
/** Days that still grow: messages end into the day they were accepted on. */
const DAYS_LOOKED_AT = 4;

export class Checkpointer {
  readonly #folder: string;
  readonly #open = new Map<string, Sqlite>();
  readonly #timer: NodeJS.Timeout;

  constructor(folder: string) {
    this.#folder = folder;
    this.#timer = setInterval(() => this.#tick(), CHECKPOINT_EVERY_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    for (const db of this.#open.values()) db.close();
    this.#open.clear();
  }

  #tick(): void {
    const paths = [mainDbPath(this.#folder)];
    const records = recordsFolder(this.#folder);
    for (const day of listDays(records).slice(0, DAYS_LOOKED_AT)) paths.push(join(records, mdrFileName(day)));
    for (const path of paths) {
      try {
        this.#checkpoint(path);
      } catch {
        // Busy, dropped by retention, or a failing disk: the log waits for the next turn.
        this.#open.get(path)?.close();
        this.#open.delete(path);
      }
    }
    for (const [path, db] of this.#open) {
      if (paths.includes(path)) continue;
      db.close();
      this.#open.delete(path);
    }
  }

  #checkpoint(path: string): void {
    const wal = statSync(`${path}-wal`, { throwIfNoEntry: false });
    if (wal === undefined || wal.size < WAL_BYTES_MIN) return;
    let db = this.#open.get(path);
    if (db === undefined) {
      db = new Database(path, { fileMustExist: true, timeout: 0 });
      db.pragma('wal_autocheckpoint = 0');
      db.pragma('synchronous = NORMAL');
      this.#open.set(path, db);
    }
    db.pragma('wal_checkpoint(PASSIVE)');
  }
}
