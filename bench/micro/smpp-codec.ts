// What the SMPP codec costs per message, beside node-smpp on the same octets.
//
//   node --import tsx --conditions source bench/micro/smpp-codec.ts [--json]
//
// The message has 60 octets of text, an alphanumeric sender, a receipt asked for and one vendor TLV. Numbers are medians
// of mitata's samples in nanoseconds; field names in the JSON say what each covers.

import { do_not_optimize as keep, measure } from 'mitata';
import smpp from 'smpp';
import {
  beginPdu,
  Command,
  countSegmentsAt,
  decodePdu,
  decodeSubmitSm,
  encodeMessageBody,
  encodeMessageIdResp,
  endPdu,
  formatReceiptText,
  Framer,
  MessageFields,
  parseReceiptText,
  PduView,
  type MessageInput,
} from '#smpp';

const VARIANTS = 64;
const input: MessageInput = {
  source: 'ACME',
  sourceTon: 5,
  destination: '255712345678',
  destTon: 1,
  destNpi: 1,
  registeredDelivery: 1,
  shortMessage: Buffer.from('Your order 4711 has left our house and reaches you tomorrow.'),
  tlvs: Buffer.from('1400000403020100', 'hex'),
};

/** Messages that differ, so that no string is found equal to the one before. */
const inputs: MessageInput[] = [];
const wires: Buffer[] = [];
for (let i = 0; i < VARIANTS; i++) {
  const varied = { ...input, source: `ACME${10 + i}`, destination: `2557123456${10 + i}` };
  const out = Buffer.alloc(512);
  const body = beginPdu(out, 0, Command.submit_sm, 0, i);
  inputs.push(varied);
  wires.push(Buffer.from(out.subarray(0, endPdu(out, 0, encodeMessageBody(Command.submit_sm, varied, out, body)))));
}
const chunk = Buffer.concat(wires);
const receipt = Buffer.from(
  formatReceiptText({
    id: '0123456789',
    sub: 1,
    dlvrd: 1,
    submitDateMs: 0,
    doneDateMs: 60_000,
    state: 2,
    err: 0,
    text: '',
  }),
  'latin1',
);

const out = Buffer.alloc(4_096);
const view = new PduView();
const fields = new MessageFields();
const framer = new Framer(66_560);
let turn = 0;
const nextWire = (): Buffer => wires[turn++ % VARIANTS]!;

function decodeSubmit(): number {
  const wire = nextWire();
  view.point(wire, 0, wire.length);
  return decodeSubmitSm(view, fields);
}

function encodeSubmit(): number {
  const varied = inputs[turn++ % VARIANTS]!;
  return endPdu(
    out,
    0,
    encodeMessageBody(Command.submit_sm, varied, out, beginPdu(out, 0, Command.submit_sm, 0, turn)),
  );
}

const encodeResp = (): number =>
  endPdu(out, 0, encodeMessageIdResp('0123456789', out, beginPdu(out, 0, Command.submit_sm_resp, 0, turn++)));

/** A relayed message: decode, answer, then a new header before the body as it came. */
function relay(): number {
  decodeSubmit();
  encodeResp();
  const body = beginPdu(out, 0, Command.submit_sm, 0, turn);
  const length = view.buffer.copy(out, body, view.bodyStart, view.end);
  out[body + fields.registeredDeliveryAt] = 1;
  return endPdu(out, 0, body + length);
}

/** 64 PDUs in one chunk: framing and decoding; divided by 64 below. */
function frameAndDecode(): number {
  framer.push(chunk);
  let status = 0;
  while (framer.next(view)) status |= decodeSubmitSm(view, fields);
  return status;
}

const cases = {
  decodeSubmitNanos: decodeSubmit,
  encodeSubmitNanos: encodeSubmit,
  encodeRespNanos: encodeResp,
  relayNanos: relay,
  frameAndDecodeNanos: frameAndDecode,
  countSegmentsNanos: () => {
    const wire = nextWire();
    return countSegmentsAt(0, 0, wire, wire.length - 68, wire.length - 8);
  },
  parseReceiptNanos: () => parseReceiptText(receipt, 0, receipt.length),
  formatReceiptNanos: () =>
    formatReceiptText({
      id: '0123456789',
      sub: 1,
      dlvrd: 1,
      submitDateMs: turn * 1_000,
      doneDateMs: turn++ * 2_000,
      state: 2,
      err: 0,
      text: '',
    }),
  tableDecodeNanos: () => decodePdu(nextWire()),
  nodeSmppDecodeNanos: () => smpp.PDU.fromBuffer(nextWire()),
  nodeSmppEncodeNanos: () => {
    const varied = inputs[turn++ % VARIANTS]!;
    const pdu = new smpp.PDU('submit_sm', {
      sequence_number: turn,
      source_addr_ton: varied.sourceTon,
      source_addr: varied.source,
      dest_addr_ton: varied.destTon,
      dest_addr_npi: varied.destNpi,
      destination_addr: varied.destination,
      registered_delivery: varied.registeredDelivery,
      short_message: varied.shortMessage,
    });
    return pdu.toBuffer();
  },
} satisfies Record<string, () => unknown>;

const result: Record<string, number> = {};
const isJson = process.argv.includes('--json');
if (!isJson) console.log(`${'measured'.padEnd(24)}${'p50 ns'.padStart(10)}${'p25'.padStart(10)}${'p75'.padStart(10)}`);
for (const [name, run] of Object.entries(cases)) {
  const stats = await measure(() => keep(run()), {});
  const per = name === 'frameAndDecodeNanos' ? VARIANTS : 1;
  result[name] = Number((stats.p50 / per).toFixed(1));
  if (isJson) continue;
  const cells = [stats.p50, stats.p25, stats.p75].map((nanos) => (nanos / per).toFixed(1).padStart(10));
  console.log(name.padEnd(24) + cells.join(''));
}
result['decodeAndEncodeNanos'] = Number((result['decodeSubmitNanos']! + result['encodeSubmitNanos']!).toFixed(1));
console.log(isJson ? JSON.stringify(result) : `decode + encode of a submit_sm: ${result['decodeAndEncodeNanos']} ns`);
