// Stable error codes. docs/ERRORS.md lists every one with what to do next; a retired code is never used again.

export const errorCodes = {
  MX1001: 'invariant broken',
  MX1101: 'configuration is not valid',
  MX1102: 'configuration file cannot be read',
  MX1201: 'listener address is in use',
  MX1202: 'listener address may not be used',
  MX1301: 'data folder cannot be used',
  MX1302: 'data folder is in use by another process',
  MX1303: 'data folder is damaged',
  MX1304: 'disk is full or failing',
  MX1305: 'data folder was written by a newer version',
  MX1401: 'file to apply is not valid',
  MX1402: 'change refused',
  MX1403: 'no such thing',
  MX1404: 'permission denied',
  MX1501: 'switch is not running',
  MX1502: 'command line is not valid',
  MX1601: 'key file cannot be used',
  MX1602: 'backup is not valid',
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** An error with a stable code. `message` is one sentence for the operator; `next` says what to do about it. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly next: string | undefined;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; next?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.next = options.next;
  }
}

/** States what must hold. Broken inside one session it ends that session; in the ledger it ends the process. */
export function invariant(holds: boolean, message: string): asserts holds {
  if (!holds) throw new AppError('MX1001', message);
}
