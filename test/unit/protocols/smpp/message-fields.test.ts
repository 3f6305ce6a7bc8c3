import assert from 'node:assert/strict';
import {
  beginPdu,
  Command,
  decodeDataSm,
  decodeDeliverSm,
  decodePdu,
  decodeSubmitSm,
  decodeSubmitSmBody,
  encodeMessageBody,
  endPdu,
  findTlv,
  MessageFields,
  messageBodyBytesMax,
  misfitTlv,
  PduView,
  readTlvUint,
  Status,
  statusName,
  Tlv,
  tlvLengthAt,
  type MessageInput,
} from '#smpp';
import { readCorpus, statusOf } from './corpus.js';

function frame(command: number, input: MessageInput): Buffer {
  const out = Buffer.alloc(16 + messageBodyBytesMax(input));
  const body = beginPdu(out, 0, command, 0, 9);
  return out.subarray(0, endPdu(out, 0, encodeMessageBody(command, input, out, body)));
}

const plain = (fields: MessageFields): MessageInput => Object.assign({ source: '', destination: '' }, fields);

function viewOf(pdu: Buffer): PduView {
  const view = new PduView();
  view.point(pdu, 0, pdu.length);
  return view;
}

const messageOf = (view: PduView, fields: MessageFields): Buffer =>
  Buffer.from(view.buffer.subarray(fields.messageStart, fields.messageEnd));

const numbers = { source: 'ACME', destination: '255712345678' };

