import { deepEqual, equal, ok } from 'node:assert/strict';
import { BindFields, Command, Status } from '#smpp';
import { turns } from '../../../../support/duplex-pair.js';
import { Bench, bindBody, boundEsme, pdu, submitBody } from './harness.js';

const answer = (command: string, status: number, sequence: number) => ({ command, status, sequence });

describe('SMPP session: binding and direction', () => {
  it('is bound after an accepted bind, in the state the owner names', async () => {
    const bench = await new Bench().bound('bound-rx');
    equal(bench.state, 'bound-rx');
    equal(bench.session.interfaceVersion, 0x34);
  });

  it('H10: answers a submit_sm before the bind with ESME_RINVBNDSTS and never shows it to the owner', async () => {
    const bench = new Bench();
    await bench.send(pdu(Command.submit_sm, 7, submitBody));
    deepEqual(bench.got(), [answer('submit_sm_resp', Status.ESME_RINVBNDSTS, 7)]);
    equal(bench.handler.requests.length, 0);
    equal(bench.state, 'open');
  });

  it('H10: answers a second bind with ESME_RALYBND and stays bound', async () => {
    const bench = await new Bench().bound();
    await bench.send(pdu(Command.bind_transmitter, 2, bindBody));
    deepEqual(bench.got(), [answer('bind_transmitter_resp', Status.ESME_RALYBND, 2)]);
    equal(bench.state, 'bound-trx');
  });

  it('H10: answers a bind that comes while the first is being judged with ESME_RALYBND', async () => {
    const bench = new Bench();
    await bench.send(pdu(Command.bind_transceiver, 1, bindBody), pdu(Command.bind_transceiver, 2, bindBody));
    deepEqual(bench.got(), [answer('bind_transceiver_resp', Status.ESME_RALYBND, 2)]);
    equal(bench.handler.requests.length, 1);
  });

  it('H10: refuses a submit_sm on a receiver bind, and a deliver_sm from an ESME on any bind', async () => {
    const receiver = await new Bench().bound('bound-rx');
    await receiver.send(pdu(Command.submit_sm, 2, submitBody));
    deepEqual(receiver.got(), [answer('submit_sm_resp', Status.ESME_RINVBNDSTS, 2)]);
    const transceiver = await new Bench().bound();
    await transceiver.send(pdu(Command.deliver_sm, 3, submitBody));
    deepEqual(transceiver.got(), [answer('deliver_sm_resp', Status.ESME_RINVBNDSTS, 3)]);
    equal(transceiver.session.counters.illegalIn, 1);
  });

  it('H10: refuses a bind that a message centre sends to an ESME', async () => {
    const bench = await boundEsme();
    await bench.send(pdu(Command.bind_receiver, 5, bindBody));
    deepEqual(bench.got(), [answer('bind_receiver_resp', Status.ESME_RINVBNDSTS, 5)]);
  });

  it('does not answer an outbind or an alert_notification that is out of place', async () => {
    const bench = await new Bench().bound();
    await bench.send(pdu(Command.outbind, 2, 'mc\0pw\0'), pdu(Command.alert_notification, 3));
    deepEqual(bench.got(), []);
    equal(bench.session.counters.illegalIn, 2);
  });

  it('stays open for another try after a refused bind', async () => {
    const bench = new Bench();
    bench.handler.onRequest = (session, view): void =>
      session.respond(view.commandId + 0x80000000, Status.ESME_RINVPASWD, view.sequenceNumber);
    await bench.send(pdu(Command.bind_transmitter, 1, bindBody));
    equal(bench.state, 'open');
    await bench.bound();
    equal(bench.state, 'bound-trx');
  });

  it('binds as an ESME and tells the owner the answer', async () => {
    const bench = await boundEsme();
    equal(bench.state, 'bound-trx');
    equal(bench.handler.bindStatus, Status.ESME_ROK);
  });

  it('tells an ESME owner of a refused bind and is open again', async () => {
    const bench = new Bench({ role: 'esme' });
    bench.session.bind('transmitter', Object.assign(new BindFields(), { systemId: 'id' }));
    await turns();
    const [bind] = bench.got();
    equal(bind!.command, 'bind_transmitter');
    await bench.send(pdu(Command.bind_transmitter_resp, bind!.sequence, '', Status.ESME_RBINDFAIL));
    equal(bench.handler.bindStatus, Status.ESME_RBINDFAIL);
    equal(bench.state, 'open');
  });

  it('takes an outbind as an ESME and may then bind as a receiver', async () => {
    const bench = new Bench({ role: 'esme' });
    await bench.send(pdu(Command.outbind, 1, 'mc\0pw\0'));
    equal(bench.state, 'outbound');
    deepEqual(bench.got(), []);
    equal(bench.handler.requests[0]?.commandId, Command.outbind);
  });

  it('H22: numbers sessions process-wide, never by chance', () => {
    const first = new Bench().session.id;
    equal(new Bench().session.id, first + 1);
  });
});

