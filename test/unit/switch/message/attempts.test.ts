// Attempts: when they go out, how many at once, what follows each answer, and when a message is given up.

import assert from 'node:assert/strict';
import { MessageState } from '#core';
import { FinishFlag } from '../../../../switch/message/journal-records.js';
import { Stage } from '../../../../switch/message/message.js';
import { MessageWorld, REF, settled } from '../../../support/message-world.js';

const FREE = [0n, 0n, 0n];

describe('attempts', () => {
  it('go to the cheapest trunk first', async () => {
    const world = new MessageWorld();
    await world.submit();
    assert.equal(world.cheap.sent.length, 1);
    assert.equal(world.dear.sent.length, 0);
  });

  it('never overrun the window, and an outcome that is not durable still occupies its place', async () => {
    const world = new MessageWorld({ windowMax: 3 });
    for (let i = 0; i < 8; i++) world.offer();
    await world.turn();
    assert.equal(world.cheap.sent.length, 3);
    world.cheap.accept();
    world.cheap.refuse('transient');
    await settled();
    assert.equal(world.cheap.sent.length, 3, 'two outcomes are not on disk yet');
    await world.turn();
    assert.equal(world.cheap.sent.length, 5);
    assert.equal(world.cheap.inFlightPeak, 3);
  });

  it('free their place also when the message ends by them', async () => {
    const world = new MessageWorld({ windowMax: 1 });
    for (let i = 0; i < 4; i++) world.offer({ registeredDelivery: 0 });
    await world.turn();
    for (const end of ['accept', 'permanent', 'accept', 'permanent'] as const) {
      if (end === 'accept') world.cheap.accept();
      else world.cheap.refuse('permanent');
      await world.turn();
    }
    assert.equal(world.cheap.sent.length, 4);
    assert.equal(world.lane(world.cheap).unsettled, 0);
  });

  it('stay with a trunk that is throttled', async () => {
    const world = new MessageWorld();
    await world.submit();
    world.cheap.refuse('throttled', 0x58);
    await world.turn();
    assert.equal(world.cheap.sent.length, 2);
    assert.equal(world.dear.sent.length, 0);
  });

  it('are not used up by throttling', async () => {
    const world = new MessageWorld();
    const key = await world.submit();
    for (let i = 0; i < 300; i++) {
      world.cheap.refuse('throttled', 0x58);
      await world.turn();
    }
    world.cheap.refuse('transient');
    await world.turn();
    assert.equal(world.stateOf(key), undefined);
    assert.equal(world.dear.sent.length, 1);
  });

  it('keep their record whole over a restart, however often the trunk throttled', async () => {
    const world = new MessageWorld();
    const key = await world.submit();
    for (let i = 0; i < 300; i++) {
      world.cheap.refuse('throttled', 0x58);
      await world.turn();
    }
    await world.restart();
    await world.turn();
    world.cheap.accept();
    // Long enough to be written anew, as a row.
    await world.pass(40_000, 1_000);
    await world.restart();
    const id = [...world.disk.spilled.values()][0]!.upstreamId;
    world.cheap.receipt(id, MessageState.delivered);
    await world.pass(1_000);
    assert.equal(world.stateOf(key), MessageState.delivered);
  });

  for (const refusal of ['transient', 'trunk-permanent'] as const) {
    it(`go to the next candidate at once after a ${refusal} refusal`, async () => {
      const world = new MessageWorld();
      await world.submit();
      world.cheap.refuse(refusal);
      await world.turn();
      assert.equal(world.dear.sent.length, 1);
    });
  }

  it('end the message when it is refused for good, and every hold with it', async () => {
    const world = new MessageWorld();
    const key = await world.submit();
    world.cheap.refuse('permanent', 0x0b);
    await world.turn();
    assert.equal(world.stateOf(key), MessageState.undeliverable);
    assert.equal(world.dear.sent.length, 0);
    assert.deepEqual(world.held, FREE);
    assert.deepEqual(world.spent, FREE);
  });

  it('end the message when every trunk refused it for good', async () => {
    const world = new MessageWorld();
    const key = await world.submit();
    world.cheap.refuse('trunk-permanent');
    await world.turn();
    world.dear.refuse('trunk-permanent');
    await world.turn();
    assert.equal(world.stateOf(key), MessageState.undeliverable);
  });

  it('pause about a second when every candidate failed once, then longer', async () => {
    const world = new MessageWorld();
    await world.submit();
    world.cheap.refuse('transient');
    await world.turn();
    world.dear.refuse('transient');
    await world.pass(900);
    assert.equal(world.cheap.sent.length, 1);
    await world.pass(500);
    assert.equal(world.cheap.sent.length, 2);
    world.cheap.refuse('transient');
    await world.turn();
    world.dear.refuse('transient');
    await world.pass(4_800);
    assert.equal(world.cheap.sent.length, 2);
    await world.pass(1_500);
    assert.equal(world.cheap.sent.length, 3);
  });

  it('leave out a trunk that refused for good when they come round again', async () => {
    const world = new MessageWorld();
    await world.submit();
    world.cheap.refuse('trunk-permanent');
    await world.turn();
    world.dear.refuse('transient');
    await world.pass(2_000);
    assert.equal(world.cheap.sent.length, 1);
    assert.equal(world.dear.sent.length, 2);
  });

  it('go elsewhere when nobody answered, and the record says that it may have been sent twice', async () => {
    const world = new MessageWorld();
    const key = await world.submit({ registeredDelivery: 0 });
    world.cheap.loseLink();
    await world.turn();
    world.dear.accept();
    await world.turn();
    const flags = world.disk.finishes.get(key)![0]!.flags;
    assert.notEqual(flags & FinishFlag.mayHaveRepeated, 0);
  });

  it('remember over a restart that the first one was never answered', async () => {
    const world = new MessageWorld();
    const key = await world.submit();
    world.cheap.timeOut();
    await world.turn();
    const id = world.dear.accept();
    await world.turn();
    await world.restart();
    world.dear.receipt(id, MessageState.delivered);
    await world.turn();
    assert.notEqual(world.disk.finishes.get(key)![0]!.flags & FinishFlag.mayHaveRepeated, 0);
  });

  it('remember over two restarts that a crash may have repeated them', async () => {
    const world = new MessageWorld();
    const key = await world.submit();
    await world.restart();
    await world.turn();
    const id = world.cheap.accept();
    await world.turn();
    await world.restart();
    world.cheap.receipt(id, MessageState.delivered);
    await world.turn();
    assert.notEqual(world.disk.finishes.get(key)![0]!.flags & FinishFlag.mayHaveRepeated, 0);
  });

  it('move on from a trunk that stays down for five seconds, not from one that reconnects', async () => {
    const world = new MessageWorld();
    world.cheap.windowMax = 0;
    await world.submit();
    world.cheap.loseLink();
    await world.pass(4_000);
    assert.equal(world.dear.sent.length, 0);
    await world.pass(2_000);
    assert.equal(world.dear.sent.length, 1);
  });

  it('wait for a carrier when all are down', async () => {
    const world = new MessageWorld();
    world.cheap.loseLink();
    world.dear.loseLink();
    await world.submit();
    await world.pass(60_000, 1_000);
    world.dear.linkUp();
    await world.pass(1_000);
    assert.equal(world.dear.sent.length + world.cheap.sent.length, 1);
  });

  it('leave a disabled trunk at once', async () => {
    const world = new MessageWorld();
    world.cheap.windowMax = 0;
    await world.submit();
    const row = world.directory.row('trunk', 'cheap')!;
    const body = JSON.stringify({ ...(JSON.parse(row.body) as object), enabled: false });
    world.directory.applyChange([{ ...row, version: 2, body }]);
    await world.pass(200);
    assert.equal(world.dear.sent.length, 1);
  });

  it('are never made after the validity is over', async () => {
    const world = new MessageWorld();
    world.cheap.windowMax = 0;
    const key = await world.submit({ validityPeriod: '000000000010000R' });
    await world.pass(9_000, 500);
    assert.equal(world.stateOf(key), undefined);
    await world.pass(2_000);
    world.cheap.windowMax = 10;
    world.cheap.linkUp();
    await world.pass(500);
    assert.equal(world.stateOf(key), MessageState.expired);
    assert.equal(world.cheap.sent.length, 0);
    assert.deepEqual(world.held, FREE);
  });

  it('end with the validity even when the next pause would be longer', async () => {
    const world = new MessageWorld();
    const key = await world.submit({ validityPeriod: '000000000003000R' });
    world.cheap.refuse('trunk-permanent');
    await world.turn();
    world.dear.refuse('transient');
    await world.pass(1_400);
    world.dear.refuse('transient');
    await world.pass(2_000);
    assert.equal(world.stateOf(key), MessageState.expired);
  });

  it('keep their pauses and the validity when the wall clock jumps an hour ahead or back', async () => {
    for (const jumpMs of [3_600_000, -3_600_000]) {
      const world = new MessageWorld();
      const waiting = await world.submit();
      world.cheap.refuse('transient');
      await world.turn();
      world.dear.refuse('transient');
      await world.turn();
      world.clock.stepWall(jumpMs);
      await world.pass(800);
      assert.equal(world.cheap.sent.length, 1);
      await world.pass(700);
      assert.equal(world.cheap.sent.length, 2);
      assert.equal(world.flow.open.get(waiting)?.stage, Stage.inFlight);
    }
  });

  it('keep their pauses when the wall clock jumps while the message waits on disk', async () => {
    for (const jumpMs of [3_600_000, -3_600_000]) {
      const world = new MessageWorld({ over: { dear: { enabled: false } } });
      await world.submit();
      for (const pauseMs of [1_300, 6_500, 19_000]) {
        world.cheap.refuse('transient');
        await world.pass(pauseMs, 500);
      }
      world.cheap.refuse('transient');
      await world.turn();
      const sent = world.cheap.sent.length;
      await world.pass(35_000, 1_000);
      assert.equal(world.flow.open.size, 0, 'it is on disk by now');
      world.clock.stepWall(jumpMs);
      await world.pass(20_000, 1_000);
      assert.equal(world.cheap.sent.length, sent);
      await world.pass(22_000, 1_000);
      assert.equal(world.cheap.sent.length, sent + 1);
    }
  });

  it('go on after a restart, once, where the message stood', async () => {
    const world = new MessageWorld();
    const key = await world.submit();
    world.cheap.refuse('trunk-permanent');
    await world.turn();
    assert.equal(world.dear.sent.length, 1);
    const report = await world.restart();
    assert.equal(report.queued, 1);
    await world.turn();
    assert.equal(world.cheap.sent.length, 0, 'it refused for good');
    world.dear.accept();
    await world.turn();
    assert.equal(world.flow.open.get(key)?.trunkRef, REF.dear);
  });
});
