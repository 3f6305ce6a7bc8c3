import assert from 'node:assert/strict';
import { MessageState } from '#core';
import { receiptFate, whyInUse } from '../../../switch/in-use.js';
import { MessageWorld, REF } from '../../support/message-world.js';

describe('what must not be removed', () => {
  const whyTrunk = (world: MessageWorld) => whyInUse(world.flow, 'trunk', REF.cheap);
  const whyAccount = (world: MessageWorld) => whyInUse(world.flow, 'account', REF.account);

  it('is a trunk with messages in its queue, in flight, or waiting for a receipt, and no longer', async () => {
    const world = new MessageWorld({ windowMax: 1 });
    assert.equal(await whyTrunk(world), undefined);
    await world.submit();
    assert.match((await whyTrunk(world)) ?? '', /1 messages are on their way/);
    await world.submit();
    assert.match((await whyTrunk(world)) ?? '', /1 messages wait for it/);
    const first = world.cheap.accept();
    await world.turn();
    const second = world.cheap.accept();
    await world.turn();
    assert.match((await whyTrunk(world)) ?? '', /2 messages wait for its receipts/);
    world.cheap.receipt(first, MessageState.delivered);
    world.cheap.receipt(second, MessageState.delivered);
    await world.turn();
    assert.equal(await whyTrunk(world), undefined);
    assert.equal(await whyInUse(world.flow, 'trunk', REF.dear), undefined);
  });

  it('is a trunk or an account whose messages wait as rows on disk', async () => {
    const world = new MessageWorld();
    await world.submit();
    world.cheap.accept();
    await world.turn();
    await world.pass(40_000, 5_000);
    assert.equal(world.lane(world.cheap).awaiting.size, 0, 'it is on disk by now');
    assert.match((await whyTrunk(world)) ?? '', /on disk/);
    assert.match((await whyAccount(world)) ?? '', /on disk/);
  });

  it('is an account with open messages or receipts that it has not acknowledged', async () => {
    const world = new MessageWorld();
    await world.submit();
    assert.match((await whyAccount(world)) ?? '', /open messages/);
    world.cheap.receipt(world.cheap.accept(), MessageState.delivered);
    await world.turn();
    assert.match((await whyAccount(world)) ?? '', /owed 1 receipts/);
    const receiver = world.receiver();
    await world.turn();
    assert.match((await whyAccount(world)) ?? '', /on their way/);
    receiver.acknowledge();
    await world.turn();
    assert.equal(await whyAccount(world), undefined);
  });
});

describe('the receipt of an ended message', () => {
  it('is owed, then sent, then acknowledged', async () => {
    const world = new MessageWorld();
    const fate = (key: number) => receiptFate(world.flow, REF.account, key);
    const key = await world.submit();
    world.cheap.receipt(world.cheap.accept(), MessageState.delivered);
    await world.turn();
    assert.equal(await fate(key), 'owed');
    assert.equal(world.desk.owed.size, 1, 'looking takes nothing away');
    const receiver = world.receiver();
    await world.turn();
    assert.equal(await fate(key), 'sent');
    receiver.acknowledge();
    await world.turn();
    assert.equal(await fate(key), 'acknowledged');
  });

  it('is owed still when it waits on disk, over a restart too', async () => {
    const world = new MessageWorld();
    const key = await world.submit();
    world.cheap.receipt(world.cheap.accept(), MessageState.delivered);
    await world.turn();
    await world.pass(30_000, 5_000);
    assert.equal(world.desk.owed.size, 0, 'it is on disk by now');
    assert.equal(await receiptFate(world.flow, REF.account, key), 'owed');
    await world.restart();
    assert.equal(await receiptFate(world.flow, REF.account, key), 'owed');
  });
});
