// Entry of the store thread.

import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '#core';
import { toRefusal } from './failure.js';
import type { StoreThreadSetup, ThreadAnswer } from './protocol.js';
import { StoreThread } from './store-thread.js';

invariant(parentPort !== null, 'the store thread was started as a program');
try {
  await StoreThread.open(parentPort, workerData as StoreThreadSetup);
} catch (cause) {
  parentPort.postMessage({ op: 'refused', id: 0, refusal: toRefusal(cause) } satisfies ThreadAnswer);
  parentPort.close();
}
