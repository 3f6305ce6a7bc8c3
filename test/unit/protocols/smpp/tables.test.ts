import assert from 'node:assert/strict';
import smpp from 'smpp';
import {
  Command,
  commandName,
  isResponse,
  pduLayout,
  pduLayouts,
  responseOf,
  Status,
  statusName,
  Tlv,
  tlvLayout,
  tlvName,
} from '#smpp';
import * as oracle from '../../../support/node-smpp-tables.js';

const tags: Readonly<Record<string, number | undefined>> = Tlv;
const statuses: Readonly<Record<string, number | undefined>> = Status;

describe('SMPP tables', () => {
  it('lays out every command of 3.4 and 5.0, and nothing else', () => {
    assert.deepEqual(
      pduLayouts.map((layout) => layout.commandId).sort((a, b) => a - b),
      Object.values(Command).sort((a, b) => a - b),
    );
  });

  it('agrees with node-smpp on every command_id', () => {
    assert.ok(oracle.commandIds.size > 25);
    for (const [name, id] of oracle.commandIds) assert.equal(Command[name as keyof typeof Command], id, name);
  });

  it('agrees with node-smpp on the order of the fields', () => {
    for (const layout of pduLayouts) {
      const theirs = oracle.fieldNames(layout.name);
      assert.deepEqual(
        layout.fields.map((field) => field.name),
        theirs,
        layout.name,
      );
    }
  });

  it('agrees with node-smpp on the number of every tag both know', () => {
    let compared = 0;
    for (const [name, tag] of oracle.tlvTags) {
      const ours = tags[name === 'dest_port' ? 'destination_port' : name];
      if (ours === undefined) continue;
      assert.equal(ours, tag, name);
      compared++;
    }
    assert.ok(compared > 55, `${compared} tags compared`);
  });

  it('agrees with node-smpp on the number of every status both know', () => {
    let compared = 0;
    for (const [name, value] of Object.entries(smpp.errors)) {
      const ours = statuses[name];
      if (ours === undefined) continue;
      assert.equal(ours, value, name);
      compared++;
    }
    assert.ok(compared > 55, `${compared} statuses compared`);
  });

  it('names what it knows and numbers what it does not', () => {
    assert.equal(commandName(Command.submit_sm), 'submit_sm');
    assert.equal(commandName(0xff), '0x000000ff');
    assert.equal(statusName(Status.ESME_RTHROTTLED), 'ESME_RTHROTTLED');
    assert.equal(statusName(0x401), '0x00000401');
    assert.equal(tlvName(Tlv.message_payload), 'message_payload');
    assert.equal(tlvName(0x1400), '0x1400');
  });

  it('gives every standard tag a layout, and a vendor tag none', () => {
    for (const tag of Object.values(Tlv)) assert.ok(tlvLayout(tag) !== undefined);
    assert.equal(tlvLayout(0x1400), undefined);
    assert.equal(pduLayout(0x7fff), undefined);
  });

  it('answers a request with its own response', () => {
    assert.equal(responseOf(Command.submit_sm), Command.submit_sm_resp);
    assert.ok(isResponse(Command.generic_nack));
    assert.ok(!isResponse(Command.data_sm));
  });
});
