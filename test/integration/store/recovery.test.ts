import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { silentLogger, systemClock } from '#core';
import { openStore, restoreBackup, type Store } from '../../../switch/store/index.js';
import { DAY_MS, keyAt } from '../../support/store-conformance.js';
import { Told, appendFinish, appendOpen, appendReceiptDone } from '../../support/store-records.js';

const scope = { tenantRef: 1, tenantRefs: [1] };
const postings = [{ buyerRef: 1, chargedMicros: 10n }];

function finish(store: Store, count: number, from = 0): Promise<void> {
  const told = new Told();
  for (let index = from; index < from + count; index++) {
    const input = { key: keyAt(DAY_MS, index), acceptedMs: DAY_MS, chargeMicros: 10n, postings };
    appendFinish(store.journal, input, index === from + count - 1 ? told : undefined);
  }
  return told.next();
}

describe('the embedded store after trouble', function () {
  this.timeout(60_000);
  let folder: string;
  const open = (at = folder, segmentBytes = 1 << 20): Promise<Store> =>
    openStore({ folder: at, node: 1, log: silentLogger, clock: systemClock, segmentBytes });
  const check = async (store: Store, count: number): Promise<void> => {
    assert.deepEqual(await store.records.balances(), [
      { tenantRef: 1, currency: 'EUR', balanceMicros: BigInt(-10 * count) },
    ]);
    assert.equal((await store.records.mdrs(scope, { limit: 10_000 })).length, count);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'store-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('counts every posting once when it died between commit and projection', async () => {
    const store = await open();
    await finish(store, 500);
    // The folder as a kill would leave it: the journal is synced, SQL may be anywhere.
    const left = mkdtempSync(join(tmpdir(), 'store-'));
    cpSync(folder, left, { recursive: true });
    await store.close();
    const again = await open(left);
    await check(again, 500);
    await again.close();
    const third = await open(left);
    await check(third, 500);
    await third.close();
    rmSync(left, { recursive: true });
  });

  it('makes a lost day file again from the journal, and charges nobody twice', async () => {
    const store = await open();
    await finish(store, 300);
    await check(store, 300);
    await store.close();
    // A machine that lost power may have the main database's watermark but not the day file's tail.
    const main = new Database(join(folder, 'main.db'));
    main.prepare("UPDATE meta SET value = 0 WHERE name = 'synced_batch'").run();
    main.close();
    for (const name of readdirSync(join(folder, 'records'))) unlinkSync(join(folder, 'records', name));
    const again = await open();
    await check(again, 300);
    await again.close();
  });

  it('removes segments once released and projected, and never before', async () => {
    const store = await open(folder, 100_000);
    for (let round = 0; round < 10; round++) await finish(store, 200, round * 200);
    const count = (): number => readdirSync(join(folder, 'journal')).filter((name) => name.endsWith('.seg')).length;
    assert.ok(count() >= 5, 'nothing was released yet');
    store.journal.releaseSegmentsBelow(store.journal.segment);
    for (let wait = 0; wait < 100 && count() > 1; wait++) await new Promise((resolve) => setTimeout(resolve, 100));
    assert.equal(count(), 1);
    await check(store, 2_000);
    await store.close();
    const again = await open(folder, 100_000);
    await check(again, 2_000);
    await again.close();
  });

  it('lets a segment go only a sync round after the note that it is not needed', async () => {
    const store = await open(folder, 100_000);
    const main = join(folder, 'main.db');
    for (let round = 0; round < 5; round++) await finish(store, 200, round * 200);
    store.journal.releaseSegmentsBelow(store.journal.segment);
    const segments = (): string[] => readdirSync(join(folder, 'journal')).filter((name) => name.endsWith('.seg'));
    const before = segments().length;
    // The moment after the first segment went: the note that allowed it must be in the database by now.
    let noted = 0;
    for (let wait = 0; wait < 300 && segments().length === before; wait++) {
      const db = new Database(main, { readonly: true });
      const row = db.prepare("SELECT value FROM meta WHERE name = 'synced_batch'").get() as
        { value: number } | undefined;
      db.close();
      noted = row?.value ?? 0;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    assert.ok(segments().length < before, 'a segment went');
    assert.ok(noted > 0, 'and only after the note had been written a whole sync round earlier');
    await store.close();
    const again = await open(folder, 100_000);
    await check(again, 1_000);
    await again.close();
  });

  it('restores a backup taken while it was writing, with nothing acknowledged before it missing', async () => {
    const store = await open();
    await finish(store, 400);
    appendOpen(store.journal, { key: 77 });
    const backup = join(folder, 'backup');
    const taken = store.records.backup(backup);
    await finish(store, 100, 400);
    await taken;
    await store.close();
    const restored = join(folder, 'restored');
    restoreBackup({ backup, folder: restored });
    const again = await open(restored);
    const rows = await again.records.mdrs(scope, { limit: 10_000 });
    assert.ok(rows.length >= 400 && rows.length <= 500);
    await check(again, rows.length);
    const opened: number[] = [];
    await again.replay((type, buffer, start) => {
      if (type === 1) opened.push(buffer.readDoubleLE(start));
    });
    assert.deepEqual(opened, [77]);
    await again.close();
  });

  it('restores nothing from a backup with one changed octet, or into a folder in use', async () => {
    const store = await open();
    await finish(store, 5);
    const backup = join(folder, 'backup');
    await store.records.backup(backup);
    await store.close();
    assert.throws(() => restoreBackup({ backup, folder }), { code: 'MX1602' });
    const target = join(folder, 'restored');
    copyFileSync(join(backup, 'main.db'), join(folder, 'good.db'));
    writeFileSync(join(backup, 'main.db'), 'x', { flag: 'a' });
    assert.throws(() => restoreBackup({ backup, folder: target }), { code: 'MX1602' });
    assert.equal(existsSync(target), false);
  });

  it('seals the totals of a day before the day goes', async () => {
    const store = await open();
    await finish(store, 7);
    assert.deepEqual(await store.records.retain(DAY_MS + 86_400_000), ['20261120']);
    await store.close();
    const main = new Database(join(folder, 'main.db'), { readonly: true });
    const sealed = main
      .prepare('SELECT day, part, is_dropped, messages, segments, by_state, charges FROM sealed_day')
      .all();
    main.close();
    const totals = { messages: 7, segments: 7, by_state: '{"2":7}', charges: '{"1":"70"}' };
    assert.deepEqual(sealed, [{ day: '20261120', part: 1, is_dropped: 1, ...totals }]);
  });

  it('refuses a data folder that another switch uses', async () => {
    const store = await open();
    await assert.rejects(open(), { code: 'MX1302' });
    await store.close();
    await (await open()).close();
  });

  it('refuses a folder that is a file, a database of a newer version, and a damaged one', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    await assert.rejects(open(file), { code: 'MX1301' });
    const newer = join(folder, 'newer');
    mkdirSync(newer);
    const db = new Database(join(newer, 'main.db'));
    db.pragma('user_version = 99');
    db.close();
    await assert.rejects(open(newer), { code: 'MX1305' });
    const damaged = join(folder, 'damaged');
    mkdirSync(damaged);
    writeFileSync(join(damaged, 'main.db'), 'no database, but long enough to be looked at '.repeat(100));
    await assert.rejects(open(damaged), { code: 'MX1303' });
  });

  it('answers a full disk with refusals, loses nothing and recovers when there is room', async function () {
    const mount = join(folder, 'small');
    mkdirSync(mount);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', mount], { stdio: 'ignore' });
    } catch {
      console.log('      skipped: mounting a tmpfs needs root');
      this.skip();
    }
    try {
      const store = await open(mount);
      await finish(store, 50);
      await store.records.balances();
      writeFileSync(join(mount, 'ballast'), Buffer.alloc(4 << 20));
      let refused = 0;
      let taken = 0;
      const target = {
        durable: () => {
          taken++;
        },
        notDurable: () => {
          refused++;
        },
      };
      for (let key = 1; key <= 4_000 && refused === 0; key++) {
        appendOpen(store.journal, { key, bodyBytes: 4_000 }, target, true);
        if (key % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
      }
      assert.ok(refused > 0, 'the disk was full');
      assert.equal(store.journal.state, 'failing');
      const kept = new Told();
      appendReceiptDone(store.journal, 5, false, kept);
      await new Promise((resolve) => setTimeout(resolve, 600));
      assert.equal(kept.durableCount, 0);
      rmSync(join(mount, 'ballast'));
      await kept.next();
      assert.equal(kept.durableCount, 1);
      assert.equal(store.journal.state, 'ok');
      await check(store, 50);
      await store.close();
      const again = await open(mount);
      let opened = 0;
      await again.replay((type) => void (opened += type === 1 ? 1 : 0));
      assert.equal(opened, taken);
      await again.close();
    } finally {
      execFileSync('umount', [mount]);
    }
  });
});
