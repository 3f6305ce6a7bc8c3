// What every store promises, whatever it is made of. `open` may be called again on the same place after `close`.

import assert from 'node:assert/strict';
import { MessageState } from '#core';
import { FinishFlag, OpenFlag, Phase, PostingKind } from '../../switch/message/journal-records.js';
import { RecordType, type AuditEntry, type MdrQuery, type Store } from '../../switch/store/contract.js';
import { Told, appendFinish, appendOpen, appendPosting, appendReceiptDone } from './store-records.js';

export interface StorePlace {
  open(): Promise<Store>;
  destroy(): Promise<void>;
}

export const DAY_MS = Date.UTC(2026, 10, 20);
const audit: AuditEntry = {
  atMs: DAY_MS,
  actor: 'test',
  tenantId: '',
  permission: 'provision',
  command: 'apply',
  reason: 'conformance',
  detail: '{}',
};
const scope = { tenantRef: 1, tenantRefs: [1, 2] };

/** Key as core/ids.ts makes them, for a moment. */
export const keyAt = (ms: number, sequence = 0): number => (ms - Date.UTC(2020, 0, 1)) * 2_048 + sequence;

export function storeConformance(name: string, makePlace: () => Promise<StorePlace>): void {
  describe(`${name} keeps the store's promises`, function () {
    this.timeout(30_000);
    let place: StorePlace;
    let store: Store;
    const durable = async (append: (told: Told) => void): Promise<void> => {
      const told = new Told();
      append(told);
      await told.next();
      assert.equal(told.durableCount, 1);
    };
    const reopen = async (): Promise<void> => {
      await store.close();
      store = await place.open();
    };

    beforeEach(async () => {
      place = await makePlace();
      store = await place.open();
    });
    afterEach(async () => {
      await store.close();
      await place.destroy();
    });

    it('replays after a restart what was told durable, in order', async () => {
      for (let key = 1; key <= 5; key++) await durable((told) => appendOpen(store.journal, { key }, told));
      await reopen();
      const keys: number[] = [];
      await store.replay((type, buffer, start) => {
        assert.equal(type, RecordType.open);
        keys.push(buffer.readDoubleLE(start));
      });
      assert.deepEqual(keys, [1, 2, 3, 4, 5]);
    });

    it('goes on counting batches over restarts', async () => {
      await durable((told) => appendOpen(store.journal, { key: 1 }, told));
      const before = store.journal.batch;
      await reopen();
      assert.equal(store.journal.batch, before);
    });

    it('tells targets in the order of their records, one batch for one turn', async () => {
      const order: number[] = [];
      const last = new Told();
      for (let key = 1; key <= 50; key++) {
        const target = { durable: () => order.push(key), notDurable: () => assert.fail('disk is fine') };
        appendOpen(store.journal, { key }, target);
      }
      appendOpen(store.journal, { key: 51 }, last);
      await last.next();
      assert.deepEqual(
        order,
        Array.from({ length: 50 }, (_, index) => index + 1),
      );
      assert.equal(store.journal.counters.syncs, 1);
      assert.equal(store.journal.pendingBytes, 0);
    });

    it('answers a finished message by key and by filter, newest first, inside the scope only', async () => {
      const key = keyAt(DAY_MS + 5_000);
      await durable((told) => {
        appendFinish(store.journal, { key, acceptedMs: DAY_MS + 5_000, chargeMicros: 12_345n, upstreamId: 'u1' });
        appendFinish(store.journal, { key: key + 1, acceptedMs: DAY_MS + 6_000, accountRef: 2, trunkRef: 9 });
        appendFinish(store.journal, { key: key + 2, acceptedMs: DAY_MS + 7_000, tenantRef: 3 }, told);
      });
      const row = await store.records.mdr(scope, key);
      assert.equal(row?.chargeMicros, 12_345n);
      assert.equal(row.upstreamId, 'u1');
      assert.equal(row.source, '393331234567');
      assert.equal(row.state, MessageState.delivered);
      assert.equal(await store.records.mdr(scope, key + 2), undefined);
      const keys = async (query: object) =>
        (await store.records.mdrs(scope, { limit: 10, ...query })).map((found) => found.key - key);
      assert.deepEqual(await keys({}), [1, 0]);
      assert.deepEqual(await keys({ accountRef: 2 }), [1]);
      assert.deepEqual(await keys({ trunkRef: 7 }), [0]);
      assert.deepEqual(await keys({ destinationPrefix: '4477' }), [1, 0]);
      assert.deepEqual(await keys({ destinationPrefix: '39' }), []);
      assert.deepEqual(await keys({ toMs: DAY_MS + 6_000 }), [0]);
      assert.deepEqual(await keys({ fromMs: DAY_MS + 6_000 }), [1]);
      assert.deepEqual(await keys({ beforeKey: key + 1 }), [0]);
      assert.deepEqual(await keys({ limit: 1 }), [1]);
    });

    it('answers any version of a deck, and none that there is not', async () => {
      const rows = (octet: number) => Uint8Array.of(octet);
      const change = (octet: number) =>
        store.records.change([{ op: 'deck-version', id: 'sell', rows: rows(octet), source: 'test' }], audit);
      await change(1);
      await change(2);
      assert.deepEqual(new Uint8Array((await store.records.deckVersion('sell', 1)) ?? []), rows(1));
      assert.deepEqual(new Uint8Array((await store.records.deckVersion('sell', 2)) ?? []), rows(2));
      assert.equal(await store.records.deckVersion('sell', 3), undefined);
      assert.equal(await store.records.deckVersion('buy', 1), undefined);
    });

    it('knows over restarts what a posting key announced, and whether the posting followed', async () => {
      const announce = (key: string, postingId: number) =>
        store.records.change([{ op: 'posting-key', key, intent: 'shop/5', postingId }], audit);
      await announce('first', 11);
      await announce('second', 12);
      await durable((told) => appendPosting(store.journal, 11, { buyerRef: 5, chargedMicros: -5n }, told));
      await assert.rejects(announce('first', 13), { code: 'MX1402' });
      await reopen();
      assert.deepEqual(await store.records.postingKey('first'), { intent: 'shop/5', postingId: 11, isPosted: true });
      assert.deepEqual(await store.records.postingKey('second'), { intent: 'shop/5', postingId: 12, isPosted: false });
      assert.equal(await store.records.postingKey('third'), undefined);
    });

    it('knows over restarts when a job last ran', async () => {
      assert.deepEqual(await store.records.jobRuns(), []);
      await store.records.change([{ op: 'job-run', name: 'retention', atMs: DAY_MS }], audit);
      await store.records.change([{ op: 'job-run', name: 'retention', atMs: DAY_MS + 1 }], audit);
      await reopen();
      assert.deepEqual(await store.records.jobRuns(), [{ name: 'retention', atMs: DAY_MS + 1 }]);
    });

    it('tells a receipt that waits from one that was given up', async () => {
      const { journal, records } = store;
      const flags = FinishFlag.receiptOwed | FinishFlag.receiptSpill;
      for (const key of [1, 2]) appendFinish(journal, { key, acceptedMs: DAY_MS, accountRef: 4, flags });
      assert.equal(await records.receiptOnDisk(1), 'owed');
      appendReceiptDone(journal, 1, true);
      appendReceiptDone(journal, 2, true, undefined, 2);
      assert.equal(await records.receiptOnDisk(1), undefined);
      assert.equal(await records.receiptOnDisk(2), 'expired');
    });

    it('gives a filter that finds nothing back in time, with where to go on', async () => {
      await durable((told) => {
        // Hours apart, so that the keys are many spans wide.
        for (let hour = 0; hour < 20; hour++) {
          const acceptedMs = DAY_MS + hour * 3_600_000;
          appendFinish(store.journal, { key: keyAt(acceptedMs), acceptedMs }, hour === 19 ? told : undefined);
        }
      });
      await store.records.balances();
      const all: number[] = [];
      let query: MdrQuery = { limit: 100 };
      for (let pages = 0; pages < 100; pages++) {
        const page = await store.records.mdrPage(scope, query);
        all.push(...page.rows.map((row) => row.acceptedMs));
        if (page.nextKey === undefined) break;
        query = { limit: 100, beforeKey: page.nextKey };
      }
      assert.deepEqual(
        all,
        Array.from({ length: 20 }, (_, index) => DAY_MS + (19 - index) * 3_600_000),
      );
    });

    it('walks from one day to the day before', async () => {
      await durable((told) => {
        appendFinish(store.journal, { key: keyAt(DAY_MS), acceptedMs: DAY_MS });
        appendFinish(store.journal, { key: keyAt(DAY_MS - 10), acceptedMs: DAY_MS - 10 }, told);
      });
      await store.records.balances();
      const rows = await store.records.mdrs(scope, { limit: 10 });
      assert.deepEqual(
        rows.map((row) => row.acceptedMs),
        [DAY_MS, DAY_MS - 10],
      );
    });

    it('moves balances by every sale, top-up and adjustment exactly, and not by carrier cost', async () => {
      const huge = 9_007_199_254_740_993n;
      await durable((told) => {
        appendPosting(store.journal, 1, { kind: PostingKind.topUp, buyerRef: 5, chargedMicros: -huge });
        appendFinish(
          store.journal,
          {
            key: keyAt(DAY_MS),
            acceptedMs: DAY_MS,
            postings: [
              { buyerRef: 5, chargedMicros: 2n },
              { buyerRef: 6, currency: 'USD', chargedMicros: 3n },
              { kind: PostingKind.carrierCost, buyerRef: 6, chargedMicros: 100n },
            ],
          },
          told,
        );
      });
      await reopen();
      assert.deepEqual(await store.records.balances(), [
        { tenantRef: 5, currency: 'EUR', balanceMicros: huge - 2n },
        { tenantRef: 6, currency: 'USD', balanceMicros: -3n },
      ]);
    });

    it('reads a spilled message back by queue, upstream id, deadline and key until it ends', async () => {
      const { journal, records } = store;
      appendOpen(journal, { key: 1, flags: OpenFlag.spill, trunkRef: 7, dueMs: 50 });
      appendOpen(journal, { key: 2, flags: OpenFlag.spill, trunkRef: 7, dueMs: 900 });
      const waiting = { phase: Phase.awaitingReceipt, upstreamId: 'abc', trunkRef: 8, dueMs: 70 };
      appendOpen(journal, { key: 3, flags: OpenFlag.spill, ...waiting });
      appendOpen(journal, { key: 4 });
      // Appended in this very turn, and seen nevertheless; the reads behind it see at least as much.
      assert.equal((await records.spilledMessage(4))?.key, undefined);
      const queue = await records.spilledQueue(7, 0, 10);
      assert.deepEqual(
        queue.map((row) => row.key),
        [1, 2],
      );
      assert.equal(Buffer.from(queue[0]!.image).readDoubleLE(0), 1);
      assert.deepEqual(
        (await records.spilledQueue(7, 1, 10)).map((row) => row.key),
        [2],
      );
      const found = await records.spilledByUpstreamId([
        { trunkRef: 8, upstreamId: 'abc' },
        { trunkRef: 7, upstreamId: 'abc' },
      ]);
      assert.deepEqual(
        found.map((row) => row?.key),
        [3, undefined],
      );
      assert.deepEqual(
        (await records.spilledDue(100, 10)).map((row) => row.key),
        [1, 3],
      );
      assert.equal((await records.spilledMessage(2))?.key, 2);
      const held: number[] = [];
      await records.spilledHolds((image) => held.push(Buffer.from(image).readDoubleLE(0)));
      assert.deepEqual(held, [1, 2, 3]);
      assert.equal(await records.hasSpilled({ trunkRef: 8 }), true);
      assert.equal(await records.hasSpilled({ trunkRef: 9 }), false);
      assert.equal(await records.hasSpilled({ accountRef: 1 }), true);
      assert.equal(await records.hasSpilled({ accountRef: 2 }), false);
      appendFinish(journal, { key: 1, acceptedMs: DAY_MS, flags: FinishFlag.wasSpilled });
      assert.equal(await records.spilledMessage(1), undefined);
    });

    it('keeps a receipt that is owed until it is acknowledged', async () => {
      const { journal } = store;
      const flags = FinishFlag.receiptOwed | FinishFlag.receiptSpill;
      appendFinish(journal, { key: 1, acceptedMs: DAY_MS, accountRef: 4, flags });
      appendFinish(journal, { key: 2, acceptedMs: DAY_MS, accountRef: 4, flags: flags | FinishFlag.receiptOnly });
      assert.deepEqual(await store.records.pendingReceiptCounts(), [{ accountRef: 4, count: 2 }]);
      appendReceiptDone(journal, 1, true);
      assert.deepEqual(
        (await store.records.pendingReceipts(4, 0, 10)).map((row) => row.key),
        [2],
      );
      assert.equal((await store.records.mdr(scope, 2)) === undefined, true);
      await reopen();
      assert.deepEqual(await store.records.pendingReceiptCounts(), [{ accountRef: 4, count: 1 }]);
    });

    it('changes provisioned rows all or none, with one audit record', async () => {
      const put = (kind: string, id: string, tenantId: string) =>
        ({ op: 'put', kind, id, tenantId, body: '{}' }) as const;
      const rows = await store.records.change([put('tenant', 'root', ''), put('account', 'a', 'root')], audit);
      assert.deepEqual(
        rows.map((row) => [row.kind, row.id, row.tenantRef, row.version]),
        [
          ['tenant', 'root', 0, 1],
          ['account', 'a', rows[0]!.ref, 1],
        ],
      );
      await assert.rejects(store.records.change([put('account', 'b', 'root'), put('account', 'c', 'nobody')], audit), {
        code: 'MX1403',
      });
      assert.equal((await store.records.provisioned()).length, 2);
      assert.equal((await store.records.audit({ tenantRef: 0, tenantRefs: [0] }, 10)).length, 1);
      assert.equal((await store.records.audit({ tenantRef: 9, tenantRefs: [9] }, 10)).length, 0);
      const again = await store.records.change([put('account', 'a', 'root')], audit);
      assert.equal(again[1]!.version, 2);
      assert.equal(again[1]!.ref, rows[1]!.ref);
      await reopen();
      assert.deepEqual(await store.records.provisioned(), again);
    });

    it('never gives the ref of a deleted row to another', async () => {
      const put = (id: string) => ({ op: 'put', kind: 'carrier', id, tenantId: '', body: '{}' }) as const;
      const [first] = await store.records.change([put('one')], audit);
      const [second] = await store.records.change([{ op: 'delete', kind: 'carrier', id: 'one' }, put('two')], audit);
      assert.notEqual(second!.ref, first!.ref);
    });

    it('answers the newest version of each deck', async () => {
      const version = (rows: Uint8Array) => ({ op: 'deck-version', id: 'd', rows, source: 'test' }) as const;
      await store.records.change([version(Uint8Array.of(1))], audit);
      await store.records.change([version(Uint8Array.of(2))], audit);
      const decks = await store.records.deckVersions();
      assert.deepEqual(
        decks.map((deck) => [deck.id, deck.version, [...deck.rows]]),
        [['d', 2, [2]]],
      );
    });

    it('drops whole days, and only those that ended before the limit', async () => {
      await durable((told) => {
        appendFinish(store.journal, { key: keyAt(DAY_MS), acceptedMs: DAY_MS });
        appendFinish(store.journal, { key: keyAt(DAY_MS - 1), acceptedMs: DAY_MS - 1 }, told);
      });
      assert.deepEqual(await store.records.retain(DAY_MS), ['20261119']);
      assert.deepEqual(await store.records.retain(DAY_MS), []);
      assert.equal((await store.records.mdrs(scope, { limit: 10 })).length, 1);
    });
  });
}