describe('SMPP session: answers of its own', () => {
  it('answers enquire_link in every state without troubling the owner', async () => {
    const bench = new Bench();
    await bench.send(pdu(Command.enquire_link, 9));
    await bench.bound();
    await bench.send(pdu(Command.enquire_link, 10));
    deepEqual(bench.got(), [answer('enquire_link_resp', 0, 10)]);
    equal(bench.handler.requests.length, 0);
  });

  it('answers an unknown request with generic_nack ESME_RINVCMDID and stays bound', async () => {
    const bench = await new Bench().bound();
    await bench.send(pdu(0x000000ff, 3), pdu(0x00010200, 4), pdu(Command.enquire_link, 5));
    deepEqual(bench.got(), [
      answer('generic_nack', Status.ESME_RINVCMDID, 3),
      answer('generic_nack', Status.ESME_RINVCMDID, 4),
      answer('enquire_link_resp', 0, 5),
    ]);
    equal(bench.state, 'bound-trx');
  });

  it('H9: counts and ignores unknown responses and nacks to nothing, and answers none of them', async () => {
    const bench = await new Bench().bound();
    await bench.send(
      pdu(0x800000ff, 3),
      pdu(Command.submit_sm_resp, 4, 'x\0'),
      pdu(Command.generic_nack, 5, '', Status.ESME_RINVCMDID),
      pdu(Command.deliver_sm_resp, 0),
      pdu(Command.unbind_resp, 99),
    );
    deepEqual(bench.got(), []);
    equal(bench.session.counters.unexpectedIn, 5);
    equal(bench.state, 'bound-trx');
  });

  it('ends only its own session when the owner throws, and tells the owner', async () => {
    const bench = await new Bench().bound();
    const other = await new Bench().bound();
    bench.handler.onRequest = (): never => {
      throw new Error('owner is broken');
    };
    await bench.send(pdu(Command.submit_sm, 2, submitBody), pdu(Command.submit_sm, 3, submitBody));
    equal(bench.handler.faults.length, 1);
    equal(bench.handler.requests.length, 1);
    deepEqual(bench.handler.closes, [{ why: 'handler-fault', unanswered: [] }]);
    equal(other.state, 'bound-trx');
  });
});

describe('SMPP session: windows', () => {
  it('hands an answer to the owner with the context of its request, in any order', async () => {
    const bench = await new Bench().bound();
    const first = bench.ask(Command.deliver_sm, 'first');
    const second = bench.ask(Command.deliver_sm, 'second');
    await bench.send(pdu(Command.deliver_sm_resp, second, '\0'), pdu(Command.deliver_sm_resp, first, '\0', 8));
    deepEqual(bench.handler.responses, [
      { context: 'second', commandId: Command.deliver_sm_resp, status: 0 },
      { context: 'first', commandId: Command.deliver_sm_resp, status: 8 },
    ]);
    equal(bench.session.windowFree, 10);
  });

  it('takes a generic_nack as the answer to the request it names', async () => {
    const bench = await boundEsme();
    const sequence = bench.ask(Command.submit_sm, 'm');
    await bench.send(pdu(Command.generic_nack, sequence, '', Status.ESME_RSYSERR));
    deepEqual(bench.handler.responses, [
      { context: 'm', commandId: Command.generic_nack, status: Status.ESME_RSYSERR },
    ]);
  });

  it('does not take the response of another command as an answer', async () => {
    const bench = await boundEsme();
    const sequence = bench.ask(Command.submit_sm, 'm');
    await bench.send(pdu(Command.data_sm_resp, sequence, 'x\0'));
    equal(bench.handler.responses.length, 0);
    equal(bench.session.unanswered, 1);
  });

  it('takes no request above its window, and says when there is room again', async () => {
    const bench = await boundEsme({ windowMax: 2 });
    const sequence = bench.ask(Command.submit_sm, 1);
    bench.ask(Command.submit_sm, 2);
    equal(bench.ask(Command.submit_sm, 3), -1);
    equal(bench.session.windowFree, 0);
    await bench.send(pdu(Command.submit_sm_resp, sequence, 'x\0'));
    equal(bench.handler.writableCount, 1);
    equal(bench.session.windowFree, 1);
  });

  it('H12: reports a request without an answer as expired, once, and ignores the late answer', async () => {
    const bench = await boundEsme();
    const sequence = bench.ask(Command.submit_sm, 'm');
    await bench.pass(9_900);
    deepEqual(bench.handler.expirations, []);
    await bench.pass(200);
    deepEqual(bench.handler.expirations, ['m']);
    await bench.send(pdu(Command.submit_sm_resp, sequence, 'x\0'));
    equal(bench.handler.responses.length, 0);
    equal(bench.session.counters.unexpectedIn, 1);
  });

  it('H12: lists what was unanswered in closed exactly once, oldest first', async () => {
    const bench = await boundEsme();
    const sequences = ['a', 'b', 'c'].map((context) => bench.ask(Command.submit_sm, context));
    await bench.send(pdu(Command.submit_sm_resp, sequences[1]!, 'x\0'));
    bench.wire.destroy();
    await turns();
    bench.session.destroy('shutdown');
    bench.session.close('shutdown');
    await bench.pass(20_000);
    deepEqual(bench.handler.closes, [{ why: 'peer-closed', unanswered: ['a', 'c'] }]);
    deepEqual(bench.handler.expirations, []);
  });

  it('tells a peer above its window ESME_RTHROTTLED, and takes it again once we have answered', async () => {
    const bench = await new Bench({ peerWindowMax: 2 }).bound();
    await bench.send(...[2, 3, 4].map((sequence) => pdu(Command.submit_sm, sequence, submitBody)));
    deepEqual(bench.got(), [answer('submit_sm_resp', Status.ESME_RTHROTTLED, 4)]);
    bench.session.respond(Command.submit_sm_resp, 0, 2, '100');
    await bench.send(pdu(Command.submit_sm, 5, submitBody));
    deepEqual(bench.got(), [answer('submit_sm_resp', 0, 2)]);
    equal(bench.session.peerUnanswered, 2);
  });

  it('makes a response after the close nothing at all', async () => {
    const bench = await new Bench().bound();
    await bench.send(pdu(Command.submit_sm, 2, submitBody));
    bench.session.destroy('shutdown');
    bench.session.respond(Command.submit_sm_resp, 0, 2, '100');
    equal(bench.session.beginResponse(Command.submit_sm_resp, 0, 2, 10), -1);
    equal(bench.session.beginRequest(Command.deliver_sm, 10, 'x'), -1);
    await turns();
    deepEqual(bench.got(), []);
    equal(bench.session.outboundBytes, 0);
  });

  it('sends all PDUs of one turn in one write', async () => {
    const bench = await boundEsme({ windowMax: 1_000 });
    const writes = bench.session.writes;
    for (let at = 0; at < 500; at++) bench.ask(Command.submit_sm, at);
    await turns();
    equal(bench.session.writes, writes + 1);
    equal(bench.got().length, 500);
  });
});

