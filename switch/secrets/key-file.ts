// The key file: 32 random octets that encrypt the secrets the switch must be able to read back (upstream passwords).

import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs';
import { AppError } from '#core';

const KEY_BYTES = 32;

/** Opens the key file, or makes one that only its owner may read. MX1601 when it is not what it should be. */
export function openKeyFile(path: string): Buffer {
  return readKeyFile(path) ?? createKeyFile(path);
}

/** The key; undefined when there is no such file. */
export function readKeyFile(path: string): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AppError('MX1601', `the key file ${path} cannot be read`, {
      cause,
      next: 'let its owner run the switch',
    });
  }
  try {
    const mode = fstatSync(fd).mode & 0o777;
    if ((mode & 0o077) !== 0) {
      throw new AppError('MX1601', `the key file ${path} may be read by others (mode ${mode.toString(8)})`, {
        next: `chmod 600 ${path}`,
      });
    }
    const key = readFileSync(fd);
    if (key.length !== KEY_BYTES) {
      throw new AppError('MX1601', `the key file ${path} has ${key.length} octets instead of ${KEY_BYTES}`, {
        next: 'put back the right key file from a backup; without it the stored upstream passwords are lost',
      });
    }
    return key;
  } finally {
    closeSync(fd);
  }
}

function createKeyFile(path: string): Buffer {
  const key = randomBytes(KEY_BYTES);
  let fd: number;
  try {
    fd = openSync(path, 'wx', 0o600);
  } catch (cause) {
    throw new AppError('MX1601', `the key file ${path} cannot be created`, {
      cause,
      next: 'make its folder writable for the user that runs the switch',
    });
  }
  try {
    writeSync(fd, key);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  return key;
}
