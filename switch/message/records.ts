// Writes and reads the journal's records of messages. Layouts: journal-records.ts.

import { type ChargeEvent, chargeStep } from '#rating';
import type { Journal } from '../store/contract.js';
import { RecordType, type DurableTarget } from '../store/contract.js';
import type { Message } from './message.js';
import { chargeOnOf, DecisionEntry, ImageHead, noReceiptOf, putCurrency } from './message-image.js';
import {
  AttemptFailedHead,
  FinishFlag,
  FinishHead,
  OpenFlag,
  OpenHead,
  PostingHead,
  PostingKind,
  PostingRecordHead,
  ReceiptDoneHead,
  SubmittedHead,
} from './journal-records.js';
import { putBigInt64 } from './put-bigint.js';
import { copyOctets, putText } from './wire.js';

/** One failed attempt in `open` and `finish`: u32 trunk ref, f64 at, u32 status, u8 outcome. */
export const AttemptEntry = { trunkRef: 0, atMs: 4, commandStatus: 12, outcome: 16, bytes: 17 } as const;

/** What `open` holds behind the upstream id: u8 candidate, u8 attempts, f64 submittedMs, f64 nextAttemptMs, u8 failures. */
export const OpenTail = {
  candidate: 0,
  attempts: 1,
  submittedMs: 2,
  nextAttemptMs: 10,
  failures: 18,
  bytes: 19,
} as const;

export interface OpenState {
  readonly phase: number;
  readonly spill: boolean;
  readonly dueMs: number;
  readonly nextAttemptMs: number;
  readonly mayFail: boolean;
}

/** Appends a message's whole state. `target` hears when it is on disk. */
export function appendOpen(journal: Journal, message: Message, state: OpenState, target?: DurableTarget): void {
  const failures = message.failures?.length ?? 0;
  const bytes =
    OpenHead.bytes +
    1 +
    message.upstreamId.length +
    OpenTail.bytes +
    failures * AttemptEntry.bytes +
    message.image.length;
  let at = journal.begin(RecordType.open, bytes, state.mayFail);
  const { buffer, view } = journal;
  view.setFloat64(at + OpenHead.key, message.key, true);
  buffer[at + OpenHead.flags] =
    (state.spill ? OpenFlag.spill : 0) |
    (message.wantsReceipt ? OpenFlag.wantsReceipt : 0) |
    (message.mayRepeat ? OpenFlag.mayRepeat : 0);
  buffer[at + OpenHead.phase] = state.phase;
  view.setUint32(at + OpenHead.accountRef, message.account.ref, true);
  view.setUint32(at + OpenHead.tenantRef, message.account.tenant.ref, true);
  view.setUint32(at + OpenHead.trunkRef, message.trunkRef, true);
  view.setFloat64(at + OpenHead.dueMs, state.dueMs, true);
  view.setFloat64(at + OpenHead.acceptedMs, message.acceptedMs, true);
  at = putText(buffer, at + OpenHead.upstreamIdLen, message.upstreamId);
  buffer[at + OpenTail.candidate] = message.candidate;
  buffer[at + OpenTail.attempts] = message.attempts;
  view.setFloat64(at + OpenTail.submittedMs, message.submittedMs, true);
  view.setFloat64(at + OpenTail.nextAttemptMs, state.nextAttemptMs, true);
  buffer[at + OpenTail.failures] = failures;
  at = putFailures(buffer, view, at + OpenTail.bytes, message);
  buffer.set(message.image, at);
  message.segment = journal.segment;
  message.batch = journal.batch;
  journal.end(at + message.image.length, target);
}

function putFailures(buffer: Buffer, view: DataView, start: number, message: Message): number {
  let at = start;
  if (message.failures === undefined) return at;
  for (const failure of message.failures) {
    view.setUint32(at + AttemptEntry.trunkRef, failure.trunkRef, true);
    view.setFloat64(at + AttemptEntry.atMs, failure.atMs, true);
    view.setUint32(at + AttemptEntry.commandStatus, failure.commandStatus, true);
    buffer[at + AttemptEntry.outcome] = failure.outcome;
    at += AttemptEntry.bytes;
  }
  return at;
}

/** An upstream took it: written before its window slot is given away, so a crash repeats at most a window. */
export function appendSubmitted(journal: Journal, message: Message, target: DurableTarget): void {
  const at = journal.begin(RecordType.submitted, SubmittedHead.upstreamIdLen + 2 + message.upstreamId.length);
  const { buffer, view } = journal;
  view.setFloat64(at + SubmittedHead.key, message.key, true);
  view.setUint32(at + SubmittedHead.trunkRef, message.trunkRef, true);
  view.setFloat64(at + SubmittedHead.atMs, message.submittedMs, true);
  const end = putText(buffer, at + SubmittedHead.upstreamIdLen, message.upstreamId);
  buffer[end] = message.mayRepeat ? OpenFlag.mayRepeat : 0;
  journal.end(end + 1, target);
}

