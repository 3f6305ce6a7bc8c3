// A message's life: opened, queued, in flight, waiting for its receipt, finished. The one place where its stage moves.

import { ATTEMPTS_MAX, type Clock, invariant, type KeySource, type Logger, MessageState, type Random } from '#core';
import type { AdapterEvents, MessageAdapter, OutboundMessage, RefusalClass, UpstreamReceipt } from '#adapters';
import { Status } from '#smpp';
import { release } from '#rating';
import type { Account, Directory, Trunk } from '../directory/index.js';
import { failpoint, failpointsArmed } from '../failpoints.js';
import type { Store } from '../store/contract.js';
import { Acceptance, type LiveTables, type SubmitRequest } from './acceptance.js';
import { AccountDesk } from './account-desk.js';
import { Ceilings } from './ceilings.js';
import { DueHeap } from './due-heap.js';
import { Lane } from './lane.js';
import { AttemptOutcome, Message, Stage } from './message.js';
import { OpenMessages } from './open-messages.js';
import { ReceiptDesk } from './receipt-desk.js';
import { ReceiptMatch } from './receipt-match.js';
import { appendAttemptFailed, appendSubmitted } from './records.js';
import { afterFailure, nextUsable } from './retry.js';
import { SegmentCount } from './segment-count.js';
import { Settlement } from './settlement.js';
import { Spill } from './spill.js';

export interface FlowParts {
  readonly store: Store;
  readonly directory: Directory;
  readonly tables: LiveTables;
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: KeySource;
  readonly node: number;
  readonly log: Logger;
}

export interface FlowCounters {
  accepted: number;
  submitted: number;
  finished: number;
  delivered: number;
  failed: number;
  expired: number;
  retried: number;
  failedOver: number;
  diskRefused: number;
}

export class MessageFlow implements AdapterEvents {
  readonly clock: Clock;
  readonly random: Random;
  readonly keys: KeySource;
  readonly node: number;
  readonly log: Logger;
  readonly store: Store;
  readonly journal: Store['journal'];
  readonly directory: Directory;
  /** Swapped by one assignment when decks, plans or trunks change. */
  tables: LiveTables;
  /** Every message in memory, oldest first. */
  readonly open = new OpenMessages();
  readonly lanes = new Map<number, Lane>();
  readonly desks = new Map<number, AccountDesk>();
  readonly segments = new SegmentCount();
  readonly ceilings = new Ceilings();
  readonly receipts: ReceiptDesk;
  readonly match: ReceiptMatch;
  readonly spill: Spill;
  readonly waiting = new DueHeap<Message>();
  readonly counters: FlowCounters = {
    accepted: 0,
    submitted: 0,
    finished: 0,
    delivered: 0,
    failed: 0,
    expired: 0,
    retried: 0,
    failedOver: 0,
    diskRefused: 0,
  };
  readonly settlement: Settlement;
  readonly #acceptance: Acceptance;
  readonly #laneByTrunkId = new Map<string, Lane>();
  /** Wall clock minus monotonic clock when the process began. */
  readonly #steadyOffsetMs: number;
  #dirty: Lane[] = [];
  #isScheduled = false;
  #isDraining = false;

  constructor(parts: FlowParts) {
    this.clock = parts.clock;
    this.#steadyOffsetMs = parts.clock.wallMs() - parts.clock.monotonicMs();
    this.random = parts.random;
    this.keys = parts.keys;
    this.node = parts.node;
    this.log = parts.log;
    this.store = parts.store;
    this.journal = parts.store.journal;
    this.directory = parts.directory;
    this.tables = parts.tables;
    const onError = (error: unknown): void => this.log.error({ err: error }, 'reading back from disk failed');
    this.receipts = new ReceiptDesk({
      journal: this.journal,
      records: parts.store.records,
      clock: this.clock,
      segments: this.segments,
      onError,
    });
    this.settlement = new Settlement(this);
    this.match = new ReceiptMatch(this);
    this.spill = new Spill(this, onError);
    this.#acceptance = new Acceptance(this);
  }

