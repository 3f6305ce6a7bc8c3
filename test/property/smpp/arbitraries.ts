// Any PDU that the table allows, as fast-check draws it.

import fc from 'fast-check';
import { pduLayouts, Tlv, type FieldLayout, type FieldValue, type Pdu, type PduLayout } from '#smpp';

/** Characters of one octet each, without NUL. */
export const octetText = (lengthMax: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: lengthMax }).map((codes) => String.fromCharCode(...codes));

export const octets = (lengthMax: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ maxLength: lengthMax }).map((bytes) => Buffer.from(bytes));

const u8 = fc.integer({ min: 0, max: 255 });
const u32 = fc.integer({ min: 0, max: 0xffffffff });

/** Empty or exactly 16 characters. */
export const timeText = fc.oneof(
  fc.constant(''),
  fc
    .array(fc.integer({ min: 1, max: 255 }), { minLength: 16, maxLength: 16 })
    .map((codes) => String.fromCharCode(...codes)),
);

function fieldValue(field: FieldLayout): fc.Arbitrary<FieldValue> {
  switch (field.type) {
    case 'u8':
      return u8;
    case 'u32':
      return u32;
    case 'cstring':
      return octetText(field.octetsMax - 1);
    case 'time':
      return timeText;
    case 'octets':
      return octets(field.octetsMax);
    case 'destinations':
      return fc.array(
        fc.oneof(
          fc.record({ ton: u8, npi: u8, address: octetText(20) }, { noNullPrototype: true }),
          fc.record({ listName: octetText(20) }, { noNullPrototype: true }),
        ),
        { maxLength: 12 },
      );
    case 'failures':
      return fc.array(fc.record({ ton: u8, npi: u8, address: octetText(20), status: u32 }, { noNullPrototype: true }), {
        maxLength: 12,
      });
  }
}

/** Standard tags, vendors' tags and message_payload, with values of any length. */
export const tlvs = fc.array(
  fc.record(
    {
      tag: fc.oneof(
        fc.constantFrom(...Object.values(Tlv)),
        fc.integer({ min: 0, max: 0xffff }),
        fc.constant(Tlv.message_payload),
      ),
      value: octets(40),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 8 },
);

export function pduOf(layout: PduLayout): fc.Arbitrary<Pdu> {
  const fields = Object.fromEntries(layout.fields.map((field) => [field.name, fieldValue(field)]));
  return fc.record(
    {
      commandId: fc.constant(layout.commandId),
      commandStatus: u32,
      sequenceNumber: u32,
      fields: fc.record(fields, { noNullPrototype: true }),
      tlvs: layout.fields.length === 0 ? fc.constant([]) : tlvs,
    },
    { noNullPrototype: true },
  );
}

export const anyPdu: fc.Arbitrary<Pdu> = fc.oneof(...pduLayouts.map(pduOf));
