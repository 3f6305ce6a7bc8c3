// The copying half of a backup, in the report thread: databases by snapshot, then the segments that lie above them.

import { createHash } from 'node:crypto';
import {
  closeSync,
  copyFileSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AppError } from '#core';
import { journalFolder, mainDbPath, recordsFolder } from '../thread/main-db.js';
import { listDays, mdrFileName } from '../thread/mdr-files.js';

export const MANIFEST = 'backup.json';

export interface BackupManifest {
  readonly formatVersion: 1;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly sha256: string }[];
}

export const sha256Of = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

export function checkEmpty(folder: string): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (readdirSync(folder).length > 0) {
    throw new AppError('MX1602', `The folder ${folder} is not empty.`, { next: 'Name a new or an empty folder.' });
  }
}

/**
 * The main database first: its watermark says from where the journal is needed. Day files hold at least as much,
 * and the held segments everything above. So the copy is one moment, that of the last whole batch copied.
 */
export function copyDatabases(from: string, to: string): void {
  checkEmpty(to);
  mkdirSync(recordsFolder(to), { mode: 0o700 });
  mkdirSync(journalFolder(to), { mode: 0o700 });
  const copied = ['main.db'];
  snapshot(mainDbPath(from), join(to, 'main.db'));
  for (const day of listDays(recordsFolder(from))) {
    snapshot(join(recordsFolder(from), mdrFileName(day)), join(recordsFolder(to), mdrFileName(day)));
    copied.push(join('records', mdrFileName(day)));
  }
  for (const name of readdirSync(journalFolder(from)).sort()) {
    if (!name.endsWith('.seg')) continue;
    copyFileSync(join(journalFolder(from), name), join(journalFolder(to), name));
    copied.push(join('journal', name));
  }
  const files = copied.map((path) => {
    const target = join(to, path);
    syncFile(target);
    return { path, bytes: statSync(target).size, sha256: sha256Of(target) };
  });
  const manifest: BackupManifest = { formatVersion: 1, files };
  writeFileSync(join(to, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`, { mode: 0o600 });
  syncFile(join(to, MANIFEST));
}

function snapshot(from: string, to: string): void {
  const db = new Database(from, { readonly: true, timeout: 5_000 });
  try {
    db.prepare('VACUUM INTO ?').run(to);
  } finally {
    db.close();
  }
}

function syncFile(path: string): void {
  const fd = openSync(path, 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
