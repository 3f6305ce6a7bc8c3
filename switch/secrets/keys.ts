// HTTP keys. A key is 256 random bits, so guessing is hopeless and one SHA-256 is the right hash: slow hashes such as
// scrypt protect passwords that people choose, and would only cost time on every request here.

import { createHash, randomBytes } from 'node:crypto';

const KEY_BYTES = 32;
const PREFIX = 'mxk_';
const KEY_FORM = /^mxk_[A-Za-z0-9_-]{43}$/;

export const newKey = (): string => PREFIX + randomBytes(KEY_BYTES).toString('base64url');

/** True for a key that `newKey` may have made; keys that people invent are refused. */
export const isKey = (text: string): boolean => KEY_FORM.test(text);

export const hashKey = (key: string): string => createHash('sha256').update(key).digest('hex');

export const isKeyHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** Letters and digits that cannot be mistaken for one another, for passwords shown to people. */
const READABLE = 'abcdefghjkmnpqrstuvwxyz23456789';

/** A random password of SMPP's greatest length (8 octets: SMPP 3.4 §5.2.2), about 39 bits. */
export function newPassword(): string {
  let text = '';
  while (text.length < 8) {
    for (const octet of randomBytes(16)) {
      // Octets at or above the greatest multiple of the alphabet would favour its beginning.
      if (octet < 256 - (256 % READABLE.length) && text.length < 8) text += READABLE.charAt(octet % READABLE.length);
    }
  }
  return text;
}
