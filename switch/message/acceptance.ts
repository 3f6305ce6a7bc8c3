// From a parsed submission to a record in the journal: sender rights, throughput, route, price, hold. Synchronous; on
// any refusal nothing is kept.

import {
  classifySource,
  invariant,
  JOURNAL_PENDING_BYTES_MAX,
  OPEN_MESSAGES_MAX,
  parseE164,
  TENANT_DEPTH_MAX,
} from '#core';
import { quote, Quote, type RateTables, reserve, type Sale } from '#rating';
import { Decision, DecideRequest, type Router } from '#routing';
import { countSegmentsAt, type MessageFields, parseSmppTime, Status } from '#smpp';
import type { Account } from '../directory/index.js';
import { failpoint, failpointsArmed } from '../failpoints.js';
import type { MessageFlow } from './flow.js';
import type { AccountDesk } from './account-desk.js';
import { ImageInput, ImageLayout, packImage } from './message-image.js';
import { Message, type MessageOrigin, MessageParts, Stage } from './message.js';
import { Phase } from './journal-records.js';
import { appendOpen, type OpenState } from './records.js';

/** A submission at the border; one reusable object per listener, valid during `accept` only. */
export class SubmitRequest {
  desk!: AccountDesk;
  fields!: MessageFields;
  /** Holds the submit_sm body between `bodyStart` and `bodyEnd`. */
  buffer: Buffer = Buffer.alloc(0);
  bodyStart = 0;
  bodyEnd = 0;
  origin: MessageOrigin | undefined = undefined;
  originToken = 0;
}

/** Tables that one assignment swaps: prices, the destination index and the router over them belong together. */
export interface LiveTables {
  readonly rates: RateTables;
  readonly router: Router;
}

const OPENING: OpenState = { phase: Phase.queued, spill: false, dueMs: 0, nextAttemptMs: 0, mayFail: true };

export class Acceptance {
  readonly #flow: MessageFlow;
  readonly #decision = new Decision();
  readonly #question = new DecideRequest();
  readonly #quote = new Quote();
  readonly #image = new ImageInput();
  readonly #layout = new ImageLayout();
  readonly #parts = new MessageParts();
  readonly #opening = { ...OPENING };
  #validityMs = 0;

  constructor(flow: MessageFlow) {
    this.#flow = flow;
  }

  /**
   * Takes a message or answers why not, as an SMPP command_status. ESME_ROK means that its record is on the way to
   * the disk: the origin hears when it is there.
   */
  accept(request: SubmitRequest): number {
    const flow = this.#flow;
    const { account } = request.desk;
    const refusal = this.#admit(account) || this.#parse(request, account);
    if (refusal !== Status.ESME_ROK) return refusal;
    const nowMs = flow.clock.monotonicMs();
    const image = this.#image;
    if (!request.desk.bucket.take(image.segments, nowMs)) {
      request.desk.counters.throttled++;
      return Status.ESME_RTHROTTLED;
    }
    if (failpointsArmed) failpoint('message.parsed');
    const tables = flow.tables;
    const unroutable = this.#route(tables, account) || this.#price(tables.rates, account);
    if (unroutable !== Status.ESME_ROK) return unroutable;
    if (failpointsArmed) failpoint('message.reserved');
    this.#open(request, account, tables.rates, nowMs);
    return Status.ESME_ROK;
  }

