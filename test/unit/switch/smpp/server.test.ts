// The door: who may bind, what a bind may do, and who gets receipts. Over loopback sockets.

import assert from 'node:assert/strict';
import { MessageState, parseMessageId } from '#core';
import { Command, encodeMessageBody, messageBodyBytesMax, Status, type MessageInput } from '#smpp';
import { DESTINATION, NODE, SENDER, type WorldOptions } from '../../../support/message-world.js';
import { Door, until } from './harness.js';

function messageBody(command: number, over: Partial<MessageInput> = {}): Buffer {
  const input: MessageInput = {
    source: SENDER,
    sourceTon: 5,
    destination: DESTINATION,
    registeredDelivery: 1,
    shortMessage: Buffer.from('hello'),
    ...over,
  };
  const body = Buffer.alloc(messageBodyBytesMax(input));
  return body.subarray(0, encodeMessageBody(command, input, body, 0));
}

const SUBMIT = messageBody(Command.submit_sm);

describe('the SMPP door', () => {
  let door: Door;
  const open = async (options: WorldOptions = {}): Promise<Door> => (door = await new Door(options).open());
  afterEach(() => door.close());

  it('lets an account in by each kind of bind', async () => {
    await open();
    for (const kind of ['tx', 'rx', 'trx'] as const) {
      const esme = await door.esme();
      assert.equal(await esme.bind(kind), Status.ESME_ROK);
    }
    assert.equal(door.server.boundSessions, 3);
  });

  it('says who it is and which version it speaks', async () => {
    await open();
    const answer = await (await door.esme()).ask(Command.bind_transmitter, 'esme\0secret12\0\0\x34\0\0\0');
    assert.equal(answer.body.toString('latin1'), 'matrioska\0\x02\x10\0\x01\x34');
  });

  it('refuses a wrong password, and lets the same link try again', async () => {
    await open();
    const esme = await door.esme();
    assert.equal(await esme.bind('trx', 'wrong'), Status.ESME_RINVPASWD);
    assert.equal(await esme.bind('trx'), Status.ESME_ROK);
  });

  it('refuses a wrong password also when the right one is remembered', async () => {
    await open();
    await door.bound();
    assert.equal(await (await door.esme()).bind('trx', 'wrong'), Status.ESME_RINVPASWD);
  });

  it('refuses an unknown system_id', async () => {
    await open();
    assert.equal(await (await door.esme()).bind('trx', 'secret12', 'nobody'), Status.ESME_RINVSYSID);
  });

  it('locks out who guesses, longer each time, and not for ever', async () => {
    await open();
    const esme = await door.esme();
    for (let i = 0; i < 5; i++) assert.equal(await esme.bind('trx', 'wrong'), Status.ESME_RINVPASWD);
    assert.equal(await esme.bind('trx'), Status.ESME_RBINDFAIL, 'even with the right password');
    door.world.clock.advance(5_000);
    assert.equal(await esme.bind('trx', 'wrong'), Status.ESME_RINVPASWD);
    door.world.clock.advance(5_000);
    assert.equal(await esme.bind('trx'), Status.ESME_RBINDFAIL, 'ten seconds now');
    door.world.clock.advance(5_000);
    assert.equal(await esme.bind('trx'), Status.ESME_ROK);
  });

  it('lets in only from the addresses that the account allows', async () => {
    await open({ over: { account: { allowFrom: ['192.0.2.0/24'] } } });
    const esme = await door.esme();
    assert.equal(await esme.bind(), Status.ESME_RBINDFAIL);
    door.change('account', 'account', { allowFrom: ['127.0.0.0/8'] });
    assert.equal(await esme.bind(), Status.ESME_ROK);
  });

  it('lets in only by the kinds of bind that the account may use', async () => {
    await open({ over: { account: { bindKinds: ['tx'] } } });
    assert.equal(await (await door.esme()).bind('rx'), Status.ESME_RBINDFAIL);
    assert.equal(await (await door.esme()).bind('tx'), Status.ESME_ROK);
  });

  it('holds an account to its number of binds, and frees the place of one that left', async () => {
    await open({ over: { account: { bindMax: 2 } } });
    const first = await door.bound();
    await door.bound();
    assert.equal(await (await door.esme()).bind(), Status.ESME_RALYBND);
    first.socket.destroy();
    await until(() => door.server.bindsOf(door.world.account) === 1);
    assert.equal(await (await door.esme()).bind(), Status.ESME_ROK);
  });

  it('unbinds a disabled account, and the accounts of a disabled tenant, at the next tick', async () => {
    for (const [kind, id] of [
      ['account', 'account'],
      ['tenant', 'region'],
    ] as const) {
      await open();
      const esme = await door.bound();
      door.change(kind, id, { enabled: false });
      door.server.tick(door.world.clock.monotonicMs());
      assert.equal((await esme.next())?.commandId, Command.unbind);
      assert.equal((await esme.ask(Command.submit_sm, SUBMIT)).status !== 0, true);
      assert.equal(await (await door.esme()).bind(), Status.ESME_RBINDFAIL);
      if (id === 'account') await door.close();
    }
  });

  it('answers a second bind on a bound link with ESME_RALYBND and keeps the first', async () => {
    await open();
    const esme = await door.bound();
    assert.equal(await esme.bind(), Status.ESME_RALYBND);
    assert.equal((await esme.ask(Command.submit_sm, SUBMIT)).status, Status.ESME_ROK);
  });

  it('answers a submit_sm before the bind, and one on a receiver, with ESME_RINVBNDSTS', async () => {
    await open();
    const esme = await door.esme();
    assert.equal((await esme.ask(Command.submit_sm, SUBMIT)).status, Status.ESME_RINVBNDSTS);
    const receiver = await door.bound('rx');
    assert.equal((await receiver.ask(Command.submit_sm, SUBMIT)).status, Status.ESME_RINVBNDSTS);
    assert.equal(door.world.flow.counters.accepted, 0);
  });

  it('answers a submit_sm with the id of the message, only once it is durable', async () => {
    await open();
    const esme = await door.bound('tx');
    door.isHeld = true;
    esme.send(Command.submit_sm, SUBMIT);
    await until(() => door.world.flow.open.size === 1);
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(esme.unread, 0);
    door.isHeld = false;
    const { status, body } = (await esme.next())!;
    assert.equal(status, Status.ESME_ROK);
    assert.equal(parseMessageId(body.latin1Slice(0, body.length - 1))?.node, NODE);
  });

  it('answers ESME_RSYSERR when the disk refuses the message, and goes on when it takes messages again', async () => {
    await open();
    const esme = await door.bound('tx');
    door.world.disk.isFull = true;
    assert.equal((await esme.ask(Command.submit_sm, SUBMIT)).status, Status.ESME_RSYSERR);
    door.world.disk.isFull = false;
    await until(() => door.world.store.journal.state === 'ok');
    assert.equal((await esme.ask(Command.submit_sm, SUBMIT)).status, Status.ESME_ROK);
  });

  it('returns no body with a refusal', async () => {
    await open();
    const esme = await door.bound('tx');
    const answer = await esme.ask(Command.submit_sm, messageBody(Command.submit_sm, { source: 'Foreign' }));
    assert.equal(answer.status, Status.ESME_RINVSRCADR);
    assert.equal(answer.body.length, 0);
  });

  it('takes a data_sm as the submit_sm that says the same', async () => {
    await open();
    const esme = await door.bound();
    const answer = await esme.ask(Command.data_sm, messageBody(Command.data_sm));
    assert.equal(answer.commandId, Command.data_sm_resp);
    assert.equal(answer.status, Status.ESME_ROK);
    await until(() => door.world.cheap.sent.length === 1);
    const sent = door.world.cheap.inFlight[0]!;
    assert.equal(sent.destination, DESTINATION);
    assert.equal(sent.body.includes('hello'), true);
  });

  it('refuses a data_sm with an address that no submit_sm can hold, and stays bound', async () => {
    await open();
    const esme = await door.bound();
    const long = '4'.repeat(40);
    const from = await esme.ask(Command.data_sm, messageBody(Command.data_sm, { source: long }));
    const to = await esme.ask(Command.data_sm, messageBody(Command.data_sm, { destination: long }));
    assert.deepEqual([from.status, to.status], [Status.ESME_RINVSRCADR, Status.ESME_RINVDSTADR]);
    assert.equal((await esme.ask(Command.data_sm, messageBody(Command.data_sm))).status, Status.ESME_ROK);
  });

  it('tells ESME_RTHROTTLED above the account window, and goes on below it', async () => {
    await open({ over: { account: { windowMax: 2 } } });
    const esme = await door.bound('tx');
    door.isHeld = true;
    for (let i = 0; i < 3; i++) esme.send(Command.submit_sm, SUBMIT);
    assert.equal((await esme.next())?.status, Status.ESME_RTHROTTLED);
    door.isHeld = false;
    assert.equal((await esme.next())?.status, Status.ESME_ROK);
    assert.equal((await esme.next())?.status, Status.ESME_ROK);
    assert.equal((await esme.ask(Command.submit_sm, SUBMIT)).status, Status.ESME_ROK);
  });

  it("answers what it does not carry out with that command's own failure, and stays bound", async () => {
    await open();
    const esme = await door.bound();
    const table = [
      [Command.query_sm, Command.query_sm_resp, Status.ESME_RQUERYFAIL],
      [Command.cancel_sm, Command.cancel_sm_resp, Status.ESME_RCANCELFAIL],
      [Command.replace_sm, Command.replace_sm_resp, Status.ESME_RREPLACEFAIL],
      [Command.submit_multi, Command.submit_multi_resp, Status.ESME_RSUBMITFAIL],
      [0xff, Command.generic_nack, Status.ESME_RINVCMDID],
    ] as const;
    for (const [command, response, status] of table) {
      const answer = await esme.ask(command, 'x\0');
      assert.equal(answer.commandId, response);
      assert.equal(answer.status, status);
    }
    assert.equal((await esme.ask(Command.submit_sm, SUBMIT)).status, Status.ESME_ROK);
  });

  it('sends receipts to receivers and transceivers, never to a transmitter', async () => {
    await open();
    const transmitter = await door.bound('tx');
    assert.equal((await transmitter.ask(Command.submit_sm, SUBMIT)).status, Status.ESME_ROK);
    await until(() => door.world.cheap.inFlight.length === 1);
    door.world.cheap.receipt(door.world.cheap.accept(), MessageState.delivered);
    await until(() => door.world.desk.owed.size === 1);
    assert.equal(transmitter.unread, 0);
    const receiver = await door.bound('rx');
    const receipt = await receiver.next();
    assert.equal(receipt?.commandId, Command.deliver_sm);
    receiver.send(Command.deliver_sm_resp, '\0', 0, receipt.sequence);
    await until(() => door.world.flow.receipts.counters.done === 1);
    assert.equal(transmitter.unread, 0);
  });

  it('sends a receipt again on the next bind when the link ends before the answer', async () => {
    await open();
    const first = await door.bound();
    await first.ask(Command.submit_sm, SUBMIT);
    await until(() => door.world.cheap.inFlight.length === 1);
    door.world.cheap.receipt(door.world.cheap.accept(), MessageState.delivered);
    assert.equal((await first.next())?.commandId, Command.deliver_sm);
    first.socket.destroy();
    await until(() => door.server.sessions === 0);
    const second = await door.bound('rx');
    assert.equal((await second.next())?.commandId, Command.deliver_sm);
  });

  it('gives up a receipt that the ESME says it will never take', async () => {
    await open();
    const esme = await door.bound();
    await esme.ask(Command.submit_sm, SUBMIT);
    await until(() => door.world.cheap.inFlight.length === 1);
    door.world.cheap.receipt(door.world.cheap.accept(), MessageState.delivered);
    const receipt = (await esme.next())!;
    esme.send(Command.deliver_sm_resp, '\0', Status.ESME_RX_P_APPN, receipt.sequence);
    await until(() => door.world.flow.receipts.counters.done === 1);
    assert.equal(door.world.desk.owed.size, 0);
  });

  it('unbinds everybody when it closes, and lets nobody in any more', async () => {
    await open();
    const esme = await door.bound();
    const closing = door.server.close(200);
    const unbind = (await esme.next())!;
    assert.equal(unbind.commandId, Command.unbind);
    esme.send(Command.unbind_resp, '', 0, unbind.sequence);
    await closing;
    assert.equal(door.server.sessions, 0);
  });
});
