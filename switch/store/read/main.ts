// Entry of a read thread: queries on read-only connections, away from commits and from the main thread.

import { parentPort, workerData } from 'node:worker_threads';
import { AppError, invariant } from '#core';
import { toRefusal } from '../thread/failure.js';
import type { ReadRequest, ReadThreadSetup, ThreadAnswer } from '../thread/protocol.js';
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

/** One query by name. The arguments come from remote-records.ts, which has their types. */
function read(request: Extract<ReadRequest, { op: 'read' }>): unknown {
  const [first, second, third] = request.args;
  switch (request.name) {
    case 'provisioned':
      return records.provisioned();
    case 'deckVersions':
      return records.deckVersions();
    case 'deckVersion':
      return records.deckVersion(first as string, second as number);
    case 'postingKey':
      return records.postingKey(first as string);
    case 'jobRuns':
      return records.jobRuns();
    case 'audit':
      return records.audit(first as Scope, second as number);
    case 'balances':
      return records.balances();
    case 'spilledImages':
      return records.spilledImages(first as number, second as number);
    case 'spilledQueue':
      return records.spilledQueue(first as number, second as number, third as number);
    case 'spilledByUpstreamId':
      return records.spilledByUpstreamId(first as readonly { trunkRef: number; upstreamId: string }[]);
    case 'spilledDue':
      return records.spilledDue(first as number, second as number);
    case 'spilledMessage':
      return records.spilledMessage(first as number);
    case 'hasSpilled':
      return records.hasSpilled(first as { accountRef: number } | { trunkRef: number });
    case 'pendingReceipts':
      return records.pendingReceipts(first as number, second as number, third as number);
    case 'pendingReceiptCounts':
      return records.pendingReceiptCounts();
    case 'receiptOnDisk':
      return records.receiptOnDisk(first as number);
    case 'mdr':
      return mdrs.one(first as Scope, second as number);
    case 'mdrPage':
      return mdrs.page(first as Scope, second as MdrQuery);
    case 'backup':
      copyDatabases(setup.folder, first as string);
      return undefined;
    default:
      throw new AppError('MX1001', `the read thread knows no query '${String(request.name)}'`);
  }
}

port.on('message', (request: ReadRequest) => {
  let answer: ThreadAnswer;
  try {
    if (request.op === 'close') {
      checkpointer?.close();
      mdrs.close();
      records.close();
      answer = { op: 'answer', id: request.id, value: undefined };
    } else {
      answer = { op: 'answer', id: request.id, value: read(request) };
    }
  } catch (cause) {
    answer = { op: 'refused', id: request.id, refusal: toRefusal(cause) };
  }
  port.postMessage(answer);
  if (request.op === 'close') port.close();
});
