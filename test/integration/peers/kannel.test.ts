import assert from 'node:assert/strict';
import { Kannel } from '../../support/kannel.js';
import { NodeSmppCentre } from '../../support/node-smpp-pair.js';
import { requirePeers } from '../../support/require-peer.js';

const ACCEPTED = 8;
const DELIVERED = 1;

describe('Kannel as an ESME', function () {
  this.timeout(60_000);
  before(requirePeers('kannel'));

  const centre = new NodeSmppCentre();
  let kannel: Kannel;
  before(async () => {
    kannel = await Kannel.start({ port: await centre.listen(), systemId: 'kannel', password: 'secret' });
    await kannel.waitForBind(20_000);
  });
  after(async () => {
    await kannel.close();
    await centre.close();
  });

  it('binds as a transceiver with SMPP 3.4', () => {
    assert.equal(centre.binds.length, 1);
    assert.equal(centre.binds[0]!.command, 'bind_transceiver');
    assert.equal(centre.binds[0]!['interface_version'], 0x34);
  });

  it('sends a message and reports first its acceptance, then its delivery', async () => {
    const sent = await kannel.send({ from: 'ACME', to: '34600000001', text: 'hello', tag: 'one' });
    assert.equal(sent.status, 202, sent.body);
    await kannel.waitForReport('one', ACCEPTED, 10_000);
    const delivered = await kannel.waitForReport('one', DELIVERED, 10_000);
    assert.match(delivered.answer, /stat:DELIVRD/);
    assert.equal(centre.submitted[0]!['destination_addr'], '34600000001');
  });

  it('hands an incoming message to the sink', async () => {
    centre.deliver({ source_addr: '34600000002', destination_addr: '2020', short_message: 'good day' });
    await kannel.waitForIncoming(1, 10_000);
    assert.deepEqual(kannel.incoming[0], { from: '34600000002', to: '2020', text: 'good day' });
  });

  it('splits a long text into parts', async () => {
    const before = centre.submitted.length;
    const sent = await kannel.send({ from: 'ACME', to: '34600000003', text: 'x'.repeat(300), tag: 'long' });
    assert.equal(sent.status, 202, sent.body);
    await kannel.waitForReport('long', DELIVERED, 10_000);
    assert.equal(centre.submitted.length - before, 2);
  });
});