export interface FailedAttempt {
  readonly atMs: number;
  readonly commandStatus: number;
  readonly outcome: number;
  readonly nextAtMs: number;
}

export function appendAttemptFailed(
  journal: Journal,
  message: Message,
  failed: FailedAttempt,
  target?: DurableTarget,
): void {
  const at = journal.begin(RecordType.attemptFailed, AttemptFailedHead.bytes);
  const { buffer, view } = journal;
  view.setFloat64(at + AttemptFailedHead.key, message.key, true);
  view.setUint32(at + AttemptFailedHead.trunkRef, message.trunkRef, true);
  view.setFloat64(at + AttemptFailedHead.atMs, failed.atMs, true);
  view.setUint32(at + AttemptFailedHead.commandStatus, failed.commandStatus, true);
  buffer[at + AttemptFailedHead.outcome] = failed.outcome;
  buffer[at + AttemptFailedHead.nextCandidate] = message.candidate;
  view.setFloat64(at + AttemptFailedHead.nextAtMs, failed.nextAtMs, true);
  journal.end(at + AttemptFailedHead.bytes, target);
}

/** How a message ended; one reusable object. */
export class Ending {
  state = 0;
  doneMs = 0;
  errorCode = '';
  /** Per level: what is taken of what was held, as the plan's charging moment says. */
  charged: bigint[] = [];
  /** What the trunk's owner owes the carrier; −1n when nothing was submitted. */
  costMicros = -1n;
  costRateNanos = 0n;
  costCurrency = '';
  costOwnerRef = 0;
  costDeckRef = 0;
  flags = 0;
  /** Journal segment of its record, set when that is appended. */
  segment = 0;
  /** deliver_sm body of the receipt that the ESME is owed; undefined when none. */
  receiptBody: Buffer | undefined = undefined;
}

/** Whether a level pays, given what became of the message. */
export const isCharged = (kindOctet: number, event: ChargeEvent): boolean =>
  chargeStep(chargeOnOf(kindOctet), event, noReceiptOf(kindOctet)) === 'charge';

/** Appends a message's end: MDR, postings and the owed receipt in one record, so that all or nothing of it happened. */
export function appendFinish(journal: Journal, message: Message, ending: Ending, target: DurableTarget): void {
  const { image, levels } = message;
  const failures = message.failures?.length ?? 0;
  const decisionEntries = (image[ImageHead.kept] as number) + (image[ImageHead.skipped] as number);
  const decisionBytes = decisionEntries * DecisionEntry.bytes;
  const receiptBytes = ending.receiptBody?.length ?? 0;
  const textBytes =
    message.source.length + message.destination.length + message.upstreamId.length + ending.errorCode.length;
  const bytes =
    FinishHead.bytes +
    (4 + textBytes) +
    1 +
    (levels + 1) * PostingHead.bytes +
    (2 + decisionBytes) +
    (1 + failures * AttemptEntry.bytes) +
    (4 + receiptBytes);
  const start = journal.begin(RecordType.finish, bytes);
  const { buffer, view } = journal;
  putFinishHead(buffer, view, start, message, ending);
  let at = putText(buffer, start + FinishHead.bytes, message.source);
  at = putText(buffer, at, message.destination);
  at = putText(buffer, at, message.upstreamId);
  at = putText(buffer, at, ending.errorCode);
  at = putPostings(buffer, view, at, message, ending);
  buffer[at] = image[ImageHead.kept] as number;
  buffer[at + 1] = image[ImageHead.skipped] as number;
  copyOctets(image, message.decisionAt, message.decisionAt + decisionBytes, buffer, at + 2);
  at += 2 + decisionBytes;
  buffer[at] = failures;
  at = putFailures(buffer, view, at + 1, message);
  view.setUint32(start + FinishHead.receiptAt, at - start, true);
  view.setUint32(at, receiptBytes, true);
  if (ending.receiptBody !== undefined) buffer.set(ending.receiptBody, at + 4);
  ending.segment = journal.segment;
  journal.end(at + 4 + receiptBytes, target);
}

function putFinishHead(buffer: Buffer, view: DataView, at: number, message: Message, ending: Ending): void {
  view.setFloat64(at + FinishHead.key, message.key, true);
  buffer[at + FinishHead.flags] =
    ending.flags |
    (message.wasSpilled ? FinishFlag.wasSpilled : 0) |
    (message.mayRepeat ? FinishFlag.mayHaveRepeated : 0);
  buffer[at + FinishHead.state] = ending.state;
  buffer[at + FinishHead.segments] = message.segments;
  buffer[at + FinishHead.attempts] = message.attempts;
  view.setUint32(at + FinishHead.accountRef, message.account.ref, true);
  view.setUint32(at + FinishHead.tenantRef, message.account.tenant.ref, true);
  view.setUint32(at + FinishHead.trunkRef, message.submittedMs === 0 ? 0 : message.trunkRef, true);
  view.setFloat64(at + FinishHead.acceptedMs, message.acceptedMs, true);
  view.setFloat64(at + FinishHead.submittedMs, message.submittedMs, true);
  view.setFloat64(at + FinishHead.doneMs, ending.doneMs, true);
  putBigInt64(view, at + FinishHead.chargeMicros, ending.charged[0] ?? 0n);
  view.setUint32(at + FinishHead.commandStatus, message.commandStatus, true);
}

