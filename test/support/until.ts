// Waiting for something to become true, bounded and named.

import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 20;

/** Throws with what was waited for when it does not become true in time. */
export async function untilTrue(
  timeoutMs: number,
  what: string,
  holds: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await holds())) {
    if (performance.now() >= deadlineMs) throw new Error(`not so within ${timeoutMs} ms: ${what}`);
    await delay(POLL_MS);
  }
}
