// What strangers and broken peers send, in one test per hazard.

import { deepEqual, equal, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { Command, Status } from '#smpp';
import { turns } from '../../../../support/duplex-pair.js';
import { Bench, bindBody, boundEsme, pdu, submitBody } from './harness.js';

const SEED = process.env['SEED'] === undefined ? undefined : Number(process.env['SEED']);
const runs = { numRuns: 60, ...(SEED === undefined ? {} : { seed: SEED }) };
const header = (length: number): Buffer => {
  const octets = pdu(Command.enquire_link, 5);
  octets.writeUInt32BE(length >>> 0, 0);
  return octets;
};

describe('SMPP session: hazards of framing', () => {
  it('H1: answers an HTTP request on the port with generic_nack ESME_RINVCMDLEN and closes', async () => {
    const bench = new Bench();
    await bench.send(Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'));
    const [nack] = bench.got();
    deepEqual([nack?.command, nack?.status], ['generic_nack', Status.ESME_RINVCMDLEN]);
    ok(bench.hasEnded);
    bench.wire.end();
    await turns();
    deepEqual(bench.handler.closes, [{ why: 'framing', unanswered: [] }]);
  });

  it('H2: nacks and closes on command_length 0, 3, 4 and 15, and on the largest there is', async () => {
    for (const length of [0, 3, 4, 15, 66_561, 0xffffffff]) {
      const bench = await new Bench().bound();
      await bench.send(pdu(Command.enquire_link, 4), header(length), pdu(Command.enquire_link, 6));
      deepEqual(
        bench.got().map((one) => [one.command, one.status, one.sequence]),
        [
          ['enquire_link_resp', 0, 4],
          ['generic_nack', Status.ESME_RINVCMDLEN, 5],
        ],
        `command_length ${length}`,
      );
      ok(bench.hasEnded, `command_length ${length}`);
    }
  });

  it('H4: closes without a word when the link ends inside a PDU', async () => {
    for (const left of [1, 3, 15]) {
      const bench = await new Bench().bound();
      bench.wire.end(pdu(Command.enquire_link, 5).subarray(0, left));
      await turns();
      deepEqual(bench.got(), []);
      deepEqual(bench.handler.closes, [{ why: 'peer-closed', unanswered: [] }]);
    }
  });

  it('H7: takes a legal PDU of 64 KiB, and its limit belongs to the session alone', async () => {
    const big = pdu(Command.submit_sm, 3, Buffer.alloc(65_536));
    const wide = await new Bench().bound();
    const narrow = await new Bench({ pduBytesMax: 16_384 }).bound();
    await wide.send(big);
    await narrow.send(big);
    deepEqual(wide.handler.requests, [{ commandId: Command.submit_sm, sequence: 3 }]);
    equal(narrow.got()[0]?.status, Status.ESME_RINVCMDLEN);
  });

  it('understands a conversation that comes one octet at a time', async () => {
    const bench = new Bench();
    bench.handler.onRequest = (session, view): void => {
      if (view.commandId === Command.bind_transceiver) session.bound('bound-trx', 0x34);
      session.respond(view.commandId + 0x80000000, 0, view.sequenceNumber, 'id');
    };
    const script = [pdu(9, 1, bindBody), pdu(4, 2, submitBody), pdu(0x15, 3), pdu(0xff, 4), pdu(6, 5)];
    for (const octet of Buffer.concat(script)) bench.wire.write(Buffer.from([octet]));
    await turns(300);
    deepEqual(
      bench.got().map((one) => one.command),
      ['bind_transceiver_resp', 'submit_sm_resp', 'enquire_link_resp', 'generic_nack', 'unbind_resp'],
    );
  });

  it('never throws on random octets, keeps no more than one PDU of them, and closes or stays in step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 12 }), async (pieces) => {
        const bench = await new Bench({ pduBytesMax: 512 }).bound();
        for (const piece of pieces) bench.wire.write(Buffer.from(piece));
        await turns();
        deepEqual(bench.handler.faults, []);
        await bench.pass(40_000, 1_000);
        // Silence follows: whatever came, a session that heard nothing sensible is gone by its timers.
        equal(bench.state, 'closed');
      }),
      runs,
    );
  });

  it('never throws on whole PDUs of random content, and hears the next one', async () => {
    const anyPdu = fc.record({
      command: fc.oneof(
        fc.constantFrom(1, 2, 3, 4, 5, 7, 8, 9, 0xb, 0x15, 0x21, 0x102, 0x103, 0x111),
        fc.constantFrom(0x80000000, 0x80000004, 0x80000005, 0x80000015, 0x80000006),
        fc.nat(0x7fffffff),
      ),
      sequence: fc.nat(0xffffffff),
      body: fc.uint8Array({ maxLength: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyPdu, { maxLength: 20 }), async (pdus) => {
        const bench = await new Bench().bound();
        bench.ask(Command.deliver_sm, 'r');
        await bench.send(...pdus.map((one) => pdu(one.command, one.sequence, Buffer.from(one.body))));
        if (pdus.some((one) => one.command === Command.unbind)) return;
        bench.got();
        await bench.send(pdu(Command.enquire_link, 77));
        deepEqual(bench.got(), [{ command: 'enquire_link_resp', status: 0, sequence: 77 }]);
        deepEqual(bench.handler.faults, []);
      }),
      runs,
    );
  });
});

