import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  Command,
  decodeBind,
  decodeDataSm,
  decodeDeliverSm,
  decodeMessageIdResp,
  decodePdu,
  decodeSubmitSm,
  BindFields,
  encodeMessageBody,
  encodePdu,
  Framer,
  MessageFields,
  messageBodyBytesMax,
  parseReceiptText,
  decodeText,
  countSegments,
  misfitTlv,
  pduLayout,
  PduView,
  Status,
  type DecodedPdu,
  type MessageInput,
  type Pdu,
} from '#smpp';
import { anyPdu, pduOf } from './arbitraries.js';
import { seededRun } from './seed.js';

const messageCommands = [Command.submit_sm, Command.deliver_sm, Command.data_sm] as const;
const messagePdu = fc.oneof(...messageCommands.map((command) => pduOf(pduLayout(command)!)));

const plain = (fields: MessageFields): MessageInput => Object.assign({ source: '', destination: '' }, fields);

function viewOf(wire: Buffer): PduView {
  const view = new PduView();
  view.point(wire, 0, wire.length);
  return view;
}

function decodeHot(view: PduView, fields: MessageFields): number {
  switch (view.commandId) {
    case Command.submit_sm:
      return decodeSubmitSm(view, fields);
    case Command.deliver_sm:
      return decodeDeliverSm(view, fields);
    default:
      return decodeDataSm(view, fields);
  }
}

/** The hot codec's fields under the table's names. */
function named(fields: MessageFields, commandId: number): Record<string, unknown> {
  const both = {
    service_type: fields.serviceType,
    source_addr_ton: fields.sourceTon,
    source_addr_npi: fields.sourceNpi,
    source_addr: fields.source,
    dest_addr_ton: fields.destTon,
    dest_addr_npi: fields.destNpi,
    destination_addr: fields.destination,
    esm_class: fields.esmClass,
    registered_delivery: fields.registeredDelivery,
    data_coding: fields.dataCoding,
  };
  if (commandId === Command.data_sm) return both;
  return {
    ...both,
    protocol_id: fields.protocolId,
    priority_flag: fields.priorityFlag,
    schedule_delivery_time: fields.scheduleDeliveryTime,
    validity_period: fields.validityPeriod,
    replace_if_present_flag: fields.replaceIfPresent,
    sm_default_msg_id: fields.smDefaultMsgId,
  };
}

function assertSame(wire: Buffer): void {
  const view = viewOf(wire);
  const fields = new MessageFields();
  const status = decodeHot(view, fields);
  const decoded = decodePdu(wire);
  assert.equal(status, decoded.ok ? Status.ESME_ROK : decoded.status);
  if (!decoded.ok) return;
  const { short_message: shortMessage, ...rest } = decoded.fields;
  assert.deepEqual(named(fields, view.commandId), rest);
  const message = wire.subarray(fields.messageStart, fields.messageEnd);
  const payload = decoded.tlvs.find((tlv) => tlv.tag === 0x424)?.value;
  const short = Buffer.isBuffer(shortMessage) ? shortMessage : Buffer.alloc(0);
  assert.deepEqual(message, short.length > 0 ? short : (payload ?? short));
  assert.equal(fields.hasPayloadTlv, payload !== undefined);
  assert.equal(wire[16 + fields.registeredDeliveryAt], rest['registered_delivery']);
}

/** A whole PDU with some octets changed, some removed, its length put right again. */
const mutated = (pdus: fc.Arbitrary<Pdu>): fc.Arbitrary<Buffer> =>
  fc
    .tuple(pdus, fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), { maxLength: 4 }), fc.nat(60))
    .map(([pdu, changes, cut]) => {
      const wire = Buffer.from(encodePdu(pdu));
      for (const [at, octet] of changes) if (at >= 16 && at < wire.length) wire[at] = octet;
      const kept = wire.subarray(0, Math.max(16, wire.length - cut));
      kept.writeUInt32BE(kept.length, 0);
      return kept;
    });

