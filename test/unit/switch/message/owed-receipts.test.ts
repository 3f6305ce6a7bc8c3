// Receipts that ESMEs are owed: kept until acknowledged, in memory and on disk, over reconnects and restarts.

import assert from 'node:assert/strict';
import { MessageState } from '#core';
import { decodeSubmitSmBody, MessageFields, parseReceiptText } from '#smpp';
import { DESTINATION, MessageWorld, SENDER } from '../../../support/message-world.js';

async function owe(world: MessageWorld, count = 1): Promise<number[]> {
  const keys: number[] = [];
  for (let i = 0; i < count; i++) {
    keys.push(await world.submit());
    world.cheap.receipt(world.cheap.accept(), MessageState.delivered);
    await world.turn();
  }
  return keys;
}

describe('an owed receipt', () => {
  it('goes to the ESME with the id it got, the state, and the addresses turned round', async () => {
    const world = new MessageWorld();
    const receiver = world.receiver();
    const [key] = await owe(world);
    const { body } = receiver.waiting[0]!;
    const fields = new MessageFields();
    assert.equal(decodeSubmitSmBody(body, 0, body.length, fields), 0);
    assert.equal(fields.source, DESTINATION);
    assert.equal(fields.destination, SENDER);
    assert.equal(fields.esmClass & 0x3c, 4);
    const text = parseReceiptText(body, fields.messageStart, fields.messageEnd)!;
    assert.equal(text.stat, 'DELIVRD');
    assert.equal(text.id, [...world.ear.accepted.values()][0]);
    assert.equal(receiver.got[0], key);
  });

  it('follows registered_delivery: always, on failure, on success, never', async () => {
    const table = [
      [0, 'permanent', 0],
      [1, 'permanent', 1],
      [2, 'permanent', 1],
      [3, 'permanent', 0],
      [1, 'delivered', 1],
      [2, 'delivered', 0],
      [3, 'delivered', 1],
    ] as const;
    for (const [registeredDelivery, end, receipts] of table) {
      const world = new MessageWorld();
      const receiver = world.receiver();
      await world.submit({ registeredDelivery });
      if (end === 'permanent') world.cheap.refuse('permanent');
      else world.cheap.receipt(world.cheap.accept(), MessageState.delivered);
      await world.turn();
      assert.equal(receiver.got.length, receipts, `${registeredDelivery} ${end}`);
    }
  });

  it('waits for a receiver bind and is gone once acknowledged', async () => {
    const world = new MessageWorld();
    const keys = await owe(world);
    const receiver = world.receiver();
    await world.turn();
    assert.deepEqual(receiver.got, keys);
    receiver.acknowledge();
    await world.turn();
    assert.equal(world.disk.receiptsDone.get(keys[0]!), 1);
    await world.restart();
    assert.equal(world.recovery?.receiptsOwed, 0);
    assert.equal(world.flow.segments.lowest(Infinity), Infinity);
  });

  it('is spread over the binds that have room', async () => {
    const world = new MessageWorld();
    const first = world.receiver();
    const second = world.receiver();
    first.windowMax = second.windowMax = 3;
    await owe(world, 8);
    assert.equal(first.got.length, 3);
    assert.equal(second.got.length, 3);
    first.acknowledge();
    await world.turn();
    assert.equal(first.got.length, 4);
  });

  it('goes out again after the link is lost, in its old order', async () => {
    const world = new MessageWorld();
    const first = world.receiver();
    const keys = await owe(world, 3);
    first.lose();
    const second = world.receiver();
    await world.turn();
    assert.deepEqual(second.got, keys);
  });

  it('goes out after a restart', async () => {
    const world = new MessageWorld();
    const keys = await owe(world, 2);
    assert.equal((await world.restart()).receiptsOwed, 2);
    const receiver = world.receiver();
    await world.turn();
    assert.deepEqual(receiver.got, keys);
  });

  it("that the ESME refuses pauses the account's receipts for five seconds, and comes again", async () => {
    const world = new MessageWorld();
    const receiver = world.receiver();
    const keys = await owe(world);
    receiver.refuse();
    await owe(world);
    await world.pass(4_500);
    assert.equal(receiver.got.length, 1);
    await world.pass(1_000);
    assert.equal(receiver.got[1], keys[0]);
    assert.equal(receiver.got.length, 3);
  });

  it('goes to disk when nobody takes it, and comes back once', async () => {
    for (const restarts of [false, true]) {
      const world = new MessageWorld();
      const keys = await owe(world, 3);
      await world.pass(30_000, 1_000);
      assert.equal(world.desk.owed.size, 0, 'memory holds none');
      assert.equal(world.disk.pendingReceipts.size, 3);
      if (restarts) assert.equal((await world.restart()).receiptsOwed, 0);
      const receiver = world.receiver();
      await world.pass(1_000);
      assert.deepEqual(receiver.got, keys);
      receiver.acknowledgeAll();
      await world.pass(10_000);
      assert.deepEqual(receiver.got, keys);
      assert.equal(world.disk.pendingReceipts.size, 0);
      assert.equal(world.desk.deepCount, 0);
    }
  });

  it('on disk is not lost when its ESME goes while it is read', async () => {
    const world = new MessageWorld();
    const keys = await owe(world, 3);
    await world.pass(30_000, 1_000);
    const first = world.receiver();
    first.windowMax = 1;
    await world.pass(500);
    first.lose();
    await world.pass(60_000, 1_000);
    const second = world.receiver();
    await world.pass(2_000);
    assert.deepEqual([...second.got].sort(), [...keys].sort());
  });

  it('keeps its journal segment until the record that moves it is on disk', async () => {
    const world = new MessageWorld({ store: { recordsPerBatch: 1, batchesPerSegment: 1 } });
    const keys = await owe(world);
    for (let second = 0; second < 25; second++) {
      world.clock.advance(1_000);
      world.flow.tick(world.clock.monotonicMs());
    }
    // The process dies with the moving record still on its way.
    await world.restart();
    const receiver = world.receiver();
    await world.turn();
    assert.deepEqual(receiver.got, keys);
  });

  it('is given up after the retention that its account declares', async () => {
    const world = new MessageWorld({ receiptRetentionSec: 15 });
    await owe(world);
    await world.pass(25_000, 1_000);
    assert.equal(world.flow.receipts.counters.expired, 1);
    assert.equal(world.disk.pendingReceipts.size, 0);
    const receiver = world.receiver();
    await world.pass(1_000);
    assert.deepEqual(receiver.got, []);
  });
});

