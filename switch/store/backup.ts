// Puts a backup into an empty folder, after proving that it is whole.

import { copyFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { z } from 'zod';
import { AppError } from '#core';
import { MANIFEST, checkEmpty, sha256Of, type BackupManifest } from './read/backup-copy.js';

const manifestSchema = z.object({
  formatVersion: z.literal(1),
  files: z.array(z.object({ path: z.string(), bytes: z.number(), sha256: z.string() })),
});

/** Checks every file against the manifest, then copies. Nothing is written when the backup is not valid. */
export function restoreBackup(options: { readonly backup: string; readonly folder: string }): void {
  const manifest = readManifest(options.backup);
  for (const file of manifest.files) checkFile(options.backup, file);
  checkEmpty(options.folder);
  for (const { path, sha256 } of manifest.files) {
    const target = join(options.folder, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    copyFileSync(join(options.backup, path), target);
    if (sha256Of(target) !== sha256) throw invalid(`${target} differs from the backup after copying`);
  }
}

function readManifest(backup: string): BackupManifest {
  const path = join(backup, MANIFEST);
  if (!existsSync(path)) throw invalid(`${path} is missing`);
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw invalid(`${path} cannot be read`, cause);
  }
}

function checkFile(backup: string, file: BackupManifest['files'][number]): void {
  const plain = normalize(file.path);
  if (plain.startsWith('..') || plain.startsWith('/')) throw invalid(`${file.path} lies outside the backup`);
  const path = join(backup, file.path);
  if (!existsSync(path)) throw invalid(`${path} is missing`);
  if (sha256Of(path) !== file.sha256) throw invalid(`${path} is not what was backed up`);
}

const invalid = (why: string, cause?: unknown): AppError =>
  new AppError('MX1602', `The backup is not valid: ${why}.`, {
    ...(cause === undefined ? {} : { cause }),
    next: 'Use another backup; a running switch writes one with `matrioska backup FOLDER`.',
  });
