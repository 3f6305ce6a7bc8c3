import { deepEqual, equal, notDeepEqual, ok } from 'node:assert/strict';
import { loopbackAdapterKind } from '#adapters/loopback';
import type { MessageAdapter } from '#adapters';
import { MessageState } from '#core';
import { MessageFields, Status, Tlv, decodeSubmitSmBody, parseReceiptText, readTlvText } from '#smpp';
import type { TestContext } from '../recording-events.js';
import { RecordingEvents, outbound, testContext } from '../recording-events.js';

const instant = { delayMs: 0, delayJitterMs: 0, receiptDelayMs: 0, receiptJitterMs: 0 };

interface Carrier {
  adapter: MessageAdapter;
  events: RecordingEvents;
  context: TestContext;
  pass: (ms: number) => void;
  send: (count: number, over?: Parameters<typeof outbound>[1]) => void;
}

function carrier(options: Record<string, unknown>, seed = 7): Carrier {
  const context = testContext(seed);
  const events = new RecordingEvents();
  const parsed = loopbackAdapterKind.parseOptions(options);
  if (!parsed.ok) throw new Error(parsed.why.join());
  const adapter = loopbackAdapterKind.create('t', parsed.value, events, context);
  adapter.open();
  let key = 0;
  return {
    adapter,
    events,
    context,
    pass: (ms) => {
      for (let passed = 0; passed < ms; passed += 100) {
        context.clock.advance(100);
        adapter.tick(context.clock.monotonicMs());
      }
    },
    send: (count, over) => {
      for (let at = 0; at < count; at++) adapter.submit(outbound(++key, over), context.clock.monotonicMs());
    },
  };
}

