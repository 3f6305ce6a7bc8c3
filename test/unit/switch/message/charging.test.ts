// When money moves: each plan's moment, each level once, and nothing left held.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { MessageState, type ChargeOn } from '#core';
import { PostingKind } from '../../../../switch/message/journal-records.js';
import { MessageWorld, PRICE, REF, type WorldOptions } from '../../../support/message-world.js';

const NOTHING = [0n, 0n, 0n];
const ALL = [PRICE.customer, PRICE.reseller, PRICE.region];

type Fate = 'failed' | 'handed over' | 'delivered' | 'undeliverable' | 'no receipt';

async function live(fate: Fate, options: WorldOptions): Promise<MessageWorld> {
  const world = new MessageWorld({ receiptTimeoutSec: 60, ...options });
  await world.submit({ registeredDelivery: fate === 'handed over' ? 0 : 1 });
  if (fate === 'failed') world.cheap.refuse('permanent');
  else {
    const id = world.cheap.accept();
    if (fate === 'delivered') world.cheap.receipt(id, MessageState.delivered);
    if (fate === 'undeliverable') world.cheap.receipt(id, MessageState.undeliverable);
  }
  await world.turn();
  if (fate === 'no receipt') await world.pass(70_000, 1_000);
  assert.equal(world.flow.open.size, 0);
  assert.deepEqual(world.held, NOTHING);
  return world;
}

describe('charging', () => {
  const table: readonly (readonly [ChargeOn, Fate, boolean])[] = [
    ['accepted', 'failed', true],
    ['accepted', 'handed over', true],
    ['accepted', 'undeliverable', true],
    ['submitted', 'failed', false],
    ['submitted', 'handed over', true],
    ['submitted', 'undeliverable', true],
    ['submitted', 'no receipt', true],
    ['delivered', 'failed', false],
    ['delivered', 'delivered', true],
    ['delivered', 'undeliverable', false],
  ];
  for (const [chargeOn, fate, pays] of table) {
    it(`on '${chargeOn}' ${pays ? 'takes' : 'gives back'} what was held when the message is ${fate}`, async () => {
      assert.deepEqual((await live(fate, { chargeOn })).spent, pays ? ALL : NOTHING);
    });
  }

  it("on 'delivered' follows the plan's declared rule when no receipt ever comes", async () => {
    for (const noReceipt of ['charge', 'release'] as const) {
      const world = await live('no receipt', { chargeOn: 'delivered', noReceipt });
      assert.deepEqual(world.spent, noReceipt === 'charge' ? ALL : NOTHING);
    }
  });

  it('by the declared rule survives a restart in between, as it was when the message was accepted', async () => {
    const world = new MessageWorld({ chargeOn: 'delivered', noReceipt: 'charge', receiptTimeoutSec: 60 });
    await world.submit();
    world.cheap.accept();
    await world.turn();
    await world.restart();
    await world.pass(70_000, 1_000);
    assert.deepEqual(world.spent, ALL);
  });

  it('takes nothing for a receipt that itself says unknown', async () => {
    const world = new MessageWorld({ chargeOn: 'delivered', noReceipt: 'charge' });
    await world.submit();
    world.cheap.receipt(world.cheap.accept(), MessageState.unknown);
    await world.turn();
    assert.deepEqual(world.spent, NOTHING);
  });

  it('asks for a receipt by itself when a plan charges on delivery, and sends the ESME none that it did not want', async () => {
    const world = new MessageWorld({ chargeOn: 'delivered' });
    const receiver = world.receiver();
    await world.submit({ registeredDelivery: 0 });
    world.cheap.receipt(world.cheap.accept(), MessageState.delivered);
    await world.turn();
    assert.deepEqual(world.spent, ALL);
    assert.deepEqual(receiver.got, []);
  });

  it('stops below the owner of the trunk used: levels above it pay nothing, and their holds are free', async () => {
    const world = new MessageWorld({ dearOwner: 'region' });
    await world.submit({ registeredDelivery: 0 });
    assert.deepEqual(world.held, ALL, 'held up to the highest owner among the candidates');
    world.cheap.refuse('transient');
    await world.turn();
    world.dear.accept();
    await world.turn();
    assert.deepEqual(world.held, NOTHING);
    assert.deepEqual(world.spent, [PRICE.customer, PRICE.reseller, 0n]);
  });

  it("books what the trunk's owner owes the carrier, without touching a balance", async () => {
    const world = new MessageWorld();
    const key = await world.submit({ registeredDelivery: 0, shortMessage: Buffer.alloc(400, 97) });
    world.cheap.accept();
    await world.turn();
    const postings = world.disk.finishes.get(key)![0]!.postings;
    const cost = postings.find((posting) => posting.kind === PostingKind.carrierCost)!;
    assert.equal(cost.chargedMicros, PRICE.cheap * 3n);
    assert.equal(cost.buyerRef, REF.operator);
    assert.equal(cost.sellerRef, REF.cheap);
  });

  it('holds again after a restart exactly what open messages hold, in memory and on disk', async () => {
    const world = new MessageWorld();
    await world.submit();
    world.cheap.accept();
    await world.pass(40_000, 1_000);
    await world.submit();
    const { held } = world;
    await world.restart();
    assert.deepEqual(world.held, held);
    assert.deepEqual(held, [PRICE.customer * 2n, PRICE.reseller * 2n, PRICE.region * 2n]);
  });

  it('commits or gives back every held micro exactly once, whatever happens to each message', async () => {
    const fate = fc.constantFrom<Fate>('failed', 'handed over', 'delivered', 'undeliverable', 'no receipt');
    const moment = fc.constantFrom<ChargeOn>('accepted', 'submitted', 'delivered');
    await fc.assert(
      fc.asyncProperty(fate, moment, async (what, chargeOn) => {
        // Such a plan asks for the receipt itself, so handing over is not the end.
        fc.pre(what !== 'handed over' || chargeOn !== 'delivered');
        const world = await live(what, { chargeOn });
        for (const [end] of world.disk.finishes.values()) {
          for (const posting of end!.postings) {
            if (posting.kind !== PostingKind.sale) continue;
            assert.equal([0n, posting.heldMicros].includes(posting.chargedMicros), true);
          }
        }
        for (const [at, buyer] of (['customer', 'reseller', 'region'] as const).entries()) {
          assert.equal(1_000_000_000n - world.disk.balances.get(REF[buyer])!, world.spent[at], 'memory and disk agree');
        }
      }),
      { numRuns: 30, ...(process.env['SEED'] === undefined ? {} : { seed: Number(process.env['SEED']) }) },
    );
  });
});