function putPostings(buffer: Buffer, view: DataView, start: number, message: Message, ending: Ending): number {
  const { image, levels, postingsAt } = message;
  const hasCost = ending.costMicros >= 0n;
  buffer[start] = levels + (hasCost ? 1 : 0);
  let at = start + 1;
  copyOctets(image, postingsAt, postingsAt + levels * PostingHead.bytes, buffer, at);
  for (let level = 0; level < levels; level++) {
    buffer[at + PostingHead.kind] = PostingKind.sale;
    putBigInt64(view, at + PostingHead.chargedMicros, ending.charged[level] as bigint);
    at += PostingHead.bytes;
  }
  if (!hasCost) return at;
  buffer[at + PostingHead.kind] = PostingKind.carrierCost;
  putCurrency(buffer, at + PostingHead.currency, ending.costCurrency);
  view.setUint32(at + PostingHead.buyerRef, ending.costOwnerRef, true);
  view.setUint32(at + PostingHead.sellerRef, message.trunkRef, true);
  view.setUint32(at + PostingHead.deckRef, ending.costDeckRef, true);
  view.setUint32(at + PostingHead.deckVersion, 0, true);
  view.setFloat64(at + PostingHead.prefix, 0, true);
  putBigInt64(view, at + PostingHead.rateNanos, ending.costRateNanos);
  putBigInt64(view, at + PostingHead.heldMicros, 0n);
  putBigInt64(view, at + PostingHead.chargedMicros, ending.costMicros);
  return at + PostingHead.bytes;
}

/** Moves an owed receipt to disk: a `finish` that carries nothing but the receipt. */
export function appendReceiptSpill(
  journal: Journal,
  owed: { readonly key: number; readonly accountRef: number; readonly body: Buffer },
): void {
  const at = journal.begin(RecordType.finish, FinishHead.bytes + 4 + owed.body.length);
  const { buffer, view } = journal;
  buffer.fill(0, at, at + FinishHead.bytes);
  view.setFloat64(at + FinishHead.key, owed.key, true);
  buffer[at + FinishHead.flags] = FinishFlag.receiptOwed | FinishFlag.receiptSpill | FinishFlag.receiptOnly;
  view.setUint32(at + FinishHead.accountRef, owed.accountRef, true);
  view.setUint32(at + FinishHead.receiptAt, FinishHead.bytes, true);
  view.setUint32(at + FinishHead.bytes, owed.body.length, true);
  buffer.set(owed.body, at + FinishHead.bytes + 4);
  journal.end(at + FinishHead.bytes + 4 + owed.body.length);
}

export function appendReceiptDone(journal: Journal, key: number, hadRow: boolean, how: 1 | 2): void {
  const at = journal.begin(RecordType.receiptDone, ReceiptDoneHead.bytes);
  journal.view.setFloat64(at + ReceiptDoneHead.key, key, true);
  journal.buffer[at + ReceiptDoneHead.flags] = hadRow ? 1 : 0;
  journal.buffer[at + ReceiptDoneHead.how] = how;
  journal.end(at + ReceiptDoneHead.bytes);
}

/** A movement of money that no message caused: positive amounts raise the buyer's balance. */
export interface Posting {
  readonly id: number;
  readonly atMs: number;
  readonly kind: typeof PostingKind.topUp | typeof PostingKind.adjustment;
  readonly buyerRef: number;
  readonly sellerRef: number;
  readonly currency: string;
  readonly raiseMicros: bigint;
  readonly reason: string;
  readonly actor: string;
}

export function appendPosting(journal: Journal, posting: Posting, target: DurableTarget): void {
  const bytes = PostingRecordHead.bytes + 2 + posting.reason.length + posting.actor.length;
  const at = journal.begin(RecordType.posting, bytes, true);
  const { buffer, view } = journal;
  buffer.fill(0, at, at + PostingRecordHead.bytes);
  view.setFloat64(at + PostingRecordHead.id, posting.id, true);
  view.setFloat64(at + PostingRecordHead.atMs, posting.atMs, true);
  const head = at + PostingRecordHead.posting;
  buffer[head + PostingHead.kind] = posting.kind;
  putCurrency(buffer, head + PostingHead.currency, posting.currency);
  view.setUint32(head + PostingHead.buyerRef, posting.buyerRef, true);
  view.setUint32(head + PostingHead.sellerRef, posting.sellerRef, true);
  putBigInt64(view, head + PostingHead.chargedMicros, -posting.raiseMicros);
  const end = putText(buffer, at + PostingRecordHead.bytes, posting.reason);
  journal.end(putText(buffer, end, posting.actor), target);
}