describe('a simulated carrier', () => {
  it('takes a message after its delay and reports it delivered after another', () => {
    const { events, pass, send } = carrier({
      delayMs: 1_000,
      delayJitterMs: 0,
      receiptDelayMs: 2_000,
      receiptJitterMs: 0,
    });
    send(1);
    pass(900);
    equal(events.outcomes, 0);
    pass(100);
    equal(events.accepts.length, 1);
    pass(1_900);
    equal(events.receipts.length, 0);
    pass(100);
    deepEqual(events.receipts[0]?.receipt.state, MessageState.delivered);
    equal(events.receipts[0].receipt.upstreamId, events.accepts[0]?.id);
    equal(events.receipts[0].receipt.destination, '393330001111');
  });

  it('sends a receipt that reads like an SMSC’s, in text and TLVs', () => {
    const { events, pass, send } = carrier(instant);
    send(1);
    pass(200);
    const { raw, receipt } = events.receipts[0]!;
    const fields = new MessageFields();
    equal(decodeSubmitSmBody(raw, 0, raw.length, fields), Status.ESME_ROK);
    equal(fields.esmClass, 4);
    equal(fields.source, '393330001111');
    equal(fields.destination, 'ACME');
    const text = parseReceiptText(raw, fields.messageStart, fields.messageEnd);
    deepEqual([text?.id, text?.stat, text?.err], [receipt.upstreamId, 'DELIVRD', '000']);
    equal(readTlvText(raw, fields.tlvStart, fields.tlvEnd, Tlv.receipted_message_id), receipt.upstreamId);
  });

  it('sends no receipt that nobody wants', () => {
    const { events, pass, send } = carrier(instant);
    send(5, { wantsReceipt: false });
    pass(60_000);
    equal(events.accepts.length, 5);
    equal(events.receipts.length, 0);
  });

  it('repeats a receipt until it is acknowledged with ESME_ROK, and then never again', () => {
    const { adapter, events, pass, send } = carrier({ ...instant, receiptResendMs: 5_000 });
    send(1);
    pass(5_300);
    equal(events.receipts.length, 2);
    adapter.acknowledge(events.receipts[1]!.token, Status.ESME_RX_T_APPN);
    pass(5_000);
    equal(events.receipts.length, 3);
    adapter.acknowledge(events.receipts[0]!.token, Status.ESME_ROK);
    pass(5_000);
    equal(events.receipts.length, 4, 'a token of an earlier copy is nobody’s');
    adapter.acknowledge(events.receipts[3]!.token, Status.ESME_ROK);
    pass(60_000);
    equal(events.receipts.length, 4);
  });

  it('can let a receipt beat its answer', () => {
    const { events, pass, send } = carrier({ ...instant, earlyReceiptRate: 1 });
    send(1);
    pass(100);
    deepEqual(events.log, [`receipt ${events.accepts[0]!.id}`, 'accepted 1']);
  });

  it('refuses, throttles, keeps silent and fails to deliver at the rates it is told', () => {
    const { events, pass, send } = carrier({
      ...instant,
      window: 10_000,
      refuseRate: 0.1,
      throttleRate: 0.2,
      silenceRate: 0.1,
      deliveryRate: 0.5,
    });
    send(10_000);
    pass(11_000);
    equal(events.outcomes, 10_000);
    const near = (count: number, share: number, of: number): void =>
      ok(Math.abs(count / of - share) < 0.02, `${count} of ${of} is not near ${share}`);
    near(events.refusals.filter((one) => one.status === Status.ESME_RSUBMITFAIL).length, 0.1, 10_000);
    near(events.refusals.filter((one) => one.refusal === 'throttled').length, 0.2, 10_000);
    near(events.losses.length, 0.1, 10_000);
    const states = events.receipts.map((one) => one.receipt.state);
    near(states.filter((state) => state === MessageState.delivered).length, 0.5, states.length);
  });

  it('answers in the order of the messages unless it is told otherwise', () => {
    const order = (outOfOrder: boolean): number[] => {
      const { events, pass, send } = carrier({ delayMs: 100, delayJitterMs: 2_000, outOfOrder });
      send(50);
      pass(3_000);
      return events.accepts.map((one) => one.message.key);
    };
    const sent = Array.from({ length: 50 }, (_, at) => at + 1);
    deepEqual(order(false), sent);
    notDeepEqual(order(true), sent);
    deepEqual(
      [...order(true)].sort((left, right) => left - right),
      sent,
    );
  });

  it('repeats itself from the same chance', () => {
    const story = (seed: number): string[] => {
      const { events, pass, send } = carrier(
        { refuseRate: 0.3, silenceRate: 0.1, earlyReceiptRate: 0.5, outOfOrder: true },
        seed,
      );
      send(100);
      pass(20_000);
      return events.log;
    };
    deepEqual(story(3), story(3));
    notDeepEqual(story(3), story(4));
  });

  it('takes no more than its window and its throughput, and says when there is room again', () => {
    const narrow = carrier({ ...instant, window: 3 });
    equal(narrow.adapter.capacity(0), 3);
    narrow.send(3);
    equal(narrow.adapter.capacity(0), 0);
    const before = narrow.events.readyCount;
    narrow.pass(100);
    equal(narrow.events.readyCount, before + 1);
    const slow = carrier({ ...instant, tps: 50 });
    let sent = 0;
    for (let at = 0; at < 100; at++) {
      const room = slow.adapter.capacity(slow.context.clock.monotonicMs());
      slow.send(room);
      sent += room;
      slow.pass(100);
    }
    ok(sent >= 490 && sent <= 515, `${sent} messages in ten seconds at 50 a second`);
  });

  it('takes no message while too many of its receipts are unacknowledged', () => {
    const { adapter, events, pass, send } = carrier({ ...instant, receiptsMax: 5 });
    send(5);
    pass(200);
    equal(adapter.capacity(1_000), 0);
    for (const one of events.receipts) adapter.acknowledge(one.token, Status.ESME_ROK);
    equal(adapter.capacity(1_000), 1_000);
  });

  it('drains before it closes, and tells what it could not answer by the deadline', async () => {
    const { adapter, events, pass, send } = carrier({ delayMs: 500, delayJitterMs: 0, silenceRate: 0.5 });
    send(20);
    let isClosed = false;
    const closing = adapter.close(2_000).then(() => (isClosed = true));
    equal(adapter.state, 'draining');
    equal(adapter.capacity(0), 0);
    pass(1_000);
    ok(events.accepts.length > 0);
    pass(1_500);
    await closing;
    ok(isClosed);
    equal(events.outcomes, 20);
    equal(adapter.counters.inFlight, 0);
    ok(events.losses.every((one) => one.why === 'link-lost'));
    await adapter.close(0);
  });

  it('says in one sentence per fault what is wrong with its options', () => {
    deepEqual(loopbackAdapterKind.parseOptions({ deliveryRate: 2, window: 0 }), {
      ok: false,
      why: ['deliveryRate: must be a number from 0 to 1', 'window: must be a whole number from 1 to 100000'],
    });
    equal(loopbackAdapterKind.parseOptions({ refuseRate: 0.6, throttleRate: 0.6 }).ok, false);
    equal(loopbackAdapterKind.parseOptions({ colour: 'red' }).ok, false);
  });
});
