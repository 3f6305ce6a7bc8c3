import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { AppError, seededRandom } from '#core';
import { SegmentHead, intactFrameBytes } from '../../../../../switch/store/journal/frame.js';
import { segmentName } from '../../../../../switch/store/journal/segments.js';
import { FaultyDisk } from '../../../../support/faulty-disk.js';
import { keysOn, openLocalJournal } from '../../../../support/local-journal.js';
import { Told, appendOpen, appendReceiptDone } from '../../../../support/store-records.js';

const seed = Number(process.env['SEED'] ?? 20_261_122);

async function write(disk: FaultyDisk, keys: readonly number[], segmentBytes?: number): Promise<void> {
  const { journal } = openLocalJournal(disk, segmentBytes);
  for (const key of keys) {
    const told = new Told();
    appendReceiptDone(journal, key, false, told);
    await told.next();
    assert.equal(told.durableCount, 1);
  }
  await journal.close();
}

/** Where each frame of a file begins, and where the last one ends. */
function frames(disk: FaultyDisk, name: string): number[] {
  const bytes = disk.read(name);
  const offsets: number[] = [SegmentHead.bytes];
  for (let at = SegmentHead.bytes; ;) {
    const length = intactFrameBytes(bytes, at);
    if (length === 0) return offsets;
    offsets.push((at += length));
  }
}

const isDamage = (error: unknown): boolean =>
  error instanceof AppError && error.code === 'MX1303' && /0000000001\.seg at octet \d+/.test(error.message);

