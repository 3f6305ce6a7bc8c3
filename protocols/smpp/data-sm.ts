// A data_sm told as the submit_sm or deliver_sm that says the same, so that what lies behind knows one shape.

import { encodeMessageBody, messageBodyBytesMax } from './message-encode.js';
import { ADDRESS_OCTETS, type MessageFields } from './message-fields.js';

/** Body only; undefined when an address is longer than a submit_sm or deliver_sm can hold (SMPP 3.4 §4.7.1). */
export function messageBodyOfDataSm(command: number, fields: MessageFields, body: Buffer): Buffer | undefined {
  if (fields.source.length >= ADDRESS_OCTETS || fields.destination.length >= ADDRESS_OCTETS) return undefined;
  const input = {
    serviceType: fields.serviceType,
    sourceTon: fields.sourceTon,
    sourceNpi: fields.sourceNpi,
    source: fields.source,
    destTon: fields.destTon,
    destNpi: fields.destNpi,
    destination: fields.destination,
    esmClass: fields.esmClass,
    registeredDelivery: fields.registeredDelivery,
    dataCoding: fields.dataCoding,
    // message_payload is among them, so the message needs no field of its own.
    tlvs: body.subarray(fields.tlvStart, fields.tlvEnd),
  };
  const out = Buffer.allocUnsafe(messageBodyBytesMax(input));
  return out.subarray(0, encodeMessageBody(command, input, out, 0));
}
