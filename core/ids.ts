// Message ids: ordered by time, unique over restarts and clock steps, and naming the node that made them.

/** A message on this node: a safe integer, 42 bits of milliseconds since 2020 and 11 bits of sequence. */
export type MessageKey = number;

const EPOCH_MS = Date.UTC(2020, 0, 1);
/** Keys per millisecond before the source borrows from the next one: two million a second. */
const KEYS_PER_MS = 2_048;
/** Nodes are numbered 0 to 999: the last three digits of an id. */
export const NODE_MAX = 999;

/** Hands out strictly increasing keys. A wall clock that steps back only stops time for the ids, never repeats one. */
export class KeySource {
  #last: MessageKey;

  /** @param last the greatest key already used, as recovered from the store */
  constructor(last: MessageKey = 0) {
    this.#last = last;
  }

  next(wallMs: number): MessageKey {
    const fresh = Math.floor(wallMs - EPOCH_MS) * KEYS_PER_MS;
    this.#last = fresh > this.#last ? fresh : this.#last + 1;
    return this.#last;
  }

  /** Tells the source of a key found in the store, so that it never hands it out again. */
  seen(key: MessageKey): void {
    if (key > this.#last) this.#last = key;
  }
}

/** The wall-clock millisecond in which a key was made (about: bursts and clock steps borrow from the future). */
export const keyWallMs = (key: MessageKey): number => EPOCH_MS + Math.floor(key / KEYS_PER_MS);

/**
 * The message_id that a peer sees: decimal digits only, no leading zero, at most 19 of them and below 2⁶³. So a peer
 * that stores it as a number, pads it, or changes its case still hands back the same id.
 */
export function formatMessageId(key: MessageKey, node: number): string {
  // Two small integers turn into text several times faster than one large double.
  const high = Math.floor(key / KEY_LOW);
  if (high === 0) return `${key}${String(NODE_BIAS + node).slice(1)}`;
  const low = (key - high * KEY_LOW) * NODE_BIAS + node;
  return `${high}${String(LOW_BIAS + low).slice(1)}`;
}

/** The low five digits of a key and the three of a node fit a small integer behind a leading 1. */
const KEY_LOW = 100_000;
const NODE_BIAS = 1_000;
const LOW_BIAS = KEY_LOW * NODE_BIAS;

/** Reads an id back; undefined when it is not one of ours. */
export function parseMessageId(text: string): { readonly key: MessageKey; readonly node: number } | undefined {
  if (!/^[1-9]\d{3,18}$/.test(text)) return undefined;
  const key = Number(text.slice(0, -3));
  return Number.isSafeInteger(key) ? { key, node: Number(text.slice(-3)) } : undefined;
}
