// Passwords of accounts: kept as salted scrypt hashes, checked off the main thread.

import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<string, Buffer, number, { N: number; r: number; p: number }, Buffer>(scrypt);

/** OWASP's smallest recommended scrypt cost with p = 1 is N = 2¹⁷; SMPP passwords have 8 octets, and a storm of binds
 * must end: N = 2¹⁴ (16 MiB, about 50 ms) is the cost that Node's documentation defaults to. */
const COST = { N: 16_384, r: 8, p: 1 };
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const FORM = /^scrypt\$(\d{1,8})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9+/]{16,64}={0,2})\$([A-Za-z0-9+/]{16,128}={0,2})$/;
/** A stored hash may not ask for more memory than this: 128·N·r octets. */
const MEMORY_BYTES_MAX = 67_108_864;

/** True for text that `hashPassword` may have written. */
export const isPasswordHash = (text: string): boolean => readHash(text) !== undefined;

/** `scrypt$N$r$p$salt$hash`, salt and hash in base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const key = await derive(password, salt, KEY_BYTES, COST);
  return `scrypt$${COST.N}$${COST.r}$${COST.p}$${salt.toString('base64')}$${key.toString('base64')}`;
}

/** False also for text that is no hash of ours. Runs on the thread pool of libuv. */
export async function verifyPassword(password: string, stored: string): Promise<boolean> {
  const hash = readHash(stored);
  if (hash === undefined) return false;
  const key = await derive(password, hash.salt, hash.key.length, hash.cost);
  return timingSafeEqual(key, hash.key);
}

interface StoredHash {
  readonly cost: { readonly N: number; readonly r: number; readonly p: number; readonly maxmem: number };
  readonly salt: Buffer;
  readonly key: Buffer;
}

function readHash(text: string): StoredHash | undefined {
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, n, r, p, salt, key] = match;
  const cost = { N: Number(n), r: Number(r), p: Number(p), maxmem: MEMORY_BYTES_MAX * 2 };
  const isPowerOfTwo = cost.N > 1 && (cost.N & (cost.N - 1)) === 0;
  if (!isPowerOfTwo || cost.r < 1 || cost.p < 1 || 128 * cost.N * cost.r > MEMORY_BYTES_MAX) return undefined;
  return { cost, salt: Buffer.from(salt ?? '', 'base64'), key: Buffer.from(key ?? '', 'base64') };
}
