// Secrets on their way into the store: passwords and keys become hashes, what must be read back is sealed. The same
// secret given again keeps the stored form, so that applying a file twice changes nothing.

import { hashKey, hashPassword, isSealed, verifyPassword } from '../secrets/index.js';
import type { SecretBox } from '../secrets/index.js';

const ownerOf = (trunkId: string, name: string): string => `trunk/${trunkId}/${name}`;

/** Opens one of a trunk's secrets; undefined when there is none by that name or the key file is another. */
export function openTrunkSecret(
  box: SecretBox,
  trunk: { readonly id: string; readonly secrets: Readonly<Record<string, string>> },
  name: string,
): string | undefined {
  const stored = trunk.secrets[name];
  return stored === undefined ? undefined : box.open(stored, ownerOf(trunk.id, name));
}

/** Seals what is given in clear; `foreign` names those sealed with another key file or for another trunk. */
export function sealSecrets(
  box: SecretBox,
  trunkId: string,
  given: Readonly<Record<string, string>>,
  stored: Readonly<Record<string, string>>,
): { readonly secrets: Record<string, string>; readonly foreign: readonly string[] } {
  const secrets: Record<string, string> = {};
  const foreign: string[] = [];
  for (const [name, secret] of Object.entries(given)) {
    const owner = ownerOf(trunkId, name);
    const before = stored[name];
    if (isSealed(secret)) {
      if (box.open(secret, owner) === undefined) foreign.push(name);
      secrets[name] = secret;
    } else {
      const isSame = before !== undefined && box.open(before, owner) === secret;
      secrets[name] = isSame ? before : box.seal(secret, owner);
    }
  }
  return { secrets, foreign };
}

/** The hash to store; undefined when neither the file nor the store has one. */
export async function accountPasswordHash(
  given: { readonly password?: string | undefined; readonly passwordHash?: string | undefined },
  stored: string | undefined,
): Promise<string | undefined> {
  if (given.password === undefined) return given.passwordHash ?? stored;
  if (stored !== undefined && (await verifyPassword(given.password, stored))) return stored;
  return hashPassword(given.password);
}

export function keyHashOf(
  given: { readonly key?: string | undefined; readonly keyHash?: string | undefined },
  stored: string | undefined,
): string | undefined {
  return given.key === undefined ? (given.keyHash ?? stored) : hashKey(given.key);
}
