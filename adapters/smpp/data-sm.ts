// A data_sm from an upstream, told to the switch as the deliver_sm it could have been.

import type { MessageFields } from '#smpp';
import { ADDRESS_OCTETS, Command, encodeMessageBody, messageBodyBytesMax } from '#smpp';

/** The body as a deliver_sm; undefined when an address is longer than a deliver_sm can hold. */
export function deliverSmBodyOf(fields: MessageFields, body: Buffer): Buffer | undefined {
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
  return out.subarray(0, encodeMessageBody(Command.deliver_sm, input, out, 0));
}
