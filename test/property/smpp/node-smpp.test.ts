import assert from 'node:assert/strict';
import fc from 'fast-check';
import smpp from 'smpp';
import { Command, commandName, decodePdu, encodePdu, pduLayout, type FieldValue } from '#smpp';
import { octets } from './arbitraries.js';
import { seededRun } from './seed.js';

/** Where node-smpp is right: 7-bit text, no UDH, no times, binary data_coding, status 0, TLVs it knows. */
const digits = (lengthMax: number): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0x21, max: 0x7e }), { maxLength: lengthMax })
    .map((codes) => String.fromCharCode(...codes));
const u8 = fc.integer({ min: 0, max: 255 });

const plainCommands = [
  Command.bind_transceiver,
  Command.bind_transceiver_resp,
  Command.outbind,
  Command.submit_sm,
  Command.submit_sm_resp,
  Command.deliver_sm,
  Command.data_sm,
  Command.data_sm_resp,
  Command.query_sm,
  Command.cancel_sm,
  Command.replace_sm,
  Command.alert_notification,
  Command.enquire_link,
  Command.unbind,
] as const;

function plainFields(commandId: number): fc.Arbitrary<Record<string, FieldValue>> {
  const values = pduLayout(commandId)!.fields.map((field): [string, fc.Arbitrary<FieldValue>] => {
    if (field.name === 'esm_class') return [field.name, fc.constant(0)];
    if (field.name === 'data_coding') return [field.name, fc.constant(4)];
    if (field.type === 'u8') return [field.name, u8];
    if (field.type === 'time') return [field.name, fc.constant('')];
    if (field.type === 'octets') return [field.name, octets(254)];
    return [field.name, digits(field.octetsMax - 1)];
  });
  return fc.record(Object.fromEntries(values), { noNullPrototype: true });
}

const plainPdu = fc.constantFrom(...plainCommands).chain((commandId) =>
  fc.record({
    commandId: fc.constant(commandId),
    sequenceNumber: fc.integer({ min: 1, max: 0x7fffffff }),
    fields: plainFields(commandId),
  }),
);

/** node-smpp wraps a decoded message; its octets are what counts. */
function theirValue(value: unknown): unknown {
  if (typeof value === 'object' && value !== null && 'message' in value) return value.message;
  return value;
}

describe('node-smpp, where it is right', () => {
  it('writes the same octets for the same fields', () => {
    fc.assert(
      fc.property(plainPdu, (pdu) => {
        const theirs = new smpp.PDU(commandName(pdu.commandId), { ...pdu.fields, sequence_number: pdu.sequenceNumber });
        assert.deepEqual(encodePdu(pdu), theirs.toBuffer());
      }),
      seededRun(500),
    );
  });

  it('reads the same fields from our octets', () => {
    fc.assert(
      fc.property(plainPdu, fc.option(u8), (pdu, state) => {
        const tlvs =
          state === null || Object.keys(pdu.fields).length === 0 ? [] : [{ tag: 0x427, value: Buffer.from([state]) }];
        const wire = encodePdu({ ...pdu, tlvs });
        const theirs = smpp.PDU.fromBuffer(wire);
        assert.equal(theirs.command, commandName(pdu.commandId));
        assert.equal(theirs.sequence_number, pdu.sequenceNumber);
        const ours = decodePdu(wire);
        assert.ok(ours.ok);
        for (const [name, value] of Object.entries(ours.fields))
          assert.deepEqual(theirValue(theirs[name]), value, name);
        if (tlvs.length > 0 && pdu.commandId !== Command.query_sm) assert.equal(theirs['message_state'], state);
      }),
      seededRun(500),
    );
  });
});