  /** Takes a message or answers the command_status that says why not. */
  accept(request: SubmitRequest): number {
    if (this.#isDraining) return Status.ESME_RSYSERR;
    const status = this.#acceptance.accept(request);
    if (status !== Status.ESME_ROK) request.desk.counters.refused++;
    return status;
  }

  /**
   * Epoch milliseconds that no step of the wall clock touches: for every deadline that outlives the process. Right after
   * a start it is the wall clock.
   */
  steadyMs(): number {
    return this.#steadyOffsetMs + this.clock.monotonicMs();
  }

  /** The account's working side; made when first asked for, kept for the process's life. */
  desk(account: Account): AccountDesk {
    let desk = this.desks.get(account.ref);
    if (desk === undefined) {
      desk = new AccountDesk(account);
      this.desks.set(account.ref, desk);
    }
    return desk;
  }

  addLane(trunk: Trunk, adapter: MessageAdapter): Lane {
    const lane = new Lane(trunk, adapter, this.wake);
    this.lanes.set(trunk.ref, lane);
    this.#laneByTrunkId.set(trunk.id, lane);
    return lane;
  }

  // ── stages ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Its record was appended. */
  opened(message: Message): void {
    this.open.add(message);
    this.segments.add(message.segment);
  }

  /** Its latest record is on disk: what was promised may be said, and the next step taken. */
  committed(message: Message): void {
    if (message.stage === Stage.finished) {
      this.settlement.committed(message);
      return;
    }
    this.counters.accepted++;
    if (failpointsArmed) failpoint('message.durable');
    message.origin?.messageAccepted(message.originToken, message);
    message.origin = undefined;
    if (failpointsArmed) failpoint('message.answered');
    if (message.isSpilling) {
      this.spill.watch(message);
      const lane = this.lanes.get(message.trunkRef);
      if (lane !== undefined) lane.deepCount++;
    } else {
      this.enqueue(message);
    }
  }

  /** The disk refused its `open` record: nothing was promised, nothing is kept. */
  notCommitted(message: Message): void {
    this.counters.diskRefused++;
    release(message.chain, message.levels, message.held);
    message.stage = Stage.finished;
    this.forget(message);
    message.origin?.messageRefused(message.originToken, Status.ESME_RSYSERR);
    message.origin = undefined;
  }

  /** Puts it in its candidate's queue. */
  enqueue(message: Message): void {
    if (message.isSpilling) this.spill.resume(message);
    message.trunkRef = message.candidateRef(message.candidate);
    const lane = this.lanes.get(message.trunkRef);
    message.stage = Stage.queued;
    if (lane === undefined) {
      this.#attemptFailed(message, undefined, 'trunk-permanent', 0);
      return;
    }
    lane.queue.push(message);
    this.wake(lane);
  }

  /** Removes it from memory; the journal or a row keeps what must be kept. */
  forget(message: Message): void {
    this.open.delete(message);
    this.segments.remove(message.segment);
  }

  // ── what adapters say ───────────────────────────────────────────────────────────────────────────────────────────

  accepted(adapter: MessageAdapter, outbound: OutboundMessage, upstreamId: string): void {
    const message = messageOf(outbound);
    const lane = this.#laneOf(adapter);
    if (message.stage !== Stage.inFlight || lane === undefined) return;
    if (failpointsArmed) failpoint('attempt.answered');
    this.counters.submitted++;
    message.submittedMs = this.clock.wallMs();
    message.awaitedSinceMs = this.clock.monotonicMs();
    message.upstreamId = upstreamId;
    message.commandStatus = 0;
    if (!message.wantsReceipt) {
      this.settlement.finish(message, MessageState.enroute, '', message.submittedMs, lane);
      return;
    }
    if (upstreamId === '') {
      // Without an id no receipt will ever find it.
      this.settlement.finishWithoutReceipt(message, message.submittedMs, lane);
      return;
    }
    message.stage = Stage.awaitingReceipt;
    appendSubmitted(this.journal, message, lane);
    if (failpointsArmed) failpoint('attempt.appended');
    this.match.await(lane, message);
  }

  refused(adapter: MessageAdapter, outbound: OutboundMessage, refusal: RefusalClass, commandStatus: number): void {
    const message = messageOf(outbound);
    if (message.stage !== Stage.inFlight) return;
    this.#attemptFailed(message, this.#laneOf(adapter), refusal, commandStatus);
  }

  unanswered(adapter: MessageAdapter, outbound: OutboundMessage, why: 'timeout' | 'link-lost'): void {
    const message = messageOf(outbound);
    if (message.stage !== Stage.inFlight) return;
    message.mayRepeat = true;
    this.log.debug({ trunk: adapter.trunkId, why }, 'attempt unanswered');
    this.#attemptFailed(message, this.#laneOf(adapter), 'transient', 0, AttemptOutcome.unanswered);
  }

  receipt(adapter: MessageAdapter, receipt: UpstreamReceipt, _raw: Buffer, token: number): void {
    if (failpointsArmed) failpoint('receipt.arrived');
    const lane = this.#laneOf(adapter);
    if (lane === undefined) adapter.acknowledge(token, Status.ESME_RX_T_APPN);
    else this.match.arrived(lane, receipt, token);
  }

  /** Mobile-originated messages have no owner yet: told so for good, since asking again would not help. */
  mobileOriginated(adapter: MessageAdapter, _raw: Buffer, token: number): void {
    adapter.acknowledge(token, Status.ESME_RX_P_APPN);
  }

  ready(adapter: MessageAdapter): void {
    const lane = this.#laneOf(adapter);
    if (lane === undefined) return;
    lane.trunk.state.up = adapter.state === 'up';
    if (lane.trunk.state.up) lane.downSinceMs = 0;
    this.wake(lane);
  }

  // ── failures ────────────────────────────────────────────────────────────────────────────────────────────────────

  #attemptFailed(
    message: Message,
    lane: Lane | undefined,
    refusal: RefusalClass,
    commandStatus: number,
    outcome: number = OUTCOME_OF[refusal],
  ): void {
    const nowMs = this.clock.monotonicMs();
    const atMs = this.clock.wallMs();
    message.commandStatus = commandStatus;
    // Throttling is the trunk's state, not the message's fault: it is not worth a line in the record each time.
    message.failures ??= [];
    if (message.failures.length < ATTEMPTS_MAX && (refusal !== 'throttled' || message.failures.length === 0)) {
      message.failures.push({ trunkRef: message.trunkRef, atMs, commandStatus, outcome });
    }
    const next = afterFailure(this, message, refusal, nowMs);
    if (next === 'fail') {
      const state = message.deadlineMs <= nowMs ? MessageState.expired : MessageState.undeliverable;
      this.settlement.finish(message, state, '', atMs, lane);
      return;
    }
    const delayMs = Math.max(0, message.nextAttemptMs - nowMs);
    const nextAtMs = this.steadyMs() + delayMs;
    appendAttemptFailed(this.journal, message, { atMs, commandStatus, outcome, nextAtMs }, lane);
    if (next === 'wait') {
      this.counters.retried++;
      message.stage = Stage.waiting;
      this.waiting.push(message);
    } else if (next === 'same-trunk' && lane !== undefined) {
      message.stage = Stage.queued;
      lane.queue.unshift(message);
    } else {
      this.counters.failedOver++;
      this.enqueue(message);
    }
  }

