// The main database: its file, its migrations, its lock. Opened for writing by the store thread only.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '#core';
import { systemCode } from './failure.js';
import { SCHEMA_VERSION } from './schema-version.js';

export type Sqlite = Database.Database;
export type Statement = Database.Statement;

export const mainDbPath = (folder: string): string => join(folder, 'main.db');
export const journalFolder = (folder: string): string => join(folder, 'journal');
export const recordsFolder = (folder: string): string => join(folder, 'records');

/**
 * Takes the data folder for this process. The lock is SQLite's own file lock, so the kernel drops it when the process
 * dies, however it dies.
 */
export function lockFolder(folder: string): Sqlite {
  try {
    mkdirSync(recordsFolder(folder), { recursive: true, mode: 0o700 });
    mkdirSync(journalFolder(folder), { recursive: true, mode: 0o700 });
    const lock = new Database(join(folder, 'lock'), { timeout: 0 });
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (cause) {
    if (systemCode(cause).startsWith('SQLITE_BUSY')) {
      throw new AppError('MX1302', `The data folder ${folder} is in use by another process.`, {
        cause,
        next: 'Stop the other switch, or give this one a data folder of its own.',
      });
    }
    throw new AppError('MX1301', `The data folder ${folder} cannot be used: ${(cause as Error).message}.`, {
      cause,
      next: 'Check that the folder exists and that this user may write to it.',
    });
  }
}

/** Opens the main database and brings its tables up to date. */
export async function openMainDb(folder: string): Promise<Sqlite> {
  try {
    const db = new Database(mainDbPath(folder), { timeout: 5_000 });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    // Checkpoints are made by the report thread: here they would keep commits waiting.
    db.pragma('wal_autocheckpoint = 0');
    await migrate(db, folder);
    return db;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const code = systemCode(cause);
    if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
      throw new AppError('MX1303', `${mainDbPath(folder)} is damaged: ${(cause as Error).message}.`, {
        cause,
        next: 'Restore the latest backup into an empty folder.',
      });
    }
    throw cause;
  }
}

/** Forward only: a database that knows more migrations than this program is left alone. */
async function migrate(db: Sqlite, folder: string): Promise<void> {
  const version = db.pragma('user_version', { simple: true }) as number;
  if (version > SCHEMA_VERSION) {
    throw new AppError(
      'MX1305',
      `${mainDbPath(folder)} has version ${version}; this program knows ${SCHEMA_VERSION}.`,
      {
        next: 'Start the version that wrote it, or a later one.',
      },
    );
  }
  if (version === SCHEMA_VERSION) return;
  // Loaded only here: knex costs more to load than a start with a database that is up to date.
  const { migrations } = await import('./migrations.js');
  for (let next = version; next < migrations.length; next++) {
    db.transaction(() => {
      for (const statement of migrations[next] as readonly string[]) db.exec(statement);
      db.pragma(`user_version = ${next + 1}`);
    })();
  }
}