describe('SMPP session: hazards of time', () => {
  it('H5: closes a connection that never binds', async () => {
    const bench = new Bench();
    await bench.pass(4_900);
    equal(bench.state, 'open');
    await bench.send(pdu(Command.enquire_link, 1));
    await bench.pass(200);
    bench.wire.end();
    await turns();
    deepEqual(bench.handler.closes, [{ why: 'init-timeout', unanswered: [] }]);
  });

  it('H5: does not blame a peer for the time that we take to judge its bind', async () => {
    const bench = new Bench();
    await bench.send(pdu(Command.bind_transceiver, 1, bindBody));
    await bench.pass(20_000);
    equal(bench.state, 'binding');
  });

  it('H5: destroys a slow loris that sends a PDU octet by octet for ever', async () => {
    const bench = await new Bench().bound();
    const octets = pdu(Command.submit_sm, 2, submitBody);
    for (let at = 0; at < 30 && bench.state !== 'closed'; at++) {
      bench.wire.write(octets.subarray(at, at + 1));
      await bench.pass(200);
    }
    deepEqual(bench.handler.closes, [{ why: 'read-stall', unanswered: [] }]);
    ok(bench.nowMs < 1_000 + 4_000);
  });

  it('does not mistake a busy peer whose reads end inside PDUs for a slow loris', async () => {
    const bench = await new Bench().bound();
    const octets = pdu(Command.enquire_link, 2);
    bench.wire.write(octets.subarray(0, 5));
    for (let at = 0; at < 60; at++) {
      await bench.send(octets.subarray(5), octets.subarray(0, 5));
      await bench.pass(100);
    }
    equal(bench.state, 'bound-trx');
  });

  it('H5: asks a silent peer with enquire_link and destroys it when no answer comes', async () => {
    const bench = await new Bench().bound();
    bench.ask(Command.deliver_sm, 'r');
    await bench.pass(30_100, 1_000);
    equal(bench.got().at(-1)?.command, 'enquire_link');
    await bench.pass(5_100);
    deepEqual(bench.handler.closes, [{ why: 'enquire-unanswered', unanswered: [] }]);
    deepEqual(bench.handler.expirations, ['r']);
  });

  it('keeps a peer that answers enquire_link, with its response or with generic_nack', async () => {
    for (const command of [Command.enquire_link_resp, Command.generic_nack]) {
      const bench = await new Bench().bound();
      await bench.pass(30_100, 1_000);
      await bench.send(pdu(command, bench.got()[0]!.sequence));
      await bench.pass(20_000, 1_000);
      equal(bench.state, 'bound-trx');
      equal(bench.session.counters.unexpectedIn, 0);
    }
  });

  it('does not take another answer for that of its enquire_link', async () => {
    const bench = await new Bench().bound();
    await bench.pass(30_100, 1_000);
    await bench.send(pdu(Command.enquire_link_resp, 999));
    await bench.pass(5_100);
    equal(bench.handler.closes[0]?.why, 'enquire-unanswered');
  });

  it('closes a bind that does no work for the inactivity time, whatever its enquire_links', async () => {
    const bench = await new Bench({ inactivityMs: 60_000, enquireLinkMs: 0 }).bound();
    await bench.send(pdu(Command.submit_sm, 2, submitBody));
    for (let at = 0; at < 59; at++) {
      await bench.send(pdu(Command.enquire_link, at + 3));
      await bench.pass(1_000, 1_000);
    }
    equal(bench.state, 'bound-trx');
    await bench.pass(2_000, 1_000);
    bench.wire.end();
    await turns();
    equal(bench.handler.closes[0]?.why, 'inactive');
  });

  it('does not blame a peer for silence while we do not read it', async () => {
    const bench = await new Bench().bound();
    bench.session.pauseReading();
    await bench.pass(60_000, 1_000);
    equal(bench.state, 'bound-trx');
    bench.session.resumeReading();
    await bench.pass(29_000, 1_000);
    deepEqual(bench.got(), []);
    await bench.pass(2_000, 1_000);
    equal(bench.got()[0]?.command, 'enquire_link');
  });
});

