// What never changes of a message, packed into one buffer when it is accepted: addresses, prices held per level, the
// decision, and the submit_sm body as it came. The journal's `open` record and the MDR copy from it.
//
//   u8 segments, u8 priority, u8 esme registered_delivery, u8 levels, u8 kept, u8 skipped, u16 registeredDeliveryAt,
//   f64 expiresMs, text source, text destination, levels × PostingHead, (kept + skipped) × DecisionEntry,
//   u32 body length, body

import { CANDIDATES_MAX, type ChargeOn } from '#core';
import type { NoReceiptRule, Quote, RateTables, Sale } from '#rating';
import type { Decision } from '#routing';
import { ImageSlab } from './image-slab.js';
import { PostingHead, PostingKind } from './journal-records.js';
import { putBigInt64 } from './put-bigint.js';
import { copyOctets, putText, skipText } from './wire.js';

export const ImageHead = {
  segments: 0,
  priority: 1,
  esmeReceipt: 2,
  levels: 3,
  kept: 4,
  skipped: 5,
  registeredDeliveryAt: 6, // u16
  expiresMs: 8, // f64
  bytes: 16,
} as const;

/** One candidate, kept or skipped: u32 trunk ref, u8 reason (0: kept), i64 buy nanos per segment. */
export const DecisionEntry = { trunkRef: 0, why: 4, nanos: 5, bytes: 13 } as const;

/** Where the parts of one image begin. */
export class ImageLayout {
  sourceAt = 0;
  destinationAt = 0;
  postingsAt = 0;
  decisionAt = 0;
  bodyAt = 0;
  bodyEnd = 0;

  /** Finds the parts; the image was made by `packImage` or came whole from the journal. */
  read(image: Buffer): void {
    this.sourceAt = ImageHead.bytes;
    this.destinationAt = skipText(image, this.sourceAt);
    this.postingsAt = skipText(image, this.destinationAt);
    this.decisionAt = this.postingsAt + (image[ImageHead.levels] as number) * PostingHead.bytes;
    const entries = (image[ImageHead.kept] as number) + (image[ImageHead.skipped] as number);
    const bodyLengthAt = this.decisionAt + entries * DecisionEntry.bytes;
    this.bodyAt = bodyLengthAt + 4;
    this.bodyEnd = this.bodyAt + image.readUInt32LE(bodyLengthAt);
  }
}

/** What `packImage` packs; one reusable object. */
export class ImageInput {
  segments = 0;
  priority = 0;
  esmeReceipt = 0;
  registeredDeliveryAt = 0;
  expiresMs = 0;
  source = '';
  destination = '';
  ordinal = 0;
  levels = 0;
  /** One bit per level that pays even when no receipt ever comes. */
  noReceiptCharges = 0;
  body: Buffer = Buffer.alloc(0);
  bodyStart = 0;
  bodyEnd = 0;
}

const CHARGE_CODES: Record<ChargeOn, number> = { accepted: 0, submitted: 1, delivered: 2 };
const CHARGE_WORDS: readonly ChargeOn[] = ['accepted', 'submitted', 'delivered'];

/** In a posting's kind octet: the level pays even when no receipt ever comes. */
const NO_RECEIPT_CHARGES = 0x40;

/** The upper bits of a posting's kind octet hold its plan's terms at acceptance: the charging moment, … */
export const chargeOnOf = (kindOctet: number): ChargeOn => CHARGE_WORDS[(kindOctet >> 4) & 3] as ChargeOn;
/** … and what becomes of the hold when the receipt that decides never comes. */
export const noReceiptOf = (kindOctet: number): NoReceiptRule =>
  (kindOctet & NO_RECEIPT_CHARGES) === 0 ? 'release' : 'charge';

export function packImage(
  input: ImageInput,
  chain: readonly Sale[],
  quote: Quote,
  tables: RateTables,
  decision: Decision,
): Buffer {
  const bodyLength = input.bodyEnd - input.bodyStart;
  const entries = decision.kept + Math.min(decision.skipped, CANDIDATES_MAX);
  const bytes =
    ImageHead.bytes +
    (2 + input.source.length + input.destination.length) +
    input.levels * PostingHead.bytes +
    entries * DecisionEntry.bytes +
    (4 + bodyLength);
  slab.begin(bytes);
  const { buffer: image, view, start } = slab;
  image[start + ImageHead.segments] = input.segments;
  image[start + ImageHead.priority] = input.priority;
  image[start + ImageHead.esmeReceipt] = input.esmeReceipt;
  image[start + ImageHead.levels] = input.levels;
  image[start + ImageHead.kept] = decision.kept;
  image[start + ImageHead.skipped] = entries - decision.kept;
  view.setUint16(start + ImageHead.registeredDeliveryAt, input.registeredDeliveryAt, true);
  view.setFloat64(start + ImageHead.expiresMs, input.expiresMs, true);
  let at = putText(image, start + ImageHead.bytes, input.source);
  at = putText(image, at, input.destination);
  for (let level = 0; level < input.levels; level++) {
    const next = putSale(image, view, at, chain[level] as Sale, quote, level, tables, input.ordinal);
    if ((input.noReceiptCharges & (1 << level)) !== 0) image[at] = (image[at] as number) | NO_RECEIPT_CHARGES;
    at = next;
  }
  at = putDecision(view, at, decision, entries);
  view.setUint32(at, bodyLength, true);
  copyOctets(input.body, input.bodyStart, input.bodyEnd, image, at + 4);
  return slab.image(bytes);
}

const slab = new ImageSlab();

function putSale(
  image: Buffer,
  view: DataView,
  at: number,
  sale: Sale,
  quote: Quote,
  level: number,
  tables: RateTables,
  ordinal: number,
): number {
  image[at + PostingHead.kind] = PostingKind.sale | (CHARGE_CODES[sale.chargeOn] << 4);
  putCurrency(image, at + PostingHead.currency, sale.currency);
  view.setUint32(at + PostingHead.buyerRef, sale.buyerRef, true);
  view.setUint32(at + PostingHead.sellerRef, sale.sellerRef, true);
  view.setUint32(at + PostingHead.deckRef, sale.deckRef, true);
  view.setUint32(at + PostingHead.deckVersion, tables.version(sale.deckRef), true);
  view.setFloat64(at + PostingHead.prefix, tables.ratePrefixNumber(sale.deckRef, ordinal), true);
  putBigInt64(view, at + PostingHead.rateNanos, quote.rateNanos[level] as bigint);
  putBigInt64(view, at + PostingHead.heldMicros, quote.amountMicros[level] as bigint);
  view.setFloat64(at + PostingHead.chargedMicros, 0, true);
  return at + PostingHead.bytes;
}

export function putCurrency(image: Buffer, at: number, currency: string): void {
  image[at] = currency.charCodeAt(0);
  image[at + 1] = currency.charCodeAt(1);
  image[at + 2] = currency.charCodeAt(2);
}

function putDecision(view: DataView, start: number, decision: Decision, entries: number): number {
  let at = start;
  for (let i = 0; i < entries; i++) {
    const isKept = i < decision.kept;
    const of = isKept ? i : i - decision.kept;
    const ref = isKept ? decision.trunkRefs[of] : decision.skippedRefs[of];
    const nanos = isKept ? decision.buyNanos[of] : decision.skippedNanos[of];
    view.setUint32(at + DecisionEntry.trunkRef, ref as number, true);
    view.setUint8(at + DecisionEntry.why, isKept ? 0 : (decision.skippedWhy[of] as number));
    putBigInt64(view, at + DecisionEntry.nanos, nanos as bigint);
    at += DecisionEntry.bytes;
  }
  return at;
}