  #admit(account: Account): number {
    const { journal, open } = this.#flow;
    if (!account.enabled || account.tenant.closedEffective) return Status.ESME_RSUBMITFAIL;
    // SMPP 3.4 §5.1.3: system error for what only we can mend, queue full for what passes by itself.
    if (journal.state !== 'ok') return Status.ESME_RSYSERR;
    if (journal.pendingBytes > JOURNAL_PENDING_BYTES_MAX || open.size >= OPEN_MESSAGES_MAX) return Status.ESME_RMSGQFUL;
    return Status.ESME_ROK;
  }

  #parse(request: SubmitRequest, account: Account): number {
    const { fields } = request;
    const destination = parseE164(fields.destination);
    if (destination === undefined) return Status.ESME_RINVDSTADR;
    const kind = classifySource(fields.source, fields.sourceTon);
    if (kind === undefined || !account.senders.maySend(fields.source, kind, destination)) return Status.ESME_RINVSRCADR;
    if (fields.scheduleDeliveryTime.length > 0) return Status.ESME_RINVSCHED;
    const badValidity = this.#readValidity(fields.validityPeriod, account);
    if (badValidity !== Status.ESME_ROK) return badValidity;
    const image = this.#image;
    image.source = fields.source;
    image.destination = destination;
    const { buffer } = request;
    image.segments = countSegmentsAt(
      fields.dataCoding,
      fields.esmClass,
      buffer,
      fields.messageStart,
      fields.messageEnd,
    );
    image.priority = fields.priorityFlag;
    image.esmeReceipt = fields.registeredDelivery;
    image.registeredDeliveryAt = fields.registeredDeliveryAt;
    image.body = request.buffer;
    image.bodyStart = request.bodyStart;
    image.bodyEnd = request.bodyEnd;
    return Status.ESME_ROK;
  }

  #readValidity(text: string, account: Account): number {
    const nowWallMs = this.#flow.clock.wallMs();
    this.#validityMs = account.validityDefaultSec * 1_000;
    if (text.length > 0) {
      const time = parseSmppTime(text, nowWallMs);
      // SMPP 3.4 §5.2.16: a validity period that is over already is an error, not a wish.
      if (time === undefined || time.atMs <= nowWallMs) return Status.ESME_RINVEXPIRY;
      this.#validityMs = Math.min(time.atMs - nowWallMs, account.validityMaxSec * 1_000);
    }
    this.#image.expiresMs = this.#flow.steadyMs() + this.#validityMs;
    return Status.ESME_ROK;
  }

  #route(tables: LiveTables, account: Account): number {
    const question = this.#question;
    const decision = this.#decision;
    const ordinal = tables.rates.index.lookup(this.#image.destination);
    this.#image.ordinal = ordinal;
    if (ordinal < 0) return Status.ESME_RINVDSTADR;
    question.ordinal = ordinal;
    // When every carrier is merely down, the message waits for one of them instead of being refused.
    question.mayWait = true;
    question.ownerRefs = account.ownerRefs;
    question.ceilingNanos = this.#flow.ceilings.of(account, tables.rates, ordinal);
    tables.router.decide(question, decision);
    // No carrier of this customer serves the number; nothing it could change but the number.
    return decision.kept === 0 ? Status.ESME_RINVDSTADR : Status.ESME_ROK;
  }

  #price(rates: RateTables, account: Account): number {
    const { chain } = account;
    const image = this.#image;
    const levels = this.#levels(account);
    image.levels = levels;
    image.noReceiptCharges = this.#noReceiptCharges(account, levels);
    const answer = quote(rates, chain, levels, image.ordinal, image.segments, this.#quote);
    if (answer !== 'ok') return Status.ESME_RSUBMITFAIL;
    if (reserve(chain, levels, this.#quote.amountMicros) >= 0) return Status.ESME_RSUBMITFAIL;
    return Status.ESME_ROK;
  }

  /** One bit per level: its plan charges on delivery, and also when no receipt ever comes. */
  #noReceiptCharges(account: Account, levels: number): number {
    let bits = 0;
    for (let level = 0; level < levels; level++) {
      const sale = account.chain[level] as Sale;
      if (sale.chargeOn !== 'delivered') continue;
      if (this.#flow.directory.plans.get(sale.planRef)?.noReceipt === 'charge') bits |= 1 << level;
    }
    return bits;
  }

  /** The chain is held up to the highest owner among the candidates: the dearest of them. */
  #levels(account: Account): number {
    const { ownerRefs } = account;
    const decision = this.#decision;
    let levels = 0;
    for (let i = 0; i < decision.kept; i++) {
      const lane = this.#flow.lanes.get(decision.trunkRefs[i] as number);
      invariant(lane !== undefined, 'a candidate without a lane');
      const owner = ownerRefs.indexOf(lane.trunk.ownerRef);
      if (owner > levels) levels = owner;
    }
    invariant(levels <= TENANT_DEPTH_MAX, 'chain deeper than its limit');
    return levels;
  }

  #open(request: SubmitRequest, account: Account, rates: RateTables, nowMs: number): void {
    const flow = this.#flow;
    const image = packImage(this.#image, account.chain, this.#quote, rates, this.#decision);
    const layout = this.#layout;
    layout.read(image);
    const parts = this.#parts;
    const nowWallMs = flow.clock.wallMs();
    parts.key = flow.keys.next(nowWallMs);
    parts.image = image;
    parts.bodyAt = layout.bodyAt;
    parts.bodyEnd = layout.bodyEnd;
    parts.postingsAt = layout.postingsAt;
    parts.decisionAt = layout.decisionAt;
    parts.source = this.#image.source;
    parts.destination = this.#image.destination;
    parts.expiresMs = this.#image.expiresMs;
    parts.acceptedMs = nowWallMs;
    parts.wantsReceipt = this.#wantsReceipt(account);
    parts.held = this.#quote.amountMicros.slice(0, this.#image.levels);
    parts.stage = Stage.opening;
    parts.bornMs = nowMs;
    parts.deadlineMs = nowMs + this.#validityMs;
    const message = new Message(flow, account, parts);
    message.origin = request.origin;
    message.originToken = request.originToken;
    message.trunkRef = message.candidateRef(0);
    this.#opening.dueMs = message.expiresAtMs;
    // A trunk with messages on disk gets the new ones behind them.
    const lane = flow.lanes.get(message.trunkRef);
    message.wasSpilled = message.isSpilling = this.#opening.spill = lane !== undefined && flow.spill.isDeep(lane);
    appendOpen(flow.journal, message, this.#opening, message);
    flow.opened(message);
    request.desk.counters.accepted++;
    if (failpointsArmed) failpoint('message.appended');
  }

  /** SMPP 3.4 §5.2.17 bits 0–1, a plan that charges on delivery, or a trunk that always asks. */
  #wantsReceipt(account: Account): boolean {
    const image = this.#image;
    if ((image.esmeReceipt & 3) !== 0) return true;
    for (let level = 0; level < image.levels; level++) {
      if (account.chain[level]?.chargeOn === 'delivered') return true;
    }
    return this.#flow.lanes.get(this.#decision.trunkRefs[0] as number)?.trunk.receipts === 'always';
  }
}
