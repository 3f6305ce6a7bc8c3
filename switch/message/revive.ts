// Makes a message again from its `open` record: at start from the journal, later from a row on disk.

import type { Account } from '../directory/index.js';
import type { MessageFlow } from './flow.js';
import { OpenFlag, OpenHead, Phase, PostingHead } from './journal-records.js';
import { ImageHead, ImageLayout } from './message-image.js';
import { type Attempt, Message, MessageParts, Stage } from './message.js';
import { AttemptEntry, OpenTail } from './records.js';
import { getText, skipText } from './wire.js';

const parts = new MessageParts();
const layout = new ImageLayout();

export interface ReviveTime {
  /** `MessageFlow.steadyMs()`. */
  readonly wallMs: number;
  readonly monotonicMs: number;
}

/** The account of an `open` record. */
export const accountRefOf = (payload: Buffer): number => payload.readUInt32LE(OpenHead.accountRef);
export const keyOf = (payload: Buffer): number => payload.readDoubleLE(OpenHead.key);

/**
 * @param payload the record's payload in memory of its own: the message keeps it.
 * Times that lie ahead on the wall clock become deadlines on the monotonic one, never further away than they were.
 */
export function revive(flow: MessageFlow, account: Account, payload: Buffer, now: ReviveTime): Message {
  const tail = skipText(payload, OpenHead.upstreamIdLen);
  const failures = payload[tail + OpenTail.failures] as number;
  const imageAt = tail + OpenTail.bytes + failures * AttemptEntry.bytes;
  const image = payload.subarray(imageAt);
  layout.read(image);
  const flags = payload[OpenHead.flags] as number;
  parts.key = keyOf(payload);
  parts.image = image;
  parts.bodyAt = layout.bodyAt;
  parts.bodyEnd = layout.bodyEnd;
  parts.postingsAt = layout.postingsAt;
  parts.decisionAt = layout.decisionAt;
  parts.source = getText(image, layout.sourceAt);
  parts.destination = getText(image, layout.destinationAt);
  parts.expiresMs = image.readDoubleLE(ImageHead.expiresMs);
  parts.acceptedMs = payload.readDoubleLE(OpenHead.acceptedMs);
  parts.wantsReceipt = (flags & OpenFlag.wantsReceipt) !== 0;
  parts.held = readHeld(image, layout.postingsAt);
  parts.stage = payload[OpenHead.phase] === Phase.awaitingReceipt ? Stage.awaitingReceipt : Stage.queued;
  parts.bornMs = now.monotonicMs;
  const validityMs = parts.expiresMs - parts.acceptedMs;
  parts.deadlineMs = now.monotonicMs + Math.min(validityMs, parts.expiresMs - now.wallMs);
  const message = new Message(flow, account, parts);
  message.trunkRef = payload.readUInt32LE(OpenHead.trunkRef);
  message.upstreamId = getText(payload, OpenHead.upstreamIdLen);
  message.candidate = payload[tail + OpenTail.candidate] as number;
  message.attempts = payload[tail + OpenTail.attempts] as number;
  message.submittedMs = payload.readDoubleLE(tail + OpenTail.submittedMs);
  message.awaitedSinceMs = awaitedSince(message.submittedMs, now);
  const nextAttemptWallMs = payload.readDoubleLE(tail + OpenTail.nextAttemptMs);
  message.nextAttemptMs = now.monotonicMs + Math.max(0, nextAttemptWallMs - now.wallMs);
  message.mayRepeat = (flags & OpenFlag.mayRepeat) !== 0;
  if (failures > 0) message.failures = readFailures(payload, tail + OpenTail.bytes, failures);
  return message;
}

/** A submission of an earlier life on the monotonic clock of this one. */
export const awaitedSince = (submittedMs: number, now: ReviveTime): number =>
  submittedMs === 0 ? 0 : now.monotonicMs - Math.max(0, now.wallMs - submittedMs);

export function readFailures(payload: Buffer, start: number, count: number): Attempt[] {
  const failures: Attempt[] = [];
  for (let at = start; failures.length < count; at += AttemptEntry.bytes) {
    failures.push({
      trunkRef: payload.readUInt32LE(at + AttemptEntry.trunkRef),
      atMs: payload.readDoubleLE(at + AttemptEntry.atMs),
      commandStatus: payload.readUInt32LE(at + AttemptEntry.commandStatus),
      outcome: payload[at + AttemptEntry.outcome] as number,
    });
  }
  return failures;
}

/** What a packed message holds at each level. */
function readHeld(image: Buffer, postingsAt: number): bigint[] {
  const held: bigint[] = [];
  for (let level = 0; level < (image[ImageHead.levels] as number); level++) {
    held.push(image.readBigInt64LE(postingsAt + level * PostingHead.bytes + PostingHead.heldMicros));
  }
  return held;
}
