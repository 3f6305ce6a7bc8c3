import assert from 'node:assert/strict';
import { Esme } from '../support/esme.js';
import { Kannel } from '../support/kannel.js';
import { NodeSmppCentre } from '../support/node-smpp-pair.js';
import { requirePeers } from '../support/require-peer.js';
import { ACME } from '../support/small-world.js';
import { SwitchProcess } from '../support/switch-process.js';
import { type Dissection, SmppCapture } from '../support/tshark.js';
import { untilTrue } from '../support/until.js';

const ROK = 0;
const RINVPASWD = 0x0e;
const RINVSRCADR = 0x0a;
const SUBMIT_SM = 0x4;
const DELIVER_SM = 0x5;
const DELIVERED = 1;

describe('peers that share no code with the switch', function () {
  this.timeout(120_000);
  before(requirePeers('kannel', 'tshark'));

  const centre = new NodeSmppCentre({ idPrefix: 'up-' });
  let matrioska: SwitchProcess;
  let capture: SmppCapture;
  const ids: string[] = [];

  before(async () => {
    const upstreamPort = await centre.listen();
    matrioska = await SwitchProcess.start();
    capture = await SmppCapture.start([matrioska.smppPort, upstreamPort]);
    await matrioska.provision([{ id: 'north', port: upstreamPort }]);
  });
  after(async () => {
    await matrioska.remove();
    await centre.close();
  });

  const bind = (kind: 'transmitter' | 'receiver' | 'transceiver'): Promise<Esme> =>
    Esme.bind({ port: matrioska.smppPort, ...ACME, kind });

  it('node-smpp as a transceiver: id at once, receipt on the same bind', async () => {
    const esme = await bind('transceiver');
    assert.equal(esme.bindStatus, ROK);
    const answer = await esme.submit('34600000001', 'hello');
    assert.equal(answer.status, ROK);
    await esme.waitForReceipts([answer.id]);
    assert.deepEqual(esme.receipts, [{ id: answer.id, state: 'DELIVRD' }]);
    assert.equal(centre.texts.at(-1), 'hello');
    ids.push(answer.id);
    await esme.unbind();
  });

  it('node-smpp as transmitter and receiver: the receipt comes on the receiver', async () => {
    const [tx, rx] = [await bind('transmitter'), await bind('receiver')];
    const answer = await tx.submit('34600000002', 'over two binds');
    assert.equal(answer.status, ROK);
    await rx.waitForReceipts([answer.id]);
    assert.deepEqual(tx.receipts, []);
    ids.push(answer.id);
    await Promise.all([tx.unbind(), rx.unbind()]);
  });

  it('node-smpp with a wrong password or a foreign sender is told so by its status', async () => {
    const stranger = await Esme.bind({ port: matrioska.smppPort, systemId: ACME.systemId, password: 'wrong' });
    assert.equal(stranger.bindStatus, RINVPASWD);
    stranger.destroy();
    const esme = await bind('transceiver');
    const { status } = await esme.submit('34600000003', 'hello', { source_addr: 'NOTMINE' });
    assert.equal(status, RINVSRCADR);
    await esme.unbind();
  });

  for (const isTransceiver of [true, false]) {
    it(`Kannel with ${isTransceiver ? 'one transceiver' : 'a transmitter and a receiver'}: texts arrive whole and receipts reach its dlr-url`, async () => {
      const kannel = await Kannel.start({ port: matrioska.smppPort, ...ACME, isTransceiver });
      try {
        await kannel.waitForBind(20_000);
        const texts = [
          { tag: 'gsm7', text: 'plain text, 10 € @ £', coding: 0 as const, parts: 1 },
          { tag: 'ucs2', text: 'привет 👋🏽 ñandú', coding: 2 as const, parts: 1 },
          { tag: 'long', text: 'four parts of text. '.repeat(26), coding: 0 as const, parts: 4 },
        ];
        for (const { tag, text, coding, parts } of texts) {
          const from = centre.submitted.length;
          const sent = await kannel.send({ from: 'ACME', to: '+34600000004', text, coding, tag });
          assert.equal(sent.status, 202, sent.body);
          await centre.waitForSubmitted(from + parts);
          assert.equal(centre.texts.slice(from).join(''), text, `${tag} arrives as it was sent, its parts in order`);
          const report = await kannel.waitForReport(tag, DELIVERED, 15_000);
          assert.match(report.answer, /stat:DELIVRD/);
        }
      } finally {
        await kannel.close();
      }
    });
  }

  describe('as the dissector of Wireshark reads the wire', () => {
    let seen: Dissection;
    before(async () => {
      await untilTrue(10_000, 'all receipts are acknowledged upstream', () => centre.acknowledged.length >= 14);
      seen = await capture.stop();
    });

    it('no PDU is malformed, and none was missed', () => {
      assert.equal(seen.malformedCount, 0, seen.malformed.join('\n'));
      assert.equal(seen.droppedCount, 0);
    });

    it('the ids are those that the peers were given, on both sides', () => {
      for (const id of [...ids, 'up-1', 'up-2']) assert.ok(seen.messageIds.includes(id), `${id} is on the wire`);
    });

    it('every message passed twice, towards the switch and on, and every receipt that was asked for', () => {
      const carried = centre.submitted.length;
      assert.equal(carried, 14);
      // One more was refused for its sender.
      assert.equal(seen.commands.get(SUBMIT_SM), 2 * carried + 1);
      // The switch asks for the receipt of every part; Kannel only for that of the last one.
      assert.equal(seen.commands.get(DELIVER_SM), carried + carried - 2 * 3);
      assert.deepEqual([...new Set(seen.faultStatuses)].sort(), [RINVSRCADR, RINVPASWD]);
    });
  });
});
