// Requests from the main thread to another thread: numbered, each with a deadline.

import { AppError } from '#core';
import { fromRefusal } from './failure.js';
import type { ThreadAnswer } from './protocol.js';

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AppError) => void;
  readonly timer: NodeJS.Timeout;
}

/** Requests of one thread that wait for their answers. */
export class Requests {
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #gone: AppError | undefined;

  /** Sends what `post` builds for the new id and waits for its answer, at most `deadlineMs`. */
  ask(what: string, deadlineMs: number, post: (id: number) => void): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new AppError('MX1304', `The store did not answer '${what}' within ${deadlineMs} ms.`));
      }, deadlineMs);
      this.#waiting.set(id, { resolve, reject, timer });
      post(id);
    });
  }

  answered(answer: ThreadAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (waiting === undefined) return;
    this.#waiting.delete(answer.id);
    clearTimeout(waiting.timer);
    if (answer.op === 'answer') waiting.resolve(answer.value);
    else waiting.reject(fromRefusal(answer.refusal));
  }

  /** The thread has ended: nobody will answer any more. */
  fail(error: AppError): void {
    this.#gone ??= error;
    for (const waiting of this.#waiting.values()) {
      clearTimeout(waiting.timer);
      waiting.reject(error);
    }
    this.#waiting.clear();
  }
}