describe('a message on its way to disk', () => {
  it('is not lost when the process dies before the row is durable', async () => {
    const world = new MessageWorld({ store: { recordsPerBatch: 1, batchesPerSegment: 1 } });
    const key = await world.submit();
    const id = world.cheap.accept();
    await world.turn();
    for (let second = 0; second < 35; second++) {
      world.clock.advance(1_000);
      world.flow.tick(world.clock.monotonicMs());
    }
    await world.restart();
    world.cheap.receipt(id, MessageState.delivered);
    await world.turn();
    assert.equal(world.stateOf(key), MessageState.delivered);
  });

  it('goes on from memory when its pause ends before the row is there', async () => {
    const world = new MessageWorld({ over: { dear: { enabled: false } } });
    const key = await world.submit();
    for (const pauseMs of [1_300, 6_500, 19_000]) {
      world.cheap.refuse('transient');
      await world.pass(pauseMs, 500);
    }
    world.cheap.refuse('transient');
    await world.turn();
    // The pause of 60 s ends while no row is projected.
    for (let second = 0; second < 75; second++) {
      world.clock.advance(1_000);
      world.flow.tick(world.clock.monotonicMs());
      world.store.journal.commit();
    }
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(world.cheap.inFlight.length, 1);
    await world.pass(1_000);
    world.cheap.receipt(world.cheap.accept(), MessageState.delivered);
    await world.turn();
    assert.equal(world.stateOf(key), MessageState.delivered);
    assert.equal(world.lane(world.cheap).unsettled, 0);
  });
});
