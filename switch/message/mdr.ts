// Reads a message's story back: from its finish record, or from its open state while it still lives. For people and
// queries; not on the data plane.

import { formatMessageId, formatMicros, formatNanos, MessageState } from '#core';
import { skipText as skipReason } from '#routing';
import { FinishFlag, FinishHead, PostingHead, PostingKind } from './journal-records.js';
import { DecisionEntry, ImageHead } from './message-image.js';
import { type Attempt, AttemptOutcome, type Message, Stage } from './message.js';
import { readFailures } from './revive.js';
import { getText, skipText } from './wire.js';

/** Names for refs; the ref itself when the thing is gone. */
export type NameOf = (ref: number) => string;

export interface StoryLevel {
  readonly kind: 'sale' | 'carrier-cost';
  readonly buyer: string;
  readonly seller: string;
  readonly deck: string;
  readonly deckVersion: number;
  readonly prefix: string;
  readonly currency: string;
  /** Per segment, decimal. */
  readonly rate: string;
  readonly held: string;
  /** Decimal; undefined while the message is open. */
  readonly charged: string | undefined;
}

/** What a tenant of the chain kept of the message. */
export interface StoryMargin {
  readonly tenant: string;
  readonly currency: string;
  /** Sold minus bought, decimal. */
  readonly margin: string;
}

/**
 * What became of the receipt for the sender. `not yet`: the message is open. `sent`: handed to a bind; whether its
 * acknowledgement came is not known apart from those of other receipts.
 */
export type ReceiptFate = 'none' | 'not yet' | 'owed' | 'sent' | 'acknowledged' | 'expired';

export interface StoryCandidate {
  readonly trunk: string;
  /** Buy price per segment, decimal; empty when it has none. */
  readonly price: string;
  /** `kept` with its place, or why it was skipped. */
  readonly verdict: string;
}

export interface StoryAttempt {
  readonly trunk: string;
  readonly atMs: number;
  readonly outcome: string;
  readonly commandStatus: number;
}

export interface MessageStory {
  readonly id: string;
  readonly state: string;
  readonly account: string;
  readonly tenant: string;
  readonly source: string;
  readonly destination: string;
  readonly segments: number;
  readonly acceptedMs: number;
  readonly submittedMs: number;
  readonly doneMs: number;
  readonly trunk: string;
  readonly upstreamId: string;
  readonly errorCode: string;
  readonly mayHaveRepeated: boolean;
  readonly receipt: ReceiptFate;
  readonly levels: readonly StoryLevel[];
  /** Of an ended message: one for each seller that sold and bought in one currency. */
  readonly margins: readonly StoryMargin[];
  readonly candidates: readonly StoryCandidate[];
  readonly attempts: readonly StoryAttempt[];
}

const STATE_NAMES = Object.fromEntries(Object.entries(MessageState).map(([name, value]) => [value, name]));
const OUTCOME_NAMES = Object.fromEntries(Object.entries(AttemptOutcome).map(([name, value]) => [value, name]));
const STAGE_NAMES = Object.fromEntries(Object.entries(Stage).map(([name, value]) => [value, name]));

/** The story in an MDR's `detail`: the payload of its finish record up to the receipt. */
export function storyOfFinish(detail: Buffer, node: number, nameOf: NameOf, owedFate: ReceiptFate): MessageStory {
  const sourceAt = FinishHead.bytes;
  const destinationAt = skipText(detail, sourceAt);
  const upstreamAt = skipText(detail, destinationAt);
  const errorAt = skipText(detail, upstreamAt);
  const postingsAt = skipText(detail, errorAt);
  const levels = detail[postingsAt] as number;
  const decisionAt = postingsAt + 1 + levels * PostingHead.bytes;
  const kept = detail[decisionAt] as number;
  const skipped = detail[decisionAt + 1] as number;
  const failuresAt = decisionAt + 2 + (kept + skipped) * DecisionEntry.bytes;
  const failures = readFailures(detail, failuresAt + 1, detail[failuresAt] as number);
  const flags = detail[FinishHead.flags] as number;
  const submittedMs = detail.readDoubleLE(FinishHead.submittedMs);
  const trunkRef = detail.readUInt32LE(FinishHead.trunkRef);
  const attempts = failures.map((failure) => storyAttempt(failure, nameOf));
  if (submittedMs > 0) {
    attempts.push({ trunk: nameOf(trunkRef), atMs: submittedMs, outcome: 'accepted', commandStatus: 0 });
  }
  return {
    id: formatMessageId(detail.readDoubleLE(FinishHead.key), node),
    state: STATE_NAMES[detail[FinishHead.state] as number] ?? '?',
    account: nameOf(detail.readUInt32LE(FinishHead.accountRef)),
    tenant: nameOf(detail.readUInt32LE(FinishHead.tenantRef)),
    source: getText(detail, sourceAt),
    destination: getText(detail, destinationAt),
    segments: detail[FinishHead.segments] as number,
    acceptedMs: detail.readDoubleLE(FinishHead.acceptedMs),
    submittedMs,
    doneMs: detail.readDoubleLE(FinishHead.doneMs),
    trunk: trunkRef === 0 ? '' : nameOf(trunkRef),
    upstreamId: getText(detail, upstreamAt),
    errorCode: getText(detail, errorAt),
    mayHaveRepeated: (flags & FinishFlag.mayHaveRepeated) !== 0,
    receipt: (flags & FinishFlag.receiptOwed) === 0 ? 'none' : owedFate,
    levels: storyLevels(detail, postingsAt + 1, levels, nameOf, true),
    margins: storyMargins(detail, postingsAt + 1, levels, nameOf),
    candidates: storyCandidates(detail, decisionAt + 2, kept, skipped, nameOf),
    attempts,
  };
}

