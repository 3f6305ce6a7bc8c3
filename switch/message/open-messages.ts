// Every message in memory, oldest first: a list threaded through the messages themselves, since a map of so many keys
// costs more than all else that happens to a message between two PDUs. Only those that also have a row are indexed.

import type { Message } from './message.js';

export class OpenMessages {
  size = 0;
  oldest: Message | undefined = undefined;
  #newest: Message | undefined = undefined;
  readonly #withRow = new Map<number, Message>();

  add(message: Message): void {
    message.openBefore = this.#newest;
    if (this.#newest === undefined) this.oldest = message;
    else this.#newest.openAfter = message;
    this.#newest = message;
    this.size++;
    if (message.wasSpilled) this.#withRow.set(message.key, message);
  }

  /** It has, or will have, a row on disk: rows that are read find it here. */
  index(message: Message): void {
    this.#withRow.set(message.key, message);
  }

  delete(message: Message): void {
    const { openBefore, openAfter } = message;
    // Not in the list: it left before.
    if (openBefore === undefined && this.oldest !== message) return;
    if (openBefore === undefined) this.oldest = openAfter;
    else openBefore.openAfter = openAfter;
    if (openAfter === undefined) this.#newest = openBefore;
    else openAfter.openBefore = openBefore;
    // A message that left must not keep its neighbours alive.
    message.openBefore = undefined;
    message.openAfter = undefined;
    this.size--;
    if (this.#withRow.size > 0) this.#withRow.delete(message.key);
  }

  /** The indexed message that this row belongs to. */
  withRow(key: number): Message | undefined {
    return this.#withRow.get(key);
  }

  /** Any message by key: walks all of them, for people and tests. */
  get(key: number): Message | undefined {
    const indexed = this.#withRow.get(key);
    if (indexed !== undefined) return indexed;
    for (let message = this.oldest; message !== undefined; message = message.openAfter) {
      if (message.key === key) return message;
    }
    return undefined;
  }
}