  // ── turning the wheel ───────────────────────────────────────────────────────────────────────────────────────────

  readonly wake = (lane: Lane): void => {
    if (lane.isDirty) return;
    lane.isDirty = true;
    this.#dirty.push(lane);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(this.#pumpDirty);
  };

  readonly #pumpDirty = (): void => {
    this.#isScheduled = false;
    const dirty = this.#dirty;
    this.#dirty = [];
    const nowMs = this.clock.monotonicMs();
    for (const lane of dirty) {
      lane.isDirty = false;
      lane.pump(nowMs, this.expire);
      if (failpointsArmed) failpoint('message.dispatched');
      if (lane.deepCount > 0) this.spill.refill(lane);
    }
  };

  readonly expire = (message: Message): void => {
    this.settlement.finish(message, MessageState.expired, '', this.clock.wallMs(), undefined);
  };

  /** Timers, about every 100 ms. */
  tick(nowMs: number): void {
    for (const lane of this.lanes.values()) {
      lane.adapter.tick(nowMs);
      this.#watchLane(lane, nowMs);
      if (lane.queue.size > 0 || lane.deepCount > 0) this.wake(lane);
    }
    for (let due = this.waiting.popDue(nowMs); due !== undefined; due = this.waiting.popDue(nowMs)) {
      if (due.stage !== Stage.waiting) continue;
      if (due.deadlineMs <= nowMs) this.expire(due);
      else this.enqueue(due);
    }
    this.receipts.tick(nowMs);
    this.match.tick(nowMs);
    this.spill.tick(nowMs);
  }

  /** A trunk that stays down gives its queue to the next candidates. */
  #watchLane(lane: Lane, nowMs: number): void {
    const isUp = lane.adapter.state === 'up' && lane.trunk.enabled;
    lane.trunk.state.up = lane.adapter.state === 'up';
    if (isUp) {
      lane.downSinceMs = 0;
      return;
    }
    if (lane.downSinceMs === 0) lane.downSinceMs = nowMs;
    const graceMs = lane.trunk.enabled ? LANE_GRACE_MS : 0;
    if (nowMs - lane.downSinceMs < graceMs) return;
    for (let left = Math.min(lane.queue.size, MOVES_PER_TICK); left > 0; left--) {
      const message = lane.queue.shift();
      if (message?.stage !== Stage.queued) continue;
      if (message.deadlineMs <= nowMs) this.expire(message);
      else if (nextUsable(this, message) < 0) lane.queue.push(message);
      else this.#attemptFailed(message, undefined, 'transient', 0);
    }
  }

  /** Takes no more messages; what is in flight is waited for by closing the adapters. */
  drain(): void {
    this.#isDraining = true;
  }

  #laneOf(adapter: MessageAdapter): Lane | undefined {
    return this.#laneByTrunkId.get(adapter.trunkId);
  }
}

const OUTCOME_OF: Readonly<Record<RefusalClass, number>> = {
  throttled: AttemptOutcome.throttled,
  transient: AttemptOutcome.transient,
  'trunk-permanent': AttemptOutcome.trunkPermanent,
  permanent: AttemptOutcome.permanent,
};

/** How long a trunk may be away before its queue moves on: longer than a reconnect takes. */
const LANE_GRACE_MS = 5_000;
/** Messages moved from a dead trunk in one tick: keeps the turn short. */
const MOVES_PER_TICK = 5_000;

/** Adapters hold our messages as their contract shows them, and hand back what they were given. */
function messageOf(outbound: OutboundMessage): Message {
  invariant(outbound instanceof Message, 'an adapter spoke of a message that is not ours');
  return outbound;
}