describe('SMPP session: hazards of a peer that does not read', () => {
  const enquireLinks = (count: number): Buffer =>
    Buffer.concat(Array.from({ length: count }, (_, at) => pdu(Command.enquire_link, at + 2)));

  it('H6: reads it no further above the limit, keeps memory bounded, and cuts it off', async () => {
    const bench = await new Bench({ outboundBytesMax: 16_384, outboundBytesFatal: 262_144 }).bound();
    bench.wire.hold();
    for (let at = 0; at < 200; at++) {
      bench.wire.write(enquireLinks(100));
      await turns(1);
    }
    await turns();
    ok(bench.session.outboundBytes < 32_768, `${bench.session.outboundBytes} octets wait`);
    ok(bench.own.isPaused());
    await bench.pass(3_100);
    deepEqual(bench.handler.closes, [{ why: 'write-stall', unanswered: [] }]);
  });

  it('goes on where it was when the peer reads again, and answers everything', async () => {
    const bench = await new Bench({ outboundBytesMax: 16_384 }).bound();
    bench.wire.hold();
    for (let at = 0; at < 30; at++) {
      bench.wire.write(enquireLinks(100));
      await turns(1);
    }
    bench.wire.release();
    await turns(60);
    equal(bench.got().length, 3_000);
    equal(bench.session.outboundBytes, 0);
    equal(bench.state, 'bound-trx');
  });

  it('takes no request while the buffer is above its limit, and says when it is below again', async () => {
    const bench = await boundEsme({ outboundBytesMax: 1_000, windowMax: 1_000 });
    bench.wire.hold();
    let asked = 0;
    while (bench.ask(Command.submit_sm, asked) >= 0) asked++;
    ok(asked < 70);
    equal(bench.session.windowFree, 0);
    bench.wire.release();
    await turns();
    equal(bench.handler.writableCount, 1);
    equal(bench.session.windowFree, 1_000 - asked);
  });

  it('destroys a session whose owner goes on answering above the fatal limit', async () => {
    const bench = await new Bench({ outboundBytesMax: 1_000, outboundBytesFatal: 4_000 }).bound();
    bench.wire.hold();
    for (let at = 0; at < 300; at++) bench.session.respond(Command.submit_sm_resp, 0, at, 'an id');
    await turns();
    deepEqual(bench.handler.closes, [{ why: 'outbound-overflow', unanswered: [] }]);
  });
});
