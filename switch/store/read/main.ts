// Entry of a read thread: queries on read-only connections, away from commits and from the main thread.

import { parentPort, workerData } from 'node:worker_threads';
import { invariant } from '#core';
import { toRefusal } from '../thread/failure.js';
import type { ReadName, ReadRequest, ReadThreadSetup, ThreadAnswer } from '../thread/protocol.js';
import { copyDatabases } from './backup-copy.js';
import { Checkpointer } from './checkpointer.js';
import { MainReader } from './main-reader.js';
import { MdrReader } from './mdr-reader.js';
import type { MdrQuery, Scope } from '../contract.js';

invariant(parentPort !== null, 'the read thread was started as a program');
const port = parentPort;
const setup = workerData as ReadThreadSetup;
const records = new MainReader(setup.folder);
const mdrs = new MdrReader(setup.folder);
const checkpointer = setup.checkpoints ? new Checkpointer(setup.folder) : undefined;

type Query = (...args: readonly unknown[]) => unknown;

/** Queries by name. The arguments come from remote-records.ts, which has their types. */
const queries: Readonly<Record<ReadName, Query>> = {
  provisioned: () => records.provisioned(),
  deckVersions: () => records.deckVersions(),
  deckVersion: (first, second) => records.deckVersion(first as string, second as number),
  postingKey: (first) => records.postingKey(first as string),
  jobRuns: () => records.jobRuns(),
  audit: (first, second) => records.audit(first as Scope, second as number),
  balances: () => records.balances(),
  spilledImages: (first, second) => records.spilledImages(first as number, second as number),
  spilledQueue: (first, second, third) => records.spilledQueue(first as number, second as number, third as number),
  spilledByUpstreamId: (first) =>
    records.spilledByUpstreamId(first as readonly { trunkRef: number; upstreamId: string }[]),
  spilledDue: (first, second) => records.spilledDue(first as number, second as number),
  spilledMessage: (first) => records.spilledMessage(first as number),
  hasSpilled: (first) => records.hasSpilled(first as { accountRef: number } | { trunkRef: number }),
  pendingReceipts: (first, second, third) =>
    records.pendingReceipts(first as number, second as number, third as number),
  pendingReceiptCounts: () => records.pendingReceiptCounts(),
  receiptOnDisk: (first) => records.receiptOnDisk(first as number),
  mdr: (first, second) => mdrs.one(first as Scope, second as number),
  mdrPage: (first, second) => mdrs.page(first as Scope, second as MdrQuery),
  backup: (first) => copyDatabases(setup.folder, first as string),
};

port.on('message', (request: ReadRequest) => {
  let answer: ThreadAnswer;
  try {
    if (request.op === 'close') {
      checkpointer?.close();
      mdrs.close();
      records.close();
      answer = { op: 'answer', id: request.id, value: undefined };
    } else {
      answer = { op: 'answer', id: request.id, value: queries[request.name](...request.args) };
    }
  } catch (cause) {
    answer = { op: 'refused', id: request.id, refusal: toRefusal(cause) };
  }
  port.postMessage(answer);
  if (request.op === 'close') port.close();
});
