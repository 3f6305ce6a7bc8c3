import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import smpp, { type Pdu } from 'smpp';
import { NodeSmppCentre } from '../../support/node-smpp-pair.js';
import { requirePeers } from '../../support/require-peer.js';
import { SmppCapture } from '../../support/tshark.js';

const BIND_TRANSCEIVER = 0x9;
const SUBMIT_SM = 0x4;
const SUBMIT_SM_RESP = 0x8000_0004;

describe('the SMPP dissector as an oracle', () => {
  before(requirePeers('tshark'));

  const centre = new NodeSmppCentre();
  let port = 0;
  before(async () => {
    port = await centre.listen();
  });
  after(() => centre.close());

  it('counts the PDUs of a healthy session and finds nothing malformed', async () => {
    const capture = await SmppCapture.start([port]);
    const session = smpp.connect({ host: '127.0.0.1', port });
    await once(session, 'connect');
    await answer((done) => session.bind_transceiver({ system_id: 'probe', password: 'x' }, done));
    for (let count = 0; count < 5; count += 1) {
      await answer((done) =>
        session.submit_sm({ source_addr: 'ACME', destination_addr: '34600000001', short_message: 'hello' }, done),
      );
    }
    await answer((done) => session.unbind({}, done));
    session.destroy();
    const seen = await capture.stop();
    assert.equal(seen.malformedCount, 0, seen.malformed.join('\n'));
    assert.equal(seen.droppedCount, 0);
    assert.equal(seen.commands.get(BIND_TRANSCEIVER), 1);
    assert.equal(seen.commands.get(SUBMIT_SM), 5);
    assert.equal(seen.commands.get(SUBMIT_SM_RESP), 5);
    assert.deepEqual(seen.messageIds, ['centre-1', 'centre-2', 'centre-3', 'centre-4', 'centre-5']);
  });

  it('finds a submit_sm that is cut short', async () => {
    const capture = await SmppCapture.start([port]);
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const body = Buffer.from('00010141434d4500010133343630', 'hex');
    const header = Buffer.alloc(16);
    header.writeUInt32BE(16 + body.length, 0);
    header.writeUInt32BE(SUBMIT_SM, 4);
    header.writeUInt32BE(1, 12);
    socket.on('error', () => undefined);
    socket.write(Buffer.concat([header, body]));
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    const seen = await capture.stop();
    assert.ok(seen.malformedCount >= 1, 'the dissector saw nothing wrong');
  });
});

function answer(send: (done: (pdu: Pdu) => void) => void): Promise<Pdu> {
  return new Promise((resolve) => send(resolve));
}