describe('message fields', () => {
  it('reads back every field that was written', () => {
    const input: MessageInput = {
      serviceType: 'CMT',
      sourceTon: 5,
      sourceNpi: 2,
      source: 'ACME',
      destTon: 1,
      destNpi: 1,
      destination: '255712345678',
      esmClass: 0x43,
      protocolId: 64,
      priorityFlag: 3,
      scheduleDeliveryTime: '261122120000000+',
      validityPeriod: '000002000000000R',
      registeredDelivery: 17,
      replaceIfPresent: 1,
      dataCoding: 8,
      smDefaultMsgId: 4,
      shortMessage: Buffer.from('0041', 'hex'),
      tlvs: Buffer.from('0204000200ff', 'hex'),
    };
    const view = viewOf(frame(Command.submit_sm, input));
    const fields = new MessageFields();
    assert.equal(decodeSubmitSm(view, fields), Status.ESME_ROK);
    const { messageStart, messageEnd, tlvStart, tlvEnd, registeredDeliveryAt, hasPayloadTlv, ...read } = fields;
    const { shortMessage, tlvs, ...written } = input;
    assert.deepEqual(read, written);
    assert.deepEqual(view.buffer.subarray(messageStart, messageEnd), shortMessage);
    assert.deepEqual(view.buffer.subarray(tlvStart, tlvEnd), tlvs);
    assert.equal(view.buffer[view.bodyStart + registeredDeliveryAt], 17);
    assert.equal(hasPayloadTlv, false);
  });

  it('reads a data_sm with its 64-octet addresses, and clears what it does not carry', () => {
    const fields = new MessageFields();
    decodeSubmitSm(
      viewOf(frame(Command.submit_sm, { ...numbers, priorityFlag: 2, validityPeriod: '000002000000000R' })),
      fields,
    );
    const source = 's'.repeat(64);
    const view = viewOf(frame(Command.data_sm, { source, destination: '1', shortMessage: Buffer.from('hello') }));
    assert.equal(decodeDataSm(view, fields), Status.ESME_ROK);
    assert.equal(fields.source, source);
    assert.equal(messageOf(view, fields).toString(), 'hello');
    assert.equal(fields.priorityFlag, 0);
    assert.equal(fields.validityPeriod, '');
  });

  it('reads a body without a header at any offset', () => {
    const out = Buffer.alloc(300);
    const end = encodeMessageBody(Command.submit_sm, { ...numbers, shortMessage: Buffer.from('hi') }, out, 100);
    const fields = new MessageFields();
    assert.equal(decodeSubmitSmBody(out, 100, end, fields), Status.ESME_ROK);
    assert.equal(fields.destination, '255712345678');
    assert.equal(out.toString('latin1', fields.messageStart, fields.messageEnd), 'hi');
  });

  for (const { name, octets, expect } of readCorpus().filter((entry) => entry.expect.startsWith('ESME_'))) {
    it(`corpus: ${name} is answered ${expect}, by the hot and the table codec alike`, () => {
      const decoded = decodePdu(octets);
      assert.equal(statusName(decoded.ok ? 0 : decoded.status), expect);
      if (octets.readUInt32BE(4) !== Command.submit_sm) return;
      assert.equal(decodeSubmitSm(viewOf(octets), new MessageFields()), statusOf(expect));
    });
  }

  it('H3: gives no number for an integer TLV of another length, and names the misfit', () => {
    const tlvs = Buffer.from('020a000117', 'hex');
    assert.equal(readTlvUint(tlvs, 0, tlvs.length, Tlv.source_port), 0x17);
    assert.equal(misfitTlv(tlvs, 0, tlvs.length), Tlv.source_port);
    const three = Buffer.from('020a0003171717', 'hex');
    assert.equal(readTlvUint(three, 0, three.length, Tlv.source_port), -1);
    assert.equal(misfitTlv(three, 0, three.length), Tlv.source_port);
  });

  it('H7: carries 65,535 octets of message_payload both ways', () => {
    const message = Buffer.alloc(65_535, 0x61);
    const view = viewOf(frame(Command.submit_sm, { ...numbers, shortMessage: message }));
    const fields = new MessageFields();
    assert.equal(decodeSubmitSm(view, fields), Status.ESME_ROK);
    assert.ok(fields.hasPayloadTlv);
    assert.deepEqual(messageOf(view, fields), message);
  });

  it('H13: sends text over 254 octets as message_payload instead of throwing', () => {
    for (const length of [254, 255, 400]) {
      const view = viewOf(frame(Command.deliver_sm, { ...numbers, shortMessage: Buffer.alloc(length, 0x61) }));
      const fields = new MessageFields();
      assert.equal(decodeDeliverSm(view, fields), Status.ESME_ROK);
      assert.equal(fields.messageEnd - fields.messageStart, length);
      assert.equal(fields.hasPayloadTlv, length > 254);
    }
  });

  it('H13: enforces field maxima on encode with a stable code', () => {
    const wrong: MessageInput[] = [
      { ...numbers, source: 'x'.repeat(21) },
      { ...numbers, serviceType: 'SERVICE' },
      { ...numbers, validityPeriod: 'x'.repeat(17) },
      { ...numbers, destination: '12\u000034' },
      { ...numbers, source: '\u20ac' },
    ];
    for (const input of wrong) assert.throws(() => frame(Command.submit_sm, input), { code: 'MX1001' });
    assert.throws(() => frame(Command.query_sm, numbers), { code: 'MX1001' });
  });

  it('H14: relays a message with a UDH octet for octet', () => {
    const message = Buffer.from('050003cc0201' + '68656c6c6f', 'hex');
    const first = frame(Command.submit_sm, { ...numbers, esmClass: 0x40, shortMessage: message });
    const view = viewOf(first);
    const fields = new MessageFields();
    decodeSubmitSm(view, fields);
    const again = frame(Command.submit_sm, { ...plain(fields), shortMessage: messageOf(view, fields) });
    assert.deepEqual(again, first);
  });

  it('H15: keeps unknown TLVs byte for byte', () => {
    const tlvs = Buffer.from('1400000601020304050614010000ffff0002beef', 'hex');
    const first = frame(Command.submit_sm, { ...numbers, tlvs });
    const view = viewOf(first);
    const fields = new MessageFields();
    assert.equal(decodeSubmitSm(view, fields), Status.ESME_ROK);
    assert.deepEqual(view.buffer.subarray(fields.tlvStart, fields.tlvEnd), tlvs);
    assert.deepEqual(
      frame(Command.submit_sm, { ...plain(fields), tlvs: view.buffer.subarray(fields.tlvStart, fields.tlvEnd) }),
      first,
    );
    const at = findTlv(view.buffer, fields.tlvStart, fields.tlvEnd, 0xffff);
    assert.equal(tlvLengthAt(view.buffer, at), 2);
  });

  it('H16: keeps octets above 0x7f under data_coding 0, and odd octets of UCS2', () => {
    for (const [dataCoding, hex] of [
      [0, '80ff00c3a9'],
      [8, '004100'],
    ] as const) {
      const message = Buffer.from(hex, 'hex');
      const view = viewOf(frame(Command.submit_sm, { ...numbers, dataCoding, shortMessage: message }));
      const fields = new MessageFields();
      decodeSubmitSm(view, fields);
      assert.deepEqual(messageOf(view, fields), message);
    }
  });

  it('H17: keeps a relative validity, and an impossible time, as they were written', () => {
    for (const validityPeriod of ['000002000000000R', '991399999999999+', 'not a time at a!']) {
      const fields = new MessageFields();
      assert.equal(
        decodeSubmitSm(viewOf(frame(Command.submit_sm, { ...numbers, validityPeriod })), fields),
        Status.ESME_ROK,
      );
      assert.equal(fields.validityPeriod, validityPeriod);
    }
  });

  it('H18: keeps 8-bit octets of addresses', () => {
    const source = '\u00c9\u00f3\u0080\u00ff';
    const fields = new MessageFields();
    decodeSubmitSm(viewOf(frame(Command.submit_sm, { ...numbers, source })), fields);
    assert.equal(fields.source, source);
  });

  it('H19: leaves the input as it was', () => {
    const input = Object.freeze({
      ...numbers,
      shortMessage: Buffer.alloc(300, 1),
      tlvs: Buffer.from('14000000', 'hex'),
    });
    const before = structuredClone(input);
    frame(Command.submit_sm, input);
    assert.deepEqual(
      { ...input, shortMessage: new Uint8Array(input.shortMessage), tlvs: new Uint8Array(input.tlvs) },
      {
        ...before,
        shortMessage: new Uint8Array(before.shortMessage),
        tlvs: new Uint8Array(before.tlvs),
      },
    );
  });

  it('takes the short message when a message_payload comes with it', () => {
    const tlvs = Buffer.from('042400020102', 'hex');
    const view = viewOf(frame(Command.submit_sm, { ...numbers, shortMessage: Buffer.from('hi'), tlvs }));
    const fields = new MessageFields();
    decodeSubmitSm(view, fields);
    assert.equal(messageOf(view, fields).toString(), 'hi');
    assert.ok(fields.hasPayloadTlv);
  });

  it('refuses more TLVs than it would ever walk', () => {
    const tlvs = Buffer.alloc(129 * 4, Buffer.from('14000000', 'hex'));
    const pdu = frame(Command.submit_sm, { ...numbers, tlvs });
    assert.equal(decodeSubmitSm(viewOf(pdu), new MessageFields()), Status.ESME_RINVTLVSTREAM);
  });
});
