// Carriers' receipts: matched whenever they come, acknowledged only once durable, believed only for their own number.

import assert from 'node:assert/strict';
import { MessageState } from '#core';
import { Status } from '#smpp';
import { DESTINATION, MessageWorld, settled } from '../../../support/message-world.js';

const { delivered, undeliverable, enroute, unknown } = MessageState;

async function awaiting(world: MessageWorld): Promise<{ key: number; id: string }> {
  const key = await world.submit();
  const id = world.cheap.accept();
  await world.turn();
  return { key, id };
}

describe("a carrier's receipt", () => {
  it('ends its message, and is acknowledged only when that is durable', async () => {
    const world = new MessageWorld();
    const { key, id } = await awaiting(world);
    const token = world.cheap.receipt(id, delivered, { destination: DESTINATION });
    await settled();
    assert.equal(world.cheap.acknowledged.get(token), undefined);
    await world.turn();
    assert.equal(world.cheap.acknowledged.get(token), Status.ESME_ROK);
    assert.equal(world.stateOf(key), delivered);
  });

  it('that beats its submit_sm_resp waits for it, and counts', async () => {
    const world = new MessageWorld();
    const key = await world.submit();
    const token = world.cheap.receipt('early', delivered);
    await world.turn();
    assert.equal(world.cheap.acknowledged.get(token), Status.ESME_ROK, 'ours to keep now');
    assert.equal(world.stateOf(key), undefined);
    world.cheap.accept('early');
    await world.turn();
    assert.equal(world.stateOf(key), delivered);
    assert.equal(world.flow.match.parkedCount, 0);
  });

  it('that beats its submit_sm_resp survives a crash between any two records that follow', async () => {
    for (const durable of [1, 2, 3]) {
      const world = new MessageWorld({ store: { recordsPerBatch: 1 } });
      const key = await world.submit();
      world.cheap.receipt('early', undeliverable);
      await world.turn();
      world.cheap.accept('early');
      assert.equal(world.store.journal.waitingBatches, 3);
      world.store.journal.commit(durable);
      await world.restart();
      await world.pass(62_000, 1_000);
      assert.equal(world.stateOf(key), undeliverable, `${durable} durable`);
      assert.equal(world.flow.match.parkedCount, 0);
    }
  });

  it('that comes twice ends its message once', async () => {
    const world = new MessageWorld();
    const { key, id } = await awaiting(world);
    world.cheap.receipt(id, delivered);
    const again = world.cheap.receipt(id, undeliverable);
    await world.pass(61_000, 1_000);
    assert.equal(world.stateOf(key), delivered);
    assert.equal(world.cheap.acknowledged.get(again), Status.ESME_ROK);
    assert.equal(world.flow.match.parkedCount, 0);
  });

  it('for another number is acknowledged and not believed', async () => {
    const world = new MessageWorld();
    const { key, id } = await awaiting(world);
    const token = world.cheap.receipt(id, undeliverable, { destination: '4477009001' });
    await world.turn();
    assert.equal(world.cheap.acknowledged.get(token), Status.ESME_ROK);
    assert.equal(world.stateOf(key), undefined);
    world.cheap.receipt(id, delivered, { destination: `+${DESTINATION}` });
    await world.turn();
    assert.equal(world.stateOf(key), delivered);
  });

  it('in the national form of the number is believed', async () => {
    const world = new MessageWorld();
    const { key, id } = await awaiting(world);
    world.cheap.receipt(id, delivered, { destination: `0${DESTINATION.slice(2)}` });
    await world.turn();
    assert.equal(world.stateOf(key), delivered);
  });

  it('that says en route changes nothing', async () => {
    const world = new MessageWorld();
    const { key, id } = await awaiting(world);
    const token = world.cheap.receipt(id, enroute);
    await world.turn();
    assert.equal(world.cheap.acknowledged.get(token), Status.ESME_ROK);
    assert.equal(world.stateOf(key), undefined);
  });

  it('with the id of another trunk is not believed', async () => {
    const world = new MessageWorld();
    const { key, id } = await awaiting(world);
    world.dear.receipt(id, delivered);
    await world.pass(2_000);
    assert.equal(world.stateOf(key), undefined);
  });

  it('finds its message after a restart', async () => {
    const world = new MessageWorld();
    const { key, id } = await awaiting(world);
    const report = await world.restart();
    assert.equal(report.awaitingReceipt, 1);
    world.cheap.receipt(id, delivered);
    await world.turn();
    assert.equal(world.stateOf(key), delivered);
    assert.equal(world.cheap.sent.length, 0);
  });

  it('finds its message on disk days later, also after a restart', async () => {
    for (const restarts of [false, true]) {
      const world = new MessageWorld({ receiptTimeoutSec: 5 * 86_400 });
      const { key, id } = await awaiting(world);
      await world.pass(40_000, 1_000);
      assert.equal(world.flow.open.size, 0, 'memory holds nothing of it');
      await world.pass(3 * 86_400_000, 3_600_000);
      if (restarts) assert.equal((await world.restart()).onDisk, 1);
      world.cheap.receipt(id, delivered);
      await world.pass(1_000);
      assert.equal(world.stateOf(key), delivered);
      assert.equal(world.disk.spilled.size, 0);
      assert.deepEqual(world.held, [0n, 0n, 0n]);
    }
  });

  it('that nobody claims is given up after a minute', async () => {
    const world = new MessageWorld();
    world.cheap.receipt('stranger', delivered);
    await world.pass(59_000, 1_000);
    assert.equal(world.flow.match.parkedCount, 1);
    await world.pass(3_000, 1_000);
    assert.equal(world.flow.match.parkedCount, 0);
    assert.equal(world.flow.match.counters.unmatched, 1);
  });

  it('that nobody claims is given up after a minute, however often the switch dies meanwhile', async () => {
    const world = new MessageWorld();
    world.cheap.receipt('stranger', delivered);
    await world.pass(1_000);
    for (let crash = 1; crash <= 5; crash++) {
      assert.equal((await world.restart()).receiptsParked, 1);
      await world.pass(10_000, 1_000);
    }
    assert.equal((await world.restart()).receiptsParked, 1);
    await world.pass(12_000, 1_000);
    assert.equal(world.flow.match.parkedCount, 0);
    assert.equal((await world.restart()).receiptsParked, 0);
  });

  it('that was parked when the switch died finds its message on disk however long the switch was away', async () => {
    const world = new MessageWorld({ receiptTimeoutSec: 5 * 86_400 });
    const { key, id } = await awaiting(world);
    await world.pass(40_000, 1_000);
    assert.equal(world.flow.open.size, 0, 'memory holds nothing of it');
    world.cheap.receipt(id, delivered);
    await world.turn();
    world.clock.advance(600_000);
    assert.equal((await world.restart()).receiptsParked, 1);
    await world.pass(1_000);
    assert.equal(world.stateOf(key), delivered);
    assert.equal(world.flow.match.parkedCount, 0);
  });

  it('that is parked keeps its journal segment until it is settled', async () => {
    const world = new MessageWorld({ store: { recordsPerBatch: 1, batchesPerSegment: 1 } });
    await world.submit({ registeredDelivery: 0 });
    world.cheap.receipt('stranger', delivered);
    world.cheap.accept();
    await world.pass(10_000, 1_000);
    assert.equal((await world.restart()).receiptsParked, 1);
  });

  it('is refused for a while when too many wait', async () => {
    const world = new MessageWorld();
    for (let i = 0; i < 10_000; i++) world.cheap.receipt(`s${i}`, delivered);
    const token = world.cheap.receipt('one too many', delivered);
    assert.equal(world.cheap.acknowledged.get(token), Status.ESME_RX_T_APPN);
  });

  it('that never comes ends the message as unknown after the time-out, whatever the wall clock does', async () => {
    for (const stepMs of [0, 3_600_000, -3_600_000]) {
      const world = new MessageWorld({ receiptTimeoutSec: 120 });
      const { key } = await awaiting(world);
      await world.pass(10_000, 1_000);
      world.clock.stepWall(stepMs);
      await world.pass(105_000, 1_000);
      assert.equal(world.stateOf(key), undefined);
      await world.pass(10_000, 1_000);
      assert.equal(world.stateOf(key), unknown);
      assert.deepEqual(world.held, [0n, 0n, 0n]);
    }
  });

  it('can never come without an id: the message ends as unknown at once', async () => {
    const world = new MessageWorld();
    const key = await world.submit();
    world.cheap.accept('');
    await world.turn();
    assert.equal(world.stateOf(key), unknown);
  });

  it('is awaited afresh after a message came back from disk', async () => {
    const world = new MessageWorld({ over: { dear: { enabled: false } }, receiptTimeoutSec: 600 });
    const key = await world.submit();
    for (const pauseMs of [1_300, 6_500, 19_000]) {
      world.cheap.refuse('transient');
      await world.pass(pauseMs, 500);
    }
    world.cheap.refuse('transient');
    await world.pass(35_000, 1_000);
    assert.equal(world.flow.open.size, 0, 'its pause is spent on disk');
    await world.pass(45_000, 1_000);
    const id = world.cheap.accept();
    await world.pass(10_000, 500);
    assert.equal(world.stateOf(key), undefined, 'the old row says that it is due');
    world.cheap.receipt(id, delivered);
    await world.turn();
    assert.equal(world.stateOf(key), delivered);
  });

  it('that was read from disk before its message ended does not bring it back', async () => {
    const world = new MessageWorld({ receiptTimeoutSec: 40 });
    const { key, id } = await awaiting(world);
    await world.pass(38_000, 1_000);
    world.store.reads.isHeld = true;
    await world.pass(6_000, 1_000);
    world.store.reads.isHeld = false;
    world.cheap.receipt(id, delivered);
    world.store.reads.release();
    await world.pass(5_000);
    assert.equal(typeof world.stateOf(key), 'number');
  });
});