describe('the journal', () => {
  it('cuts a last batch that is torn at any octet, and loses none before it', async () => {
    const disk = new FaultyDisk();
    await write(disk, [1, 2, 3]);
    const name = segmentName(1);
    const [, , from, to] = frames(disk, name) as [number, number, number, number];
    const whole = disk.read(name);
    for (let length = from; length < to; length++) {
      const torn = new FaultyDisk();
      const file = torn.open(name);
      file.write(whole, 0, length, 0);
      assert.deepEqual(keysOn(torn), [1, 2], `torn at octet ${length}`);
      await write(torn, [4]);
      assert.deepEqual(keysOn(torn), [1, 2, 4], `torn at octet ${length}, then written on`);
    }
  });

  it('refuses to start on damage with whole batches behind it, and says where', async () => {
    const disk = new FaultyDisk();
    await write(disk, [1, 2, 3]);
    const offsets = frames(disk, segmentName(1));
    for (let position = offsets[1]!; position < offsets[2]!; position++) {
      disk.damage(segmentName(1), position);
      assert.throws(() => keysOn(disk), isDamage, `octet ${position}`);
      disk.damage(segmentName(1), position);
    }
    assert.deepEqual(keysOn(disk), [1, 2, 3]);
  });

  it('refuses to start when the head of a segment with batches is damaged', async () => {
    const disk = new FaultyDisk();
    await write(disk, [1, 2, 3]);
    for (let position = 0; position < SegmentHead.crc + 4; position++) {
      disk.damage(segmentName(1), position);
      assert.throws(() => keysOn(disk), isDamage, `octet ${position}`);
      disk.damage(segmentName(1), position);
    }
  });

  it('refuses to start when a whole segment is missing', async () => {
    const disk = new FaultyDisk();
    await write(disk, [1, 2, 3, 4, 5, 6], 100);
    assert.ok(disk.list().length > 3);
    disk.remove(segmentName(2));
    assert.throws(() => keysOn(disk), { code: 'MX1303' });
  });

  it('refuses a segment of a newer version', async () => {
    const disk = new FaultyDisk();
    await write(disk, [1]);
    const bytes = disk.read(segmentName(1));
    bytes.writeUInt16LE(99, SegmentHead.frameVersion);
    const { crc32 } = await import('node:zlib');
    bytes.writeUInt32LE(crc32(bytes.subarray(0, SegmentHead.crc)), SegmentHead.crc);
    disk.open(segmentName(1)).write(bytes, 0, bytes.length, 0);
    assert.throws(() => keysOn(disk), { code: 'MX1305' });
  });

  it('reads nothing of the old life of a file that it uses again', async () => {
    const disk = new FaultyDisk();
    const { journal, segments } = openLocalJournal(disk, 200);
    const append = async (key: number) => {
      const told = new Told();
      appendReceiptDone(journal, key, false, told);
      await told.next();
    };
    for (let key = 1; key <= 40; key++) await append(key);
    const oldest = journal.segment - 1;
    segments.release(oldest, Infinity);
    for (let key = 41; key <= 44; key++) await append(key);
    const keys = keysOn(disk, 36);
    assert.equal(keys.at(-1), 44);
    assert.deepEqual(
      keys,
      keys.map((_, index) => keys[0]! + index),
    );
  });

  it('drops refused new messages at once, keeps all other records, and recovers unaided', async () => {
    const disk = new FaultyDisk();
    const { journal } = openLocalJournal(disk);
    disk.plan.fault = (operation) => (operation === 'write' ? 'enospc' : 'none');
    const refused = new Told();
    const kept = new Told();
    appendOpen(journal, { key: 1 }, refused, true);
    appendReceiptDone(journal, 2, false, kept);
    await refused.next();
    assert.deepEqual([refused.durableCount, refused.notDurableCount, journal.state], [0, 1, 'failing']);
    const later = new Told();
    appendOpen(journal, { key: 3 }, later, true);
    await later.next();
    assert.equal(later.notDurableCount, 1);
    disk.plan.fault = () => 'none';
    await kept.next();
    assert.deepEqual([kept.durableCount, kept.notDurableCount, journal.state], [1, 0, 'ok']);
    assert.equal(journal.pendingBytes, 0);
    assert.deepEqual(keysOn(disk), [2]);
    await journal.close();
  });

  it('writes a batch again, to a new segment, when its sync failed', async () => {
    const disk = new FaultyDisk();
    await write(disk, [1]);
    const { journal } = openLocalJournal(disk);
    const first = new Told();
    appendReceiptDone(journal, 2, false, first);
    await first.next();
    let failures = 0;
    disk.plan.fault = (operation) => (operation === 'sync' && failures++ === 0 ? 'eio' : 'none');
    const told = new Told();
    appendReceiptDone(journal, 3, false, told);
    await told.next();
    assert.equal(told.durableCount, 1);
    const found = disk.afterPowerCut(() => 0);
    assert.deepEqual(keysOn(found), [1, 2, 3]);
    assert.equal(found.list().length, 3);
  });

  it('keeps records of one batch in order while its buffer grows', async () => {
    const disk = new FaultyDisk();
    const { journal } = openLocalJournal(disk, 1 << 26);
    const told = new Told();
    for (let key = 1; key <= 3_000; key++)
      appendOpen(journal, { key, bodyBytes: 2_000 }, key === 3_000 ? told : undefined);
    await told.next();
    assert.ok(journal.counters.syncs > 1, 'more than one batch was full');
    assert.deepEqual(
      keysOn(disk),
      Array.from({ length: 3_000 }, (_, index) => index + 1),
    );
  });

  it('loses nothing acknowledged, whatever the disk does and whenever the power goes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 120 }),
        fc.integer(),
        fc.constantFrom(0, 0, 0.02, 0.1),
        async (cutAt, chance, faultRate) => {
          const random = seededRandom(chance);
          const disk = new FaultyDisk();
          const acknowledged: number[] = [];
          const refusedKeys: number[] = [];
          const { journal, isDead } = openLocalJournal(disk, 600, 1);
          disk.plan.cutAt = disk.operations + cutAt;
          disk.plan.fault = () => {
            const draw = random();
            if (draw < faultRate) return draw < faultRate / 2 ? 'enospc' : 'eio';
            return draw < 0.2 ? 'short' : 'none';
          };
          for (let key = 1; key <= 60 && !isDead(); key++) {
            const target = {
              durable: () => acknowledged.push(key),
              notDurable: () => refusedKeys.push(key),
            };
            appendOpen(journal, { key, bodyBytes: Math.floor(random() * 150) }, target, random() < 0.5);
            if (random() < 0.6) await FaultyDisk.turn();
            // Long enough for a refused batch to be offered again.
            if (random() < faultRate) await delay(3);
          }
          await FaultyDisk.turn();
          const found = keysOn(disk.afterPowerCut(random));
          for (const key of acknowledged) assert.ok(found.includes(key), `lost ${key}`);
          assert.deepEqual(
            found,
            [...new Set(found)].sort((a, b) => a - b),
            'in order, each once',
          );
        },
      ),
      { seed, numRuns: 400 },
    );
  }).timeout(120_000);
});