describe('SMPP codec, for any PDU', () => {
  it('reads back what it wrote, of every PDU in the table', () => {
    fc.assert(
      fc.property(anyPdu, (pdu) => assert.deepEqual(decodePdu(encodePdu(pdu)), { ok: true, ...pdu })),
      seededRun(1_000),
    );
  });

  it('writes again the very octets that it read', () => {
    fc.assert(
      fc.property(mutated(anyPdu), (wire) => {
        const decoded: DecodedPdu = decodePdu(wire);
        if (!decoded.ok) return;
        if (wire.length === 16 && pduLayout(decoded.commandId)?.fields.length !== 0) return;
        assert.deepEqual(encodePdu(decoded), wire);
      }),
      seededRun(1_000),
    );
  });

  it('is the same by hand and by table, for whole PDUs', () => {
    fc.assert(
      fc.property(messagePdu, (pdu) => assertSame(encodePdu(pdu))),
      seededRun(1_000),
    );
  });

  it('is the same by hand and by table, for damaged PDUs, to the status', () => {
    fc.assert(
      fc.property(mutated(messagePdu), (wire) => assertSame(wire)),
      seededRun(2_000),
    );
  });

  it('writes messages by hand as by table', () => {
    fc.assert(
      fc.property(messagePdu, (pdu) => {
        const wire = encodePdu(pdu);
        const fields = new MessageFields();
        const view = viewOf(wire);
        if (decodeHot(view, fields) !== Status.ESME_ROK) return;
        const short = pdu.fields['short_message'];
        const shortMessage = Buffer.isBuffer(short) ? short : Buffer.alloc(0);
        // 255 octets are 5.0's; what we send keeps to 3.4's 254.
        if (shortMessage.length > 254) return;
        const input = { ...plain(fields), shortMessage, tlvs: wire.subarray(fields.tlvStart, fields.tlvEnd) };
        const out = Buffer.alloc(messageBodyBytesMax(input));
        const end = encodeMessageBody(pdu.commandId, input, out, 0);
        assert.deepEqual(out.subarray(0, end), wire.subarray(16));
      }),
      seededRun(1_000),
    );
  });
});

describe("a stranger's octets", () => {
  const wild = fc.uint8Array({ maxLength: 400, size: 'max' }).map((bytes) => Buffer.from(bytes));

  it('never make a decoder throw', () => {
    const withHeader = fc.tuple(fc.constantFrom(...Object.values(Command)), wild).map(([command, body]) => {
      const wire = Buffer.concat([Buffer.alloc(16), body]);
      wire.writeUInt32BE(wire.length, 0);
      wire.writeUInt32BE(command, 4);
      return wire;
    });
    fc.assert(
      fc.property(fc.oneof(wild, withHeader), (wire) => {
        decodePdu(wire);
        if (wire.length < 16) return;
        const view = viewOf(wire);
        const fields = new MessageFields();
        const statuses = [
          decodeSubmitSm(view, fields),
          decodeDeliverSm(view, fields),
          decodeDataSm(view, fields),
          decodeBind(view, new BindFields()),
        ];
        for (const status of statuses) assert.ok(Number.isInteger(status) && status >= 0);
        assert.ok(decodeMessageIdResp(view).length < 65);
        assert.ok(misfitTlv(wire, 16, wire.length) >= -1);
      }),
      seededRun(2_000),
    );
  });

  it('never make text, receipt or segment readers throw, under any coding', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    fc.assert(
      fc.property(wild, byte, byte, (octets, dataCoding, esmClass) => {
        const segments = countSegments(dataCoding, esmClass, octets);
        assert.ok(segments >= 1 && segments <= Math.max(1, octets.length));
        assert.equal(typeof decodeText(octets, 0, octets.length, dataCoding), 'string');
        parseReceiptText(octets, 0, octets.length);
      }),
      seededRun(2_000),
    );
  });

  it('are framed the same however they are cut, and end in a fault or in bounded memory', () => {
    const stream = fc
      .tuple(fc.array(anyPdu, { maxLength: 6 }), fc.oneof(wild, fc.constant(Buffer.alloc(0))))
      .map(([pdus, tail]) => Buffer.concat([...pdus.map(encodePdu), tail]));
    fc.assert(
      fc.property(stream, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 }), (octets, sizes) => {
        const whole = framed(octets, [octets.length + 1]);
        assert.deepEqual(framed(octets, sizes), whole);
        assert.deepEqual(framed(octets, [1]), whole);
      }),
      seededRun(300),
    );
  });
});

/** What a framer makes of the octets in chunks of these sizes, over and over. */
function framed(octets: Buffer, sizes: readonly number[]): { pdus: string[]; fault: string; length: number } {
  const framer = new Framer(4_096);
  const view = new PduView();
  const pdus: string[] = [];
  for (let at = 0, turn = 0; at < octets.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    framer.push(octets.subarray(at, at + size));
    at += size;
    while (framer.next(view)) pdus.push(view.buffer.toString('hex', view.start, view.end));
    assert.ok(framer.bufferedBytes < 4_096);
  }
  return { pdus, fault: framer.fault, length: framer.faultLength };
}
