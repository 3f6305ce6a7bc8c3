// Secrets that must be read back: AES-256-GCM under the key file, bound to the row they belong to.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** NIST SP 800-38D §5.2.1.1: 96-bit nonces; random ones are safe far beyond the number of secrets here (§8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = 'aes256gcm$';

export const isSealed = (text: string): boolean => text.startsWith(PREFIX);

export class SecretBox {
  readonly #key: Buffer;

  constructor(key: Buffer) {
    this.#key = key;
  }

  /** @param owner what the secret belongs to, as `trunk/ID/option`: a sealed text moved elsewhere does not open. */
  seal(secret: string, owner: string): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(owner));
    const sealed = Buffer.concat([nonce, cipher.update(secret, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    return PREFIX + sealed.toString('base64');
  }

  /** Undefined when it is not sealed, was altered, belongs to another owner, or the key is another. */
  open(sealed: string, owner: string): string | undefined {
    if (!isSealed(sealed)) return undefined;
    const bytes = Buffer.from(sealed.slice(PREFIX.length), 'base64');
    if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
    const nonce = bytes.subarray(0, NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(owner));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    try {
      const text = decipher.update(bytes.subarray(NONCE_BYTES, bytes.length - TAG_BYTES));
      return Buffer.concat([text, decipher.final()]).toString('utf8');
    } catch {
      return undefined;
    }
  }
}
