// Secrets on their way into the store: passwords and keys become hashes, what must be read back is sealed. The same
// secret given again keeps the stored form, so that applying a file twice changes nothing.

import { hashKey, hashPassword, isSealed, verifyPassword } from '../secrets/index.js';
import type { SecretBox } from '../secrets/index.js';

/** Options of a trunk that are secrets, whatever the adapter. */
const SECRET_OPTIONS = new Set(['password', 'secret', 'token']);

const ownerOf = (trunkId: string, option: string): string => `trunk/${trunkId}/${option}`;

/** Opens a secret in a trunk's stored options; undefined when there is none or the key is another. */
export function openTrunkSecret(
  box: SecretBox,
  trunk: { readonly id: string; readonly options: Readonly<Record<string, unknown>> },
  option: string,
): string | undefined {
  const stored = trunk.options[option];
  return typeof stored === 'string' ? box.open(stored, ownerOf(trunk.id, option)) : undefined;
}

/** The options with secrets sealed; undefined names the option whose sealed form belongs elsewhere. */
export function sealOptions(
  box: SecretBox,
  trunkId: string,
  options: Readonly<Record<string, unknown>>,
  stored: Readonly<Record<string, unknown>> | undefined,
): { readonly options: Record<string, unknown>; readonly foreign: readonly string[] } {
  const sealed: Record<string, unknown> = { ...options };
  const foreign: string[] = [];
  for (const [name, value] of Object.entries(options)) {
    if (!SECRET_OPTIONS.has(name) || (typeof value !== 'string' && typeof value !== 'number')) continue;
    const owner = ownerOf(trunkId, name);
    const secret = String(value);
    const before = stored?.[name];
    if (isSealed(secret)) {
      if (box.open(secret, owner) === undefined) foreign.push(name);
    } else if (typeof before === 'string' && box.open(before, owner) === secret) sealed[name] = before;
    else sealed[name] = box.seal(secret, owner);
  }
  return { options: sealed, foreign };
}

/** The options with sealed secrets opened, for the adapter's own check; never stored or shown. */
export function openOptions(
  box: SecretBox,
  trunk: { readonly id: string; readonly options: Readonly<Record<string, unknown>> },
): Record<string, unknown> {
  const opened: Record<string, unknown> = { ...trunk.options };
  for (const name of SECRET_OPTIONS) {
    if (name in opened) opened[name] = openTrunkSecret(box, trunk, name) ?? opened[name];
  }
  return opened;
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
