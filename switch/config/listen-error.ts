// A listener that may not listen, in one clear sentence.

import { AppError } from '#core';

/** @param what the address as people write it, such as `SMPP on 127.0.0.1:2775` */
export function listenError(cause: unknown, what: string): AppError {
  const { code } = cause as NodeJS.ErrnoException;
  switch (code) {
    case 'EADDRINUSE':
      return new AppError('MX1201', `${what} is in use by another program`, {
        cause,
        next: 'stop that program, or set another port in the configuration (MATRIOSKA_SMPP_PORT, MATRIOSKA_HTTP_PORT)',
      });
    case 'EACCES':
    case 'EPERM':
      return new AppError('MX1202', `${what} may not be used by this user`, {
        cause,
        next: 'use a port of 1024 or above, or give the right to bind low ports',
      });
    case 'EADDRNOTAVAIL':
      return new AppError('MX1202', `${what} is no address of this machine`, {
        cause,
        next: 'set the listener to an address of this machine, 0.0.0.0 or ::',
      });
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new AppError('MX1202', `${what} names a host that cannot be resolved`, {
        cause,
        next: 'write the address as a number, such as 127.0.0.1',
      });
    default:
      return new AppError(
        'MX1202',
        `${what} cannot be listened on: ${cause instanceof Error ? cause.message : 'unknown cause'}`,
        {
          cause,
          next: 'check address and port in the configuration',
        },
      );
  }
}
