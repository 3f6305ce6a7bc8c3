// What is taken, what is refused and with which command_status; and that nothing is promised before it is durable.

import assert from 'node:assert/strict';
import { JOURNAL_PENDING_BYTES_MAX } from '#core';
import { Status } from '#smpp';
import { DESTINATION, MessageWorld, PRICE, settled } from '../../../support/message-world.js';

const NOTHING_HELD = [0n, 0n, 0n];
const HELD_ONE = [PRICE.customer, PRICE.reseller, PRICE.region];

describe('acceptance', () => {
  it('refuses a destination that is no international number with ESME_RINVDSTADR', () => {
    const world = new MessageWorld();
    assert.equal(world.offer({ destination: '12ab' }).status, Status.ESME_RINVDSTADR);
    assert.equal(world.offer({ destination: '0123' }).status, Status.ESME_RINVDSTADR);
    assert.equal(world.offer({ destination: '' }).status, Status.ESME_RINVDSTADR);
  });

  it('refuses a destination that no carrier serves with ESME_RINVDSTADR', () => {
    assert.equal(new MessageWorld().offer({ destination: '4915112345678' }).status, Status.ESME_RINVDSTADR);
  });

  it("refuses a sender that is not the account's with ESME_RINVSRCADR", () => {
    const world = new MessageWorld();
    assert.equal(world.offer({ source: 'SomeoneElse' }).status, Status.ESME_RINVSRCADR);
    assert.equal(world.offer({ source: '393339999999', sourceTon: 1 }).status, Status.ESME_RINVSRCADR);
    assert.equal(world.offer({ source: '393330000001', sourceTon: 1 }).status, Status.ESME_ROK);
  });

  it('names the bad destination before the foreign sender', () => {
    const world = new MessageWorld();
    assert.equal(world.offer({ destination: 'x', source: 'SomeoneElse' }).status, Status.ESME_RINVDSTADR);
  });

  it('refuses a scheduled delivery with ESME_RINVSCHED and a validity that is over with ESME_RINVEXPIRY', () => {
    const world = new MessageWorld();
    assert.equal(world.offer({ scheduleDeliveryTime: '260101000000000+' }).status, Status.ESME_RINVSCHED);
    assert.equal(world.offer({ validityPeriod: '250101000000000+' }).status, Status.ESME_RINVEXPIRY);
    assert.equal(world.offer({ validityPeriod: 'abcdefghijklmnop' }).status, Status.ESME_RINVEXPIRY);
  });

  it('counts throughput in segments: one long message uses up what three short ones would', () => {
    const world = new MessageWorld({ segmentsPerSec: 1, burstSegments: 3 });
    assert.equal(world.offer({ shortMessage: Buffer.alloc(400, 97) }).status, Status.ESME_ROK);
    assert.equal(world.offer().status, Status.ESME_RTHROTTLED);
    world.clock.advance(1_000);
    assert.equal(world.offer().status, Status.ESME_ROK);
    assert.equal(world.offer().status, Status.ESME_RTHROTTLED);
  });

  it('refuses a bad message before it costs throughput', () => {
    const world = new MessageWorld({ segmentsPerSec: 1, burstSegments: 1 });
    assert.equal(world.offer({ source: 'SomeoneElse' }).status, Status.ESME_RINVSRCADR);
    assert.equal(world.offer().status, Status.ESME_ROK);
  });

  it('refuses with ESME_RSUBMITFAIL when the customer has no credit, and holds nothing anywhere', () => {
    const world = new MessageWorld({ balanceMicros: PRICE.customer });
    assert.equal(world.offer().status, Status.ESME_ROK);
    assert.equal(world.offer().status, Status.ESME_RSUBMITFAIL);
    assert.deepEqual(world.held, HELD_ONE);
  });

  it('holds nothing at any level when a level above has no credit', () => {
    const world = new MessageWorld();
    world.balanceOf('region').balanceMicros = PRICE.region - 1n;
    assert.equal(world.offer().status, Status.ESME_RSUBMITFAIL);
    assert.deepEqual(world.held, NOTHING_HELD);
  });

  it('refuses with ESME_RSUBMITFAIL while the account or any tenant above it is disabled', () => {
    for (const id of ['account', 'customer', 'region']) {
      assert.equal(new MessageWorld({ over: { [id]: { enabled: false } } }).offer().status, Status.ESME_RSUBMITFAIL);
    }
  });

  it('answers ESME_RSYSERR while the disk fails, before it looks at anything else', async () => {
    const world = new MessageWorld();
    world.disk.isFull = true;
    world.offer();
    world.store.journal.commit();
    assert.equal(world.offer({ destination: 'x' }).status, Status.ESME_RSYSERR);
    assert.deepEqual(world.held, NOTHING_HELD);
    world.disk.isFull = false;
    await world.turn();
    assert.equal(world.offer().status, Status.ESME_ROK);
  });

  it('answers ESME_RMSGQFUL while too much waits for the disk', async () => {
    const world = new MessageWorld();
    const { journal } = world.store;
    while (journal.pendingBytes <= JOURNAL_PENDING_BYTES_MAX) {
      journal.end(journal.begin(8, 1_048_576) + 1_048_576);
    }
    assert.equal(world.offer().status, Status.ESME_RMSGQFUL);
    await world.turn();
    assert.equal(world.offer().status, Status.ESME_ROK);
  });

  it('promises nothing before the record is durable', async () => {
    const world = new MessageWorld();
    const { token } = world.offer();
    await settled();
    assert.equal(world.ear.accepted.size, 0);
    assert.equal(world.cheap.sent.length, 0, 'nothing is sent before it is promised');
    world.store.journal.commit();
    assert.equal(world.ear.accepted.has(token), true);
    await settled();
    assert.equal(world.cheap.sent.length, 1);
    assert.equal(world.cheap.sent[0]!.destination, DESTINATION);
  });

  it('gives every hold back when the disk refuses the record, and tells the sender ESME_RSYSERR', async () => {
    const world = new MessageWorld();
    world.disk.isFull = true;
    const { token } = world.offer();
    assert.deepEqual(world.held, HELD_ONE);
    world.store.journal.commit();
    await settled();
    assert.equal(world.ear.refused.get(token), Status.ESME_RSYSERR);
    assert.deepEqual(world.held, NOTHING_HELD);
    assert.equal(world.flow.open.size, 0);
    assert.equal(world.cheap.sent.length, 0);
    world.disk.isFull = false;
    await world.turn();
    assert.equal(world.cheap.sent.length, 0, 'what was refused is never sent');
    assert.equal(world.flow.segments.lowest(Infinity), Infinity);
  });

  it('takes nothing while draining, and goes on with what it has', async () => {
    const world = new MessageWorld();
    const key = await world.submit({ registeredDelivery: 0 });
    world.flow.drain();
    assert.equal(world.offer().status, Status.ESME_RSYSERR);
    world.cheap.accept();
    await world.turn();
    assert.equal(world.stateOf(key), 1);
  });

  it('keeps the customer chain held until the message ends, priced per segment and rounded up once', async () => {
    const world = new MessageWorld();
    await world.submit({ shortMessage: Buffer.alloc(400, 97) });
    assert.deepEqual(world.held, [PRICE.customer * 3n, PRICE.reseller * 3n, PRICE.region * 3n]);
  });
});
