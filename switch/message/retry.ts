// What follows a failed attempt: the same trunk, the next candidate, a pause, or the end.

import { ATTEMPTS_MAX, type Random } from '#core';
import type { RefusalClass } from '#adapters';
import type { Lane } from './lane.js';
import { AttemptOutcome, type Message } from './message.js';

/** Pauses after every candidate failed once, in seconds; the last repeats until the validity ends. */
const PAUSES_SEC: readonly number[] = [1, 5, 15, 60, 300, 900, 3_600];
/** Pauses are spread by this share, so that what failed together does not return together. */
const JITTER = 0.2;

export interface RetryFlow {
  readonly lanes: ReadonlyMap<number, Lane>;
  readonly random: Random;
}

export type NextStep = 'same-trunk' | 'next' | 'wait' | 'fail';

/** Decides, and sets the message's candidate and the time of its next attempt. */
export function afterFailure(flow: RetryFlow, message: Message, refusal: RefusalClass, nowMs: number): NextStep {
  if (refusal === 'permanent' || message.deadlineMs <= nowMs) return 'fail';
  message.nextAttemptMs = nowMs;
  if (refusal === 'throttled') {
    // The trunk's state, not the message's fault: no attempt is used up by it.
    message.attempts--;
    return 'same-trunk';
  }
  if (message.attempts >= ATTEMPTS_MAX) return 'fail';
  const next = nextUsable(flow, message);
  if (next > message.candidate) {
    message.candidate = next;
    return 'next';
  }
  const again = next >= 0 ? next : firstNotRefused(message);
  if (again < 0) return 'fail';
  const rounds = Math.floor(Math.max(0, message.attempts - 1) / Math.max(1, message.candidates));
  const pauseMs = (PAUSES_SEC[Math.min(PAUSES_SEC.length - 1, rounds)] as number) * 1_000;
  // No pause outlives the validity: it ends then.
  message.nextAttemptMs = Math.min(message.deadlineMs, nowMs + pauseMs * (1 + JITTER * flow.random()));
  message.candidate = again;
  return 'wait';
}

/** The next candidate behind the present one, wrapping round, that is up and did not refuse for good; −1: none. */
export function nextUsable(flow: Pick<RetryFlow, 'lanes'>, message: Message): number {
  const count = message.candidates;
  for (let step = 1; step < count; step++) {
    const index = (message.candidate + step) % count;
    const ref = message.candidateRef(index);
    const lane = flow.lanes.get(ref);
    if (lane !== undefined && lane.trunk.enabled && lane.trunk.state.up && !hasRefused(message, ref)) return index;
  }
  return -1;
}

function firstNotRefused(message: Message): number {
  for (let index = 0; index < message.candidates; index++) {
    if (!hasRefused(message, message.candidateRef(index))) return index;
  }
  return -1;
}

function hasRefused(message: Message, trunkRef: number): boolean {
  if (message.failures === undefined) return false;
  for (const failure of message.failures) {
    if (failure.trunkRef === trunkRef && failure.outcome === AttemptOutcome.trunkPermanent) return true;
  }
  return false;
}
