// Journals that earlier versions wrote, read by this one. When JOURNAL_VERSION grows: run this test at the last commit
// before it with MAKE_JOURNAL=test/corpus/journal/vN set, commit the segment, and never write it again.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MessageState } from '#core';
import { PostingKind } from '../../../../../switch/message/journal-records.js';
import { appendPosting } from '../../../../../switch/message/records.js';
import { RecordType } from '../../../../../switch/store/contract.js';
import { DiskFiles } from '../../../../../switch/store/journal/files.js';
import { readBatches, visitRecords } from '../../../../../switch/store/journal/reader.js';
import { openLocalJournal } from '../../../../support/local-journal.js';
import type { DiskRecord } from '../../../../support/memory-disk.js';
import { MessageWorld, REF } from '../../../../support/message-world.js';
import { Told } from '../../../../support/store-records.js';

const CORPUS = join(import.meta.dirname, '../../../../corpus/journal');

describe('a journal of version 1', () => {
  before(async () => {
    const folder = process.env['MAKE_JOURNAL'];
    if (folder !== undefined) await makeJournal(folder);
  });

  it('is replayed: what was open, owed and parked when it was written is there again', async () => {
    const records: DiskRecord[] = [];
    readBatches(new DiskFiles(join(CORPUS, 'v1')), { node: 1, batchAfter: 0 }, (batch) => {
      visitRecords(batch, (type, buffer, start, end) => {
        records.push({ type, payload: Buffer.from(buffer.subarray(start, end)) });
      });
    });
    assert.deepEqual([...new Set(records.map(({ type }) => type))].sort(), [1, 2, 3, 4, 5, 6, 7]);
    const world = new MessageWorld();
    world.disk.batches.push({ batch: 1, segment: 1, records });
    world.disk.lastBatch = 1;
    const report = await world.restart();
    assert.equal(report.awaitingReceipt, 1);
    assert.equal(report.queued, 1);
    assert.equal(report.receiptsOwed, 1);
    assert.equal(report.receiptsParked, 1);
    assert.equal(report.orphans, 0);
  });
});

/** One message delivered and acknowledged, one owed its receipt, one waiting for it, one refused once; a parked receipt. */
async function makeJournal(folder: string): Promise<void> {
  const world = new MessageWorld();
  const deliver = async (): Promise<void> => {
    await world.submit();
    world.cheap.receipt(world.cheap.accept(), MessageState.delivered);
    await world.turn();
  };
  const receiver = world.receiver();
  await deliver();
  receiver.acknowledge();
  receiver.lose();
  await deliver();
  await world.submit();
  world.cheap.accept();
  await world.submit();
  world.cheap.refuse('transient');
  world.cheap.receipt('unknown-1', MessageState.delivered);
  const posting = { id: 1, atMs: 0, buyerRef: REF.region, sellerRef: REF.operator, currency: 'EUR' };
  const kind = PostingKind.topUp;
  appendPosting(world.store.journal, { ...posting, kind, raiseMicros: 5n, reason: 'r', actor: 'a' }, new Told());
  world.store.journal.commit();
  mkdirSync(folder, { recursive: true });
  const { journal } = openLocalJournal(new DiskFiles(folder), 1 << 16);
  const told = new Told();
  const records = world.disk.batches.flatMap((batch) => batch.records);
  records.forEach(({ type, payload }, index) => {
    const at = journal.begin(type, payload.length, type === RecordType.open);
    payload.copy(journal.buffer, at);
    journal.end(at + payload.length, index === records.length - 1 ? told : undefined);
  });
  journal.flush();
  await told.next();
  await journal.close();
}