describe('SMPP session: unbind', () => {
  it('answers an unbind only after the answers it owes, then closes', async () => {
    const bench = await new Bench().bound();
    await bench.send(pdu(Command.submit_sm, 2, submitBody), pdu(Command.unbind, 3));
    deepEqual(bench.got(), []);
    equal(bench.state, 'unbinding');
    bench.session.respond(Command.submit_sm_resp, 0, 2, '100');
    await turns();
    deepEqual(bench.got(), [answer('submit_sm_resp', 0, 2), answer('unbind_resp', 0, 3)]);
    ok(bench.hasEnded);
    bench.wire.end();
    await turns();
    deepEqual(bench.handler.closes, [{ why: 'peer-unbound', unanswered: [] }]);
  });

  it('unbinds after its own requests are answered, and resolves when closed', async () => {
    const bench = await boundEsme();
    const sequence = bench.ask(Command.submit_sm, 'm');
    let isDone = false;
    void bench.session.unbind(5_000).then(() => (isDone = true));
    await turns();
    deepEqual(
      bench.got().map((one) => one.command),
      ['submit_sm'],
    );
    equal(bench.ask(Command.submit_sm, 'late'), -1);
    await bench.send(pdu(Command.submit_sm_resp, sequence, 'x\0'));
    const [unbind] = bench.got();
    equal(unbind!.command, 'unbind');
    await bench.send(pdu(Command.unbind_resp, unbind!.sequence));
    bench.wire.end();
    await turns();
    ok(isDone);
    deepEqual(bench.handler.closes, [{ why: 'unbound', unanswered: [] }]);
  });

  it('unbinds at the deadline all the same, and cuts off a peer that does not answer', async () => {
    const bench = await boundEsme();
    bench.ask(Command.submit_sm, 'm');
    void bench.session.unbind(1_000);
    await bench.pass(1_100);
    equal(bench.got().at(-1)?.command, 'unbind');
    await bench.pass(5_100);
    deepEqual(bench.handler.closes, [{ why: 'unbind-unanswered', unanswered: ['m'] }]);
  });

  it('tells a peer that goes on while we drain to come back later', async () => {
    const bench = await new Bench().bound();
    bench.ask(Command.deliver_sm, 'r');
    void bench.session.unbind(5_000);
    await bench.send(pdu(Command.submit_sm, 2, submitBody));
    deepEqual(bench.got().at(-1), answer('submit_sm_resp', Status.ESME_RTHROTTLED, 2));
  });

  it('closes when both sides unbind at once', async () => {
    const bench = await boundEsme();
    void bench.session.unbind(5_000);
    await bench.send(pdu(Command.unbind, 8));
    equal(bench.got().at(-1)?.command, 'unbind_resp');
    equal(bench.state, 'closed');
  });

  it('cuts off a peer that does not close its side', async () => {
    const bench = await new Bench().bound();
    bench.own.allowHalfOpen = true;
    await bench.send(pdu(Command.unbind, 3));
    equal(bench.handler.closes.length, 0);
    await bench.pass(2_100);
    deepEqual(bench.handler.closes, [{ why: 'peer-unbound', unanswered: [] }]);
  });
});
