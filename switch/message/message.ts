// One message from acceptance to its end. One shape for all; adapters hold it by reference as an OutboundMessage.

import { type Balance, type Sale } from '#rating';
import type { MessageAdapter, OutboundMessage } from '#adapters';
import type { Account } from '../directory/index.js';
import type { DurableTarget } from '../store/contract.js';
import type { MessageFlow } from './flow.js';
import type { OwedReceipt } from './account-desk.js';
import type { Lane } from './lane.js';
import { DecisionEntry, ImageHead } from './message-image.js';
import { getBigInt64 } from './put-bigint.js';

/** Where a message stands. Moves only through `MessageFlow`. */
export const Stage = {
  /** Its record is on its way to the disk; nothing was promised yet. */
  opening: 0,
  /** Promised; waits in its trunk's queue. */
  queued: 1,
  /** With an adapter, unanswered. */
  inFlight: 2,
  /** Waits for its next attempt. */
  waiting: 3,
  /** The upstream has it; its receipt is awaited. */
  awaitingReceipt: 4,
  /** Ended; its last record is on its way to the disk. */
  finished: 5,
  /** A row on disk is all that is left of it; this object is void. */
  onDisk: 6,
} as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

/** Who handed the message in, told once it is durable or refused by the disk. */
export interface MessageOrigin {
  messageAccepted(token: number, message: Message): void;
  messageRefused(token: number, commandStatus: number): void;
}

/** One past attempt, for the record. */
export interface Attempt {
  readonly trunkRef: number;
  readonly atMs: number;
  readonly commandStatus: number;
  readonly outcome: number;
}

/** How an attempt ended. Numbers stand in the journal and in MDRs. */
export const AttemptOutcome = {
  accepted: 0,
  throttled: 1,
  transient: 2,
  trunkPermanent: 3,
  permanent: 4,
  unanswered: 5,
} as const;

export class Message implements OutboundMessage, DurableTarget {
  readonly flow: MessageFlow;
  readonly key: number;
  readonly account: Account;
  /** The chain of sales at acceptance, customer first; the first `levels` of it hold money for this message. */
  readonly chain: readonly Sale[];
  readonly image: Buffer;
  readonly body: Buffer;
  readonly postingsAt: number;
  readonly decisionAt: number;
  readonly source: string;
  readonly destination: string;
  readonly registeredDeliveryAt: number;
  readonly expiresAtMs: number;
  readonly acceptedMs: number;
  readonly wantsReceipt: boolean;
  /** What it holds at each level, customer first. */
  readonly held: readonly bigint[];
  stage: Stage;
  /** Index of the candidate tried now. */
  candidate = 0;
  attempts = 0;
  /** Trunk that it waits for or that has it; 0 before the first. */
  trunkRef = 0;
  submittedMs = 0;
  /** Monotonic clock: when the upstream took it; its receipt is awaited from then on. */
  awaitedSinceMs = 0;
  upstreamId = '';
  commandStatus = 0;
  mayRepeat = false;
  wasSpilled = false;
  isSpilling = false;
  /** Journal segment that holds its latest `open` record. */
  segment = 0;
  /** Journal batch of that record: it may be forgotten in memory when a spill of it is projected. */
  batch = 0;
  /** Monotonic clock: when it was accepted here (or found at start). */
  bornMs: number;
  /** Monotonic clock: when its validity ends. */
  deadlineMs: number;
  /** Monotonic clock: the next attempt, while waiting. */
  nextAttemptMs = 0;
  origin: MessageOrigin | undefined = undefined;
  originToken = 0;
  /** The upstream that waits for the answer to its receipt. */
  ackAdapter: MessageAdapter | undefined = undefined;
  ackToken = 0;
  /** The lane whose window slot is free when its last record is on disk. */
  slot: Lane | undefined = undefined;
  /** The receipt that the ESME is owed once its last record is on disk. */
  owed: OwedReceipt | undefined = undefined;
  /** Neighbours in the list of open messages; its own. */
  openBefore: Message | undefined = undefined;
  openAfter: Message | undefined = undefined;
  /** Failed attempts; most messages have none. */
  failures: Attempt[] | undefined = undefined;

  constructor(flow: MessageFlow, account: Account, parts: MessageParts) {
    this.flow = flow;
    this.key = parts.key;
    this.account = account;
    this.chain = account.chain;
    this.image = parts.image;
    this.body = parts.image.subarray(parts.bodyAt, parts.bodyEnd);
    this.postingsAt = parts.postingsAt;
    this.decisionAt = parts.decisionAt;
    this.source = parts.source;
    this.destination = parts.destination;
    this.registeredDeliveryAt = parts.image.readUInt16LE(ImageHead.registeredDeliveryAt);
    this.expiresAtMs = parts.expiresMs;
    this.acceptedMs = parts.acceptedMs;
    this.wantsReceipt = parts.wantsReceipt;
    this.held = parts.held;
    this.stage = parts.stage;
    this.bornMs = parts.bornMs;
    this.deadlineMs = parts.deadlineMs;
  }

  get segments(): number {
    return this.image[ImageHead.segments] as number;
  }

  /** registered_delivery as the ESME asked (SMPP 3.4 §5.2.17). */
  get esmeReceipt(): number {
    return this.image[ImageHead.esmeReceipt] as number;
  }

  get levels(): number {
    return this.image[ImageHead.levels] as number;
  }

  get candidates(): number {
    return this.image[ImageHead.kept] as number;
  }

  /** Trunk of the candidate in this place of the ranking. */
  candidateRef(index: number): number {
    return this.image.readUInt32LE(this.decisionAt + index * DecisionEntry.bytes + DecisionEntry.trunkRef);
  }

  candidateNanos(index: number): bigint {
    return getBigInt64(this.image, this.decisionAt + index * DecisionEntry.bytes + DecisionEntry.nanos);
  }

  /** The balance that pays at this level. Tenants never change parents, so the chain's order is the held order. */
  balance(level: number): Balance {
    return (this.chain[level] as Sale).balance;
  }

  durable(): void {
    this.flow.committed(this);
  }

  notDurable(): void {
    this.flow.notCommitted(this);
  }
}

/** What the constructor needs besides the account; one reusable object, copied out at once. */
export class MessageParts {
  key = 0;
  image: Buffer = Buffer.alloc(0);
  bodyAt = 0;
  bodyEnd = 0;
  postingsAt = 0;
  decisionAt = 0;
  source = '';
  destination = '';
  expiresMs = 0;
  acceptedMs = 0;
  wantsReceipt = false;
  /** An array of the message's own. */
  held: readonly bigint[] = [];
  stage: Stage = Stage.opening;
  bornMs = 0;
  deadlineMs = 0;
}
