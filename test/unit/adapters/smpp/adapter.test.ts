// The adapter against message centres of our own, over real sockets on the loopback address.

import { deepEqual, equal, ok } from 'node:assert/strict';
import type { Socket } from 'node:net';
import { smppAdapterKind } from '#adapters/smpp';
import type { MessageAdapter } from '#adapters';
import { PDU_BYTES_MAX } from '#core';
import type { PduView, SessionHandler, SmppListener } from '#smpp';
import {
  Command,
  MessageFields,
  Session,
  Status,
  decodeSubmitSmBody,
  isBindCommand,
  listenSmpp,
  responseOf,
} from '#smpp';
import type { TestContext } from '../recording-events.js';
import { RecordingEvents, outbound, testContext } from '../recording-events.js';

const mcOptions = {
  role: 'mc',
  windowMax: 100,
  peerWindowMax: 1_000,
  responseTimeoutMs: 5_000,
  enquireLinkMs: 0,
  enquireLinkTimeoutMs: 1_000,
  initTimeoutMs: 5_000,
  inactivityMs: 0,
  readStallMs: 5_000,
  pduBytesMax: PDU_BYTES_MAX,
  outboundBytesMax: 1_000_000,
  outboundBytesFatal: 4_000_000,
} as const;

/** A message centre whose answers a test decides. */
class Centre implements SessionHandler {
  listener: SmppListener | undefined;
  readonly sessions: Session[] = [];
  readonly bodies: Buffer[] = [];
  readonly messages: { session: Session; sequence: number }[] = [];
  readonly deliverStatuses: number[] = [];
  bindStatus: number = Status.ESME_ROK;
  binds = 0;
  /** Answers a submit_sm at once; undefined leaves it unanswered. */
  answer: (pdu: PduView) => { status: number; id?: string } | undefined = () => ({ status: 0, id: '00A1' });

  async open(port = 0): Promise<number> {
    this.listener = await listenSmpp({ host: '127.0.0.1', port, connectionsMax: 20 }, (stream: Socket) => {
      const session = new Session(stream, mcOptions, this, performance.now());
      this.sessions.push(session);
    });
    return this.listener.address.port;
  }

  async shut(): Promise<void> {
    for (const session of this.sessions) session.destroy('shutdown');
    await this.listener?.close();
  }

  request(session: Session, pdu: PduView): void {
    const { commandId, sequenceNumber } = pdu;
    if (isBindCommand(commandId)) {
      this.binds++;
      if (this.bindStatus === 0) {
        session.bound(({ 1: 'bound-rx', 2: 'bound-tx', 9: 'bound-trx' } as const)[commandId as 1 | 2 | 9], 0x34);
        session.respond(responseOf(commandId), 0, sequenceNumber, 'mc');
      } else {
        session.respond(responseOf(commandId), this.bindStatus, sequenceNumber);
      }
      return;
    }
    this.bodies.push(Buffer.from(pdu.buffer.subarray(pdu.bodyStart, pdu.end)));
    const answer = this.answer(pdu);
    if (answer === undefined) this.messages.push({ session, sequence: sequenceNumber });
    else session.respond(Command.submit_sm_resp, answer.status, sequenceNumber, answer.id);
  }

  response(_session: Session, _context: unknown, pdu: PduView): void {
    this.deliverStatuses.push(pdu.commandStatus);
  }

  expired(): void {
    this.deliverStatuses.push(-1);
  }

  closed(session: Session): void {
    this.sessions.splice(this.sessions.indexOf(session), 1);
  }

  writable(): void {
    // Sends one at a time.
  }

  deliver(commandId: number, body: Buffer): void {
    const session = this.sessions.find((one) => one.state === 'bound-rx' || one.state === 'bound-trx');
    const at = session!.beginRequest(commandId, body.length, undefined);
    body.copy(session!.out, at);
    session!.end(at + body.length);
  }
}

const receiptBody = (text: string): Buffer =>
  Buffer.from(
    `\0\x01\x01393330001111\0\x00\x00ACME\0\x04\0\0\0\0\0\0\0\0${String.fromCharCode(text.length)}${text}`,
    'latin1',
  );

