// Errors on their way across threads: every one arrives as an AppError with its stable code.

import { AppError, type ErrorCode } from '#core';
import type { Refusal } from './protocol.js';

const DISK_ERRORS = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'SQLITE_FULL', 'SQLITE_IOERR']);
const ACCESS_ERRORS = new Set(['EACCES', 'EPERM', 'ENOTDIR', 'ENOENT', 'SQLITE_CANTOPEN', 'SQLITE_READONLY']);
const DAMAGE_ERRORS = new Set(['SQLITE_CORRUPT', 'SQLITE_NOTADB']);

export function systemCode(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}

function errorCodeOf(system: string): ErrorCode {
  // SQLite's extended codes append a detail: SQLITE_IOERR_WRITE.
  const plain = system.startsWith('SQLITE_') ? system.split('_').slice(0, 2).join('_') : system;
  if (DISK_ERRORS.has(plain)) return 'MX1304';
  if (DAMAGE_ERRORS.has(plain)) return 'MX1303';
  return ACCESS_ERRORS.has(plain) ? 'MX1301' : 'MX1001';
}

export function toRefusal(error: unknown): Refusal {
  if (error instanceof AppError) return { code: error.code, message: error.message, next: error.next };
  const message = error instanceof Error ? error.message : String(error);
  return { code: errorCodeOf(systemCode(error)), message, next: undefined };
}

export const fromRefusal = (refusal: Refusal): AppError =>
  new AppError(refusal.code, refusal.message, refusal.next === undefined ? {} : { next: refusal.next });