/** The story so far of a message that is open. */
export function storyOfOpen(message: Message, node: number, nameOf: NameOf): MessageStory {
  const { image } = message;
  const kept = image[ImageHead.kept] as number;
  const skipped = image[ImageHead.skipped] as number;
  const attempts = (message.failures ?? []).map((failure) => storyAttempt(failure, nameOf));
  if (message.submittedMs > 0) {
    attempts.push({
      trunk: nameOf(message.trunkRef),
      atMs: message.submittedMs,
      outcome: 'accepted',
      commandStatus: 0,
    });
  }
  return {
    id: formatMessageId(message.key, node),
    state: `open: ${STAGE_NAMES[message.stage] ?? '?'}`,
    account: message.account.id,
    tenant: message.account.tenant.id,
    source: message.source,
    destination: message.destination,
    segments: message.segments,
    acceptedMs: message.acceptedMs,
    submittedMs: message.submittedMs,
    doneMs: 0,
    trunk: nameOf(message.trunkRef),
    upstreamId: message.upstreamId,
    errorCode: '',
    mayHaveRepeated: message.mayRepeat,
    receipt: (message.esmeReceipt & 3) === 0 ? 'none' : 'not yet',
    levels: storyLevels(image, message.postingsAt, message.levels, nameOf, false),
    margins: [],
    candidates: storyCandidates(image, message.decisionAt, kept, skipped, nameOf),
    attempts,
  };
}

function storyLevels(buffer: Buffer, start: number, count: number, nameOf: NameOf, isEnded: boolean): StoryLevel[] {
  const levels: StoryLevel[] = [];
  for (let at = start; levels.length < count; at += PostingHead.bytes) {
    const kind = (buffer[at + PostingHead.kind] as number) & 0x0f;
    const prefix = buffer.readDoubleLE(at + PostingHead.prefix);
    const deckRef = buffer.readUInt32LE(at + PostingHead.deckRef);
    levels.push({
      kind: kind === PostingKind.carrierCost ? 'carrier-cost' : 'sale',
      buyer: nameOf(buffer.readUInt32LE(at + PostingHead.buyerRef)),
      seller: nameOf(buffer.readUInt32LE(at + PostingHead.sellerRef)),
      deck: deckRef === 0 ? '' : nameOf(deckRef),
      deckVersion: buffer.readUInt32LE(at + PostingHead.deckVersion),
      prefix: prefix === 0 ? '' : String(prefix).slice(1),
      currency: buffer.latin1Slice(at + PostingHead.currency, at + PostingHead.currency + 3),
      rate: formatNanos(buffer.readBigInt64LE(at + PostingHead.rateNanos)),
      held: formatMicros(buffer.readBigInt64LE(at + PostingHead.heldMicros)),
      charged: isEnded ? formatMicros(buffer.readBigInt64LE(at + PostingHead.chargedMicros)) : undefined,
    });
  }
  return levels;
}

/** The seller at each level, against all that it bought for this message of its parent and of the carrier. */
function storyMargins(buffer: Buffer, start: number, count: number, nameOf: NameOf): StoryMargin[] {
  const margins: StoryMargin[] = [];
  const postings = Array.from({ length: count }, (_, index) => start + index * PostingHead.bytes);
  const currencyOf = (at: number): string =>
    buffer.latin1Slice(at + PostingHead.currency, at + PostingHead.currency + 3);
  for (const sold of postings) {
    if (((buffer[sold + PostingHead.kind] as number) & 0x0f) !== PostingKind.sale) continue;
    const sellerRef = buffer.readUInt32LE(sold + PostingHead.sellerRef);
    const currency = currencyOf(sold);
    const bought = postings.filter((at) => buffer.readUInt32LE(at + PostingHead.buyerRef) === sellerRef);
    if (bought.some((at) => currencyOf(at) !== currency)) continue;
    let micros = buffer.readBigInt64LE(sold + PostingHead.chargedMicros);
    for (const at of bought) micros -= buffer.readBigInt64LE(at + PostingHead.chargedMicros);
    margins.push({ tenant: nameOf(sellerRef), currency, margin: formatMicros(micros) });
  }
  return margins;
}

function storyCandidates(
  buffer: Buffer,
  start: number,
  kept: number,
  skipped: number,
  nameOf: NameOf,
): StoryCandidate[] {
  const candidates: StoryCandidate[] = [];
  for (let index = 0; index < kept + skipped; index++) {
    const at = start + index * DecisionEntry.bytes;
    const nanos = buffer.readBigInt64LE(at + DecisionEntry.nanos);
    candidates.push({
      trunk: nameOf(buffer.readUInt32LE(at + DecisionEntry.trunkRef)),
      price: nanos < 0n ? '' : formatNanos(nanos),
      verdict: index < kept ? `candidate ${index + 1}` : skipReason(buffer[at + DecisionEntry.why] as number),
    });
  }
  return candidates;
}

const storyAttempt = (attempt: Attempt, nameOf: NameOf): StoryAttempt => ({
  trunk: nameOf(attempt.trunkRef),
  atMs: attempt.atMs,
  outcome: OUTCOME_NAMES[attempt.outcome] ?? '?',
  commandStatus: attempt.commandStatus,
});