describe('a trunk to an SMPP upstream', () => {
  let centre: Centre;
  let events: RecordingEvents;
  let context: TestContext;
  let adapter: MessageAdapter;
  let port = 0;

  beforeEach(async () => {
    centre = new Centre();
    port = await centre.open();
    events = new RecordingEvents();
    context = testContext(5, { password: 'secret' });
  });

  afterEach(async () => {
    const closing = adapter.close(0);
    await until(() => adapter.state === 'down');
    await closing;
    await centre.shut();
  });

  const start = (over: Record<string, unknown> = {}): void => {
    const options = { host: '127.0.0.1', port, systemId: 'us', reconnectMinMs: 100, reconnectMaxMs: 400, ...over };
    const parsed = smppAdapterKind.parseOptions(options);
    if (!parsed.ok) throw new Error(parsed.why.join());
    adapter = smppAdapterKind.create('t', parsed.value, events, context);
    adapter.open();
  };

  /** Lets sockets work and the adapter's clock run until something holds. */
  async function until(holds: () => boolean, stepMs = 20): Promise<void> {
    for (let at = 0; at < 400; at++) {
      if (holds()) return;
      context.clock.advance(stepMs);
      adapter.tick(context.clock.monotonicMs());
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    throw new Error(`did not happen in time: ${holds.toString()}; ${adapter.state}: ${adapter.stateWhy}`);
  }

  const send = (key: number, over?: Parameters<typeof outbound>[1]): void => {
    ok(adapter.capacity(context.clock.monotonicMs()) > 0, 'there is room');
    adapter.submit(outbound(key, over), context.clock.monotonicMs());
  };

  it('binds, sends, and hears the upstream’s id in its one spelling', async () => {
    start();
    equal(adapter.state, 'connecting');
    equal(adapter.capacity(0), 0);
    await until(() => adapter.state === 'up');
    equal(adapter.capacity(0), 100);
    send(1);
    await until(() => events.outcomes === 1);
    deepEqual([events.accepts[0]?.message.key, events.accepts[0]?.id], [1, '00a1']);
    equal(adapter.counters.inFlight, 0);
  });

  it('lets a message leave as it came, but for the receipt that the switch needs', async () => {
    start();
    await until(() => adapter.state === 'up');
    const cases: [wantsReceipt: boolean, asked: number, sent: number][] = [
      [true, 0x00, 0x01],
      [true, 0x1e, 0x1d],
      [false, 0x01, 0x00],
      [false, 0x1d, 0x0c],
    ];
    for (const [key, [wantsReceipt, registeredDelivery]] of cases.entries())
      send(key, { wantsReceipt, registeredDelivery });
    await until(() => events.outcomes === cases.length);
    for (const [key, [wantsReceipt, registeredDelivery, sent]] of cases.entries()) {
      const expected = Buffer.from(outbound(key, { wantsReceipt, registeredDelivery }).body);
      expected[outbound(key).registeredDeliveryAt] = sent;
      deepEqual(centre.bodies[key], expected);
    }
  });

  it('puts each refusal in its class, and pauses the whole trunk when it is throttled', async () => {
    start({ throttlePauseMinMs: 1_000 });
    await until(() => adapter.state === 'up');
    const statuses = [Status.ESME_RSYSERR, Status.ESME_RINVDSTADR, Status.ESME_RTHROTTLED];
    centre.answer = () => ({ status: statuses.shift()! });
    send(1);
    send(2);
    send(3);
    await until(() => events.outcomes === 3);
    deepEqual(
      events.refusals.map((one) => [one.message.key, one.refusal, one.status]),
      [
        [1, 'transient', Status.ESME_RSYSERR],
        [2, 'permanent', Status.ESME_RINVDSTADR],
        [3, 'throttled', Status.ESME_RTHROTTLED],
      ],
    );
    const atMs = context.clock.monotonicMs();
    equal(adapter.capacity(atMs), 0);
    const before = events.readyCount;
    await until(() => events.readyCount > before, 100);
    ok(context.clock.monotonicMs() >= atMs + 900);
    equal(adapter.capacity(context.clock.monotonicMs()), 100);
  });

  it('hands back what was unanswered when the link is lost, once, and binds again', async () => {
    start();
    centre.answer = () => undefined;
    await until(() => adapter.state === 'up');
    for (let key = 0; key < 10; key++) send(key);
    await until(() => centre.messages.length === 10);
    for (const session of centre.sessions) session.destroy('shutdown');
    await until(() => events.outcomes === 10);
    deepEqual(
      events.losses.map((one) => [one.message.key, one.why]),
      Array.from({ length: 10 }, (_, key) => [key, 'link-lost']),
    );
    equal(adapter.capacity(context.clock.monotonicMs()), 0);
    await until(() => adapter.state === 'up');
    equal(adapter.counters.reconnects, 1);
    equal(events.outcomes, 10);
  });

  it('hands back what is not answered in time', async () => {
    start({ responseTimeoutMs: 500 });
    centre.answer = () => undefined;
    await until(() => adapter.state === 'up');
    send(1);
    await until(() => events.outcomes === 1);
    deepEqual([events.losses[0]?.message.key, events.losses[0]?.why], [1, 'timeout']);
    equal(adapter.state, 'up');
  });

  it('tells a receipt and acknowledges it only when the switch says so', async () => {
    start({ idBase: 'hex-resp-decimal-receipt' });
    await until(() => adapter.state === 'up');
    centre.deliver(Command.deliver_sm, receiptBody('id:0000000171 stat:DELIVRD err:000'));
    await until(() => events.receipts.length === 1);
    equal(events.receipts[0]?.receipt.upstreamId, '171');
    await until(() => true);
    deepEqual(centre.deliverStatuses, []);
    adapter.acknowledge(events.receipts[0].token, Status.ESME_ROK);
    adapter.acknowledge(events.receipts[0].token, Status.ESME_RSYSERR);
    await until(() => centre.deliverStatuses.length > 0);
    deepEqual(centre.deliverStatuses, [Status.ESME_ROK]);
  });

  it('ignores an acknowledgement for a link that is gone', async () => {
    start();
    await until(() => adapter.state === 'up');
    centre.deliver(Command.deliver_sm, receiptBody('id:1 stat:DELIVRD'));
    await until(() => events.receipts.length === 1);
    for (const session of centre.sessions) session.destroy('shutdown');
    await until(() => adapter.state !== 'up');
    await until(() => adapter.state === 'up');
    adapter.acknowledge(events.receipts[0]!.token, Status.ESME_ROK);
    centre.deliver(Command.deliver_sm, receiptBody('id:2 stat:DELIVRD'));
    await until(() => events.receipts.length === 2);
    adapter.acknowledge(events.receipts[1]!.token, Status.ESME_RX_T_APPN);
    await until(() => centre.deliverStatuses.length > 0);
    deepEqual(centre.deliverStatuses, [Status.ESME_RX_T_APPN]);
  });

  it('acknowledges a receipt that names no message, and counts it', async () => {
    start();
    await until(() => adapter.state === 'up');
    centre.deliver(Command.deliver_sm, receiptBody('stat:DELIVRD'));
    await until(() => centre.deliverStatuses.length === 1);
    deepEqual(centre.deliverStatuses, [Status.ESME_ROK]);
    equal(events.receipts.length, 0);
  });

  it('hands on what a subscriber wrote, by deliver_sm or data_sm, as a deliver_sm', async () => {
    start();
    await until(() => adapter.state === 'up');
    centre.deliver(Command.deliver_sm, Buffer.from('\0\x01\x0139333\0\0\x001234\0\0\0\0\0\0\0\0\0\0\x02hi', 'latin1'));
    centre.deliver(
      Command.data_sm,
      Buffer.concat([Buffer.from('\0\x01\x0139333\0\0\x001234\0\0\0\0', 'latin1'), Buffer.from('042400026869', 'hex')]),
    );
    await until(() => events.originated.length === 2);
    const fields = new MessageFields();
    for (const { raw, token } of events.originated) {
      equal(decodeSubmitSmBody(raw, 0, raw.length, fields), Status.ESME_ROK);
      equal(raw.toString('latin1', fields.messageStart, fields.messageEnd), 'hi');
      equal(fields.source, '39333');
      adapter.acknowledge(token, 0);
    }
    await until(() => centre.deliverStatuses.length === 2);
  });

  it('answers a malformed deliver_sm with its error and stays up', async () => {
    start();
    await until(() => adapter.state === 'up');
    centre.deliver(Command.deliver_sm, Buffer.from('\0\x01\x01393\0\0\x001\0\0\0\0\0\0\0\0\0\0\xffhi', 'latin1'));
    await until(() => centre.deliverStatuses.length === 1);
    deepEqual(centre.deliverStatuses, [Status.ESME_RINVMSGLEN]);
    equal(adapter.state, 'up');
  });

  it('spreads messages over a pool of transmitters and receives on receivers', async () => {
    start({ bindMode: 'transmitter+receiver', binds: 3, window: 10 });
    await until(() => adapter.counters.bindsUp === 6);
    equal(adapter.windowMax, 30);
    equal(adapter.capacity(0), 30);
    centre.answer = () => undefined;
    for (let key = 0; key < 30; key++) send(key);
    equal(adapter.capacity(context.clock.monotonicMs()), 0);
    await until(() => centre.messages.length === 30);
    equal(new Set(centre.messages.map((one) => one.session)).size, 3);
    ok(centre.messages.every((one) => one.session.state === 'bound-tx'));
  });

  it('keeps below its throughput', async () => {
    start({ tps: 100 });
    await until(() => adapter.state === 'up');
    const fromMs = context.clock.monotonicMs();
    let sent = 0;
    while (context.clock.monotonicMs() < fromMs + 5_000) {
      while (adapter.capacity(context.clock.monotonicMs()) > 0) send(sent++);
      await until(() => events.outcomes === sent, 0);
      context.clock.advance(50);
    }
    ok(sent >= 490 && sent <= 521, `${sent} in five seconds at 100 a second`);
  });

  it('says why it is down, and tries again at growing distances', async () => {
    centre.bindStatus = Status.ESME_RINVPASWD;
    start({ reconnectMinMs: 100, reconnectMaxMs: 1_600 });
    await until(() => centre.binds === 1 && adapter.state === 'down');
    equal(adapter.stateWhy, '0 of 1 binds up; transceiver: bind refused: ESME_RINVPASWD');
    const fromMs = context.clock.monotonicMs();
    await until(() => centre.binds === 5);
    const passedMs = context.clock.monotonicMs() - fromMs;
    // Waits of 100, 200, 400 and 800 ms, each at least half and at most whole, and the time of the binds.
    ok(passedMs >= 750, `${passedMs} ms`);
    centre.bindStatus = 0;
    await until(() => adapter.state === 'up');
  });

  it('does not end the process for a password that SMPP cannot carry', async () => {
    context = testContext(5, { password: 'longer than eight' });
    start();
    await until(() => adapter.state === 'down');
    ok(adapter.stateWhy.includes('more than 8 characters'));
    equal(centre.binds, 0);
  });

  it('takes a new window and throughput without touching its binds', async () => {
    start();
    centre.answer = () => undefined;
    await until(() => adapter.state === 'up');
    send(1);
    adapter.reconfigure({
      host: '127.0.0.1',
      port,
      systemId: 'us',
      reconnectMinMs: 100,
      reconnectMaxMs: 400,
      window: 5,
    });
    equal(adapter.capacity(context.clock.monotonicMs()), 4);
    equal(adapter.windowMax, 5);
    equal(centre.binds, 1);
    equal(events.outcomes, 0);
  });

  it('moves to other binds when where or who changes, and keeps the answers of the old ones', async () => {
    start();
    centre.answer = () => undefined;
    await until(() => adapter.state === 'up');
    send(1);
    await until(() => centre.messages.length === 1);
    adapter.reconfigure({ host: '127.0.0.1', port, systemId: 'others', reconnectMinMs: 100, reconnectMaxMs: 400 });
    await until(() => centre.binds === 2 && adapter.state === 'up');
    const { session, sequence } = centre.messages[0]!;
    session.respond(Command.submit_sm_resp, 0, sequence, '7');
    await until(() => events.outcomes === 1);
    equal(events.accepts[0]?.id, '7');
    await until(() => centre.sessions.length === 1);
  });

  it('waits for answers before it unbinds, and hands back the rest at the deadline', async () => {
    start();
    centre.answer = () => undefined;
    await until(() => adapter.state === 'up');
    send(1);
    send(2);
    await until(() => centre.messages.length === 2);
    const closing = adapter.close(300);
    equal(adapter.state, 'draining');
    equal(adapter.capacity(context.clock.monotonicMs()), 0);
    centre.messages[0]!.session.respond(Command.submit_sm_resp, 0, centre.messages[0]!.sequence, '7');
    await until(() => events.accepts.length === 1);
    await until(() => adapter.state === 'down');
    await closing;
    deepEqual(
      events.losses.map((one) => [one.message.key, one.why]),
      [[2, 'link-lost']],
    );
  });
});
