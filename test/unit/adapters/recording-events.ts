// Hears an adapter and writes it down; messages as an adapter sees them.

import { ManualClock, seededRandom, silentLogger } from '#core';
import type { AdapterContext, AdapterEvents, MessageAdapter, OutboundMessage, UpstreamReceipt } from '#adapters';
import { Command, MessageFields, decodeSubmitSmBody, encodeMessageBody, messageBodyBytesMax } from '#smpp';

export class RecordingEvents implements AdapterEvents {
  readonly log: string[] = [];
  readonly accepts: { message: OutboundMessage; id: string }[] = [];
  readonly refusals: { message: OutboundMessage; refusal: string; status: number }[] = [];
  readonly losses: { message: OutboundMessage; why: string }[] = [];
  readonly receipts: { receipt: UpstreamReceipt; raw: Buffer; token: number }[] = [];
  readonly originated: { raw: Buffer; token: number }[] = [];
  readyCount = 0;

  accepted(_adapter: MessageAdapter, message: OutboundMessage, id: string): void {
    this.log.push(`accepted ${message.key}`);
    this.accepts.push({ message, id });
  }

  refused(_adapter: MessageAdapter, message: OutboundMessage, refusal: string, status: number): void {
    this.log.push(`refused ${message.key}`);
    this.refusals.push({ message, refusal, status });
  }

  unanswered(_adapter: MessageAdapter, message: OutboundMessage, why: string): void {
    this.log.push(`unanswered ${message.key}`);
    this.losses.push({ message, why });
  }

  receipt(_adapter: MessageAdapter, receipt: UpstreamReceipt, raw: Buffer, token: number): void {
    this.log.push(`receipt ${receipt.upstreamId}`);
    this.receipts.push({ receipt: { ...receipt }, raw: Buffer.from(raw), token });
  }

  mobileOriginated(_adapter: MessageAdapter, raw: Buffer, token: number): void {
    this.originated.push({ raw: Buffer.from(raw), token });
  }

  ready(): void {
    this.readyCount++;
  }

  /** Outcomes heard: exactly one per message is the contract. */
  get outcomes(): number {
    return this.accepts.length + this.refusals.length + this.losses.length;
  }
}

export interface TestContext extends AdapterContext {
  readonly clock: ManualClock;
}

export function testContext(seed: number, secrets: Readonly<Record<string, string>> = {}): TestContext {
  return {
    clock: new ManualClock(),
    random: seededRandom(seed),
    log: silentLogger,
    secret: (name) => secrets[name],
  };
}

export function outbound(
  key: number,
  over: Partial<OutboundMessage> & { registeredDelivery?: number } = {},
): OutboundMessage {
  const input = {
    source: 'ACME',
    sourceTon: 5,
    destination: '393330001111',
    destTon: 1,
    destNpi: 1,
    registeredDelivery: over.registeredDelivery ?? 0,
    shortMessage: Buffer.from(`message ${key}`),
    // A vendor's TLV: whatever it is, it must leave as it came.
    tlvs: Buffer.from('14010003616263', 'hex'),
  };
  const out = Buffer.alloc(messageBodyBytesMax(input));
  const body = out.subarray(0, encodeMessageBody(Command.submit_sm, input, out, 0));
  const fields = new MessageFields();
  decodeSubmitSmBody(body, 0, body.length, fields);
  return {
    key,
    body,
    registeredDeliveryAt: fields.registeredDeliveryAt,
    wantsReceipt: over.wantsReceipt ?? true,
    destination: input.destination,
    source: input.source,
    expiresAtMs: Infinity,
  };
}
