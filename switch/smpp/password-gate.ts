// Checks passwords without stalling traffic: scrypt on libuv's threads behind a bounded queue, and what was right once
// is remembered as a keyed HMAC, so that a storm of rebinds costs microseconds each.

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { PASSWORD_QUEUE_MAX } from '#core';
import { verifyPassword } from '../secrets/index.js';

export type PasswordVerdict = 'right' | 'wrong' | 'busy';

interface Holder {
  readonly ref: number;
  readonly passwordHash: string;
}

interface Waiting {
  readonly holder: Holder;
  readonly password: string;
  readonly done: (verdict: PasswordVerdict) => void;
}

/** scrypt runs at once: leaves threads of libuv for the journal, which share the pool. */
const CHECKS_AT_ONCE = 2;

export class PasswordGate {
  readonly #key = randomBytes(32);
  /** Per account: the hash that was checked, and the HMAC of the password that it accepted. */
  readonly #known = new Map<number, { readonly passwordHash: string; readonly mac: Buffer }>();
  readonly #waiting: Waiting[] = [];
  #running = 0;
  readonly counters = { remembered: 0, derived: 0, refusedBusy: 0 };

  /** Answers through `done`: at once when remembered, else after a scrypt thread had its turn. */
  check(holder: Holder, password: string, done: (verdict: PasswordVerdict) => void): void {
    if (this.#remembers(holder)) {
      done(this.#recall(holder, password));
      return;
    }
    if (this.#waiting.length >= PASSWORD_QUEUE_MAX) {
      this.counters.refusedBusy++;
      done('busy');
      return;
    }
    this.#waiting.push({ holder, password, done });
    this.#next();
  }

  #next(): void {
    while (this.#running < CHECKS_AT_ONCE) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) return;
      const { holder, password } = waiting;
      // In a storm of one account's binds the first one has the answer for those behind it.
      if (this.#remembers(holder)) {
        waiting.done(this.#recall(holder, password));
        continue;
      }
      this.#running++;
      this.counters.derived++;
      verifyPassword(password, holder.passwordHash)
        .then((isRight) => {
          if (isRight) {
            const mac = this.#mac(holder.ref, password);
            this.#known.set(holder.ref, { passwordHash: holder.passwordHash, mac });
          }
          this.#done(waiting, isRight ? 'right' : 'wrong');
        })
        .catch(() => this.#done(waiting, 'busy'));
    }
  }

  #remembers(holder: Holder): boolean {
    return this.#known.get(holder.ref)?.passwordHash === holder.passwordHash;
  }

  #recall(holder: Holder, password: string): PasswordVerdict {
    const mac = this.#known.get(holder.ref)?.mac;
    this.counters.remembered++;
    return mac !== undefined && timingSafeEqual(mac, this.#mac(holder.ref, password)) ? 'right' : 'wrong';
  }

  #done(waiting: Waiting, verdict: PasswordVerdict): void {
    this.#running--;
    waiting.done(verdict);
    this.#next();
  }

  #mac(ref: number, password: string): Buffer {
    return createHmac('sha256', this.#key).update(`${ref}:${password}`).digest();
  }
}
