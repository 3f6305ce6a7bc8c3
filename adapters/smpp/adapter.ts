// A trunk to an SMPP upstream: a pool of binds behind one contract, its throughput, its answers and its receipts.

import { MessageState, type TokenBucket } from '#core';
import type { PduView, Session } from '#smpp';
import {
  Command,
  MessageFields,
  Status,
  decodeDataSm,
  decodeMessageIdResp,
  decodeSubmitSmBody,
  messageBodyOfDataSm,
  responseOf,
} from '#smpp';
import type {
  AdapterContext,
  AdapterCounters,
  AdapterEvents,
  AdapterState,
  MessageAdapter,
  OutboundMessage,
  UpstreamReceipt,
} from '../contract.js';
import { newAdapterCounters } from '../counters.js';
import { newTrunkBucket, setTrunkRate } from '../trunk-bucket.js';
import type { SmppTrunkOptions } from './options.js';
import { needsNewBinds, validOptions } from './options.js';
import { isReceipt, readReceipt } from './receipt.js';
import { StatusClasses } from './status-classes.js';
import { ThrottlePause } from './throttle-pause.js';
import { TokenTable } from './token-table.js';
import type { BindOwner } from './upstream-bind.js';
import { UpstreamBind } from './upstream-bind.js';
import { normaliseUpstreamId } from './upstream-id.js';

/** deliver_sm that the switch may hold unacknowledged per trunk, over all its binds. */
const TOKENS_MAX = 131_072;
/** For answers in flight when changed settings ask for new binds. */
const REPLACE_DEADLINE_MS = 5_000;

/** registered_delivery (SMPP 3.4 §5.2.17): bits 1 and 0 ask for the SMSC's receipt, bit 4 for intermediate ones. */
const RECEIPT_ON_ANY_OUTCOME = 0x01;
const RECEIPT_BITS = 0x03;
const INTERMEDIATE_BIT = 0x10;

export class SmppAdapter implements MessageAdapter, BindOwner {
  readonly trunkId: string;
  readonly counters: AdapterCounters = newAdapterCounters();
  /** Receipts that named no message; they are acknowledged, since the upstream would repeat them for ever. */
  unreadableReceipts = 0;
  readonly #events: AdapterEvents;
  readonly #context: AdapterContext;
  readonly #bucket: TokenBucket;
  readonly #pause: ThrottlePause;
  readonly #tokens = new TokenTable(TOKENS_MAX);
  readonly #fields = new MessageFields();
  readonly #receipt: UpstreamReceipt = {
    upstreamId: '',
    state: MessageState.unknown,
    errorCode: '',
    destination: '',
    doneAtMs: 0,
  };
  #options: SmppTrunkOptions;
  #classes: StatusClasses;
  #binds: UpstreamBind[] = [];
  /** Of #binds, those that carry submit_sm. */
  #senders: UpstreamBind[] = [];
  /** Binds of earlier settings that wait for their last answers. */
  #leaving: UpstreamBind[] = [];
  #nextSender = 0;
  #isOpen = false;
  #isClosing = false;
  #hasFailed = false;
  #isStarved = false;

  constructor(trunkId: string, options: SmppTrunkOptions, events: AdapterEvents, context: AdapterContext) {
    this.trunkId = trunkId;
    this.#options = options;
    this.#events = events;
    this.#context = context;
    this.#classes = new StatusClasses(options.statusClasses);
    this.#bucket = newTrunkBucket(options.tps);
    this.#pause = new ThrottlePause(options.throttlePauseMinMs, options.throttlePauseMaxMs);
  }

  get state(): AdapterState {
    if (this.#isClosing) return this.#binds.length + this.#leaving.length > 0 ? 'draining' : 'down';
    if (this.#senders.some((bind) => bind.isUp)) return 'up';
    return this.#isOpen && !this.#hasFailed ? 'connecting' : 'down';
  }

  get stateWhy(): string {
    if (!this.#isOpen) return 'not opened';
    const up = this.#binds.filter((bind) => bind.isUp).length;
    const count = `${up} of ${this.#binds.length} binds up`;
    const broken = this.#binds.find((bind) => !bind.isUp && bind.why !== '');
    return broken === undefined ? count : `${count}; ${broken.kind}: ${broken.why}`;
  }

  get windowMax(): number {
    let max = 0;
    for (const bind of this.#senders) if (bind.isUp) max += this.#options.window;
    return max;
  }

  open(): void {
    if (this.#isOpen || this.#isClosing) return;
    this.#isOpen = true;
    this.#makeBinds();
  }

  capacity(nowMs: number): number {
    let room = 0;
    if (!this.#isClosing && !this.#pause.isOn(nowMs)) {
      for (const bind of this.#senders) room += bind.room;
      if (room > 0) room = Math.min(room, this.#bucket.available(nowMs));
    }
    if (room <= 0) this.#isStarved = true;
    return Math.max(0, room);
  }

  submit(message: OutboundMessage): void {
    const { body } = message;
    const session = this.#nextSenderWithRoom();
    const at = session === undefined ? -1 : session.beginRequest(Command.submit_sm, body.length, message);
    if (session === undefined || at < 0) {
      // The link went between `capacity` and now.
      this.counters.refused++;
      this.#events.refused(this, message, 'throttled', Status.ESME_RMSGQFUL);
      return;
    }
    const { out } = session;
    body.copy(out, at);
    const registeredDelivery = body[message.registeredDeliveryAt] ?? 0;
    out[at + message.registeredDeliveryAt] = message.wantsReceipt
      ? (registeredDelivery & ~RECEIPT_BITS) | RECEIPT_ON_ANY_OUTCOME
      : registeredDelivery & ~(RECEIPT_BITS | INTERMEDIATE_BIT);
    this.#bucket.spend();
    this.counters.submitted++;
    this.counters.inFlight++;
    session.end(at + body.length);
  }

  acknowledge(token: number, commandStatus: number): void {
    this.#tokens.answer(token, commandStatus);
  }

  tick(nowMs: number): void {
    for (const bind of this.#binds) bind.tick(nowMs);
    for (const bind of this.#leaving) bind.tick(nowMs);
    // Tokens and pauses come back with time alone; somebody has to say so.
    if (this.#isStarved && this.state === 'up') {
      this.#isStarved = false;
      if (this.capacity(nowMs) > 0) this.#events.ready(this);
    }
  }

  reconfigure(options: unknown): void {
    const before = this.#options;
    const after = validOptions(this.trunkId, options);
    this.#options = after;
    this.#classes = new StatusClasses(after.statusClasses);
    setTrunkRate(this.#bucket, after.tps);
    this.#pause.configure(after.throttlePauseMinMs, after.throttlePauseMaxMs);
    if (this.#isOpen && !this.#isClosing && needsNewBinds(before, after)) {
      const old = this.#binds;
      this.#leaving.push(...old);
      this.#hasFailed = false;
      this.#makeBinds();
      for (const bind of old) void bind.stop(REPLACE_DEADLINE_MS).then(() => this.#forgetStopped());
    } else {
      for (const bind of this.#binds) bind.reconfigure(after);
    }
    this.#events.ready(this);
  }

  /** Ticks must go on until it resolves: they carry the deadline. */
  close(deadlineMs: number): Promise<void> {
    this.#isClosing = true;
    const stopped = [...this.#binds, ...this.#leaving].map((bind) => bind.stop(deadlineMs));
    return Promise.all(stopped).then(() => this.#forgetStopped());
  }

  // ── what a session says ─────────────────────────────────────────────────────────────────────────────────────────

  request(session: Session, pdu: PduView): void {
    const body =
      pdu.commandId === Command.deliver_sm
        ? pdu.buffer.subarray(pdu.bodyStart, pdu.end)
        : this.#dataSmBody(session, pdu);
    if (body === undefined) return;
    const status = decodeSubmitSmBody(body, 0, body.length, this.#fields);
    if (status !== Status.ESME_ROK) {
      session.respond(responseOf(pdu.commandId), status, pdu.sequenceNumber, '');
      return;
    }
    this.#hear(session, pdu, body);
  }

  response(_session: Session, context: unknown, pdu: PduView): void {
    const message = context as OutboundMessage;
    this.counters.inFlight--;
    if (pdu.commandStatus === Status.ESME_ROK && pdu.commandId === Command.submit_sm_resp) {
      this.counters.accepted++;
      if (this.#pause.isRaised) this.#pause.relax(this.#context.clock.monotonicMs());
      const id = normaliseUpstreamId(decodeMessageIdResp(pdu), this.#options.idBase, false);
      this.#events.accepted(this, message, id);
      return;
    }
    const refusal = this.#classes.of(pdu.commandStatus);
    this.counters.refused++;
    if (refusal === 'throttled') {
      this.counters.throttled++;
      this.#pause.extend(this.#context.clock.monotonicMs());
    }
    this.#events.refused(this, message, refusal, pdu.commandStatus);
  }

  expired(_session: Session, context: unknown): void {
    this.#unanswered(context, 'timeout');
  }

  writable(): void {
    this.#isStarved = false;
    this.#events.ready(this);
  }

  closed(session: Session): void {
    this.#tokens.forget(session);
  }

  // ── what a bind says ────────────────────────────────────────────────────────────────────────────────────────────

  bindUp(): void {
    if (this.#hasFailed) this.counters.reconnects++;
    this.#countBinds();
    this.#events.ready(this);
  }

  bindDown(_bind: UpstreamBind, unanswered: readonly unknown[]): void {
    this.#hasFailed = true;
    this.#countBinds();
    for (const context of unanswered) this.#unanswered(context, 'link-lost');
    this.#events.ready(this);
  }

  // ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A data_sm as a deliver_sm; refused and undefined when it cannot be one, or is none of the two. */
  #dataSmBody(session: Session, pdu: PduView): Buffer | undefined {
    // outbind and alert_notification are answered by nothing (SMPP 3.4 §4.1.7, §4.12).
    if (pdu.commandId !== Command.data_sm) return undefined;
    const status = decodeDataSm(pdu, this.#fields);
    const body =
      status === Status.ESME_ROK ? messageBodyOfDataSm(Command.deliver_sm, this.#fields, pdu.buffer) : undefined;
    if (body === undefined) {
      session.respond(
        Command.data_sm_resp,
        status === Status.ESME_ROK ? Status.ESME_RX_R_APPN : status,
        pdu.sequenceNumber,
        '',
      );
    }
    return body;
  }

  #hear(session: Session, pdu: PduView, body: Buffer): void {
    const responseId = responseOf(pdu.commandId);
    const isReceiptPdu = isReceipt(this.#fields, body);
    if (isReceiptPdu && !this.#readReceipt(body)) {
      this.unreadableReceipts++;
      session.respond(responseId, Status.ESME_ROK, pdu.sequenceNumber, '');
      return;
    }
    const token = this.#tokens.add(session, responseId, pdu.sequenceNumber);
    if (token === -1) {
      session.respond(responseId, Status.ESME_RX_T_APPN, pdu.sequenceNumber, '');
      return;
    }
    if (isReceiptPdu) {
      this.counters.receipts++;
      this.#events.receipt(this, this.#receipt, body, token);
    } else {
      this.#events.mobileOriginated(this, body, token);
    }
  }

  #readReceipt(body: Buffer): boolean {
    return readReceipt(this.#fields, body, this.#options, this.#context.clock.wallMs(), this.#receipt);
  }

  #unanswered(context: unknown, why: 'timeout' | 'link-lost'): void {
    this.counters.inFlight--;
    this.counters.unanswered++;
    this.#events.unanswered(this, context as OutboundMessage, why);
  }

  /** In turn over the binds with room, so that none runs full while another idles. */
  #nextSenderWithRoom(): Session | undefined {
    const senders = this.#senders;
    for (let tried = 0; tried < senders.length; tried++) {
      if (this.#nextSender >= senders.length) this.#nextSender = 0;
      const bind = senders[this.#nextSender++];
      if (bind !== undefined && bind.room > 0) return bind.session;
    }
    return undefined;
  }

  #makeBinds(): void {
    const { binds, bindMode } = this.#options;
    const kinds = bindMode === 'transceiver' ? (['transceiver'] as const) : (['transmitter', 'receiver'] as const);
    this.#binds = [];
    for (let count = 0; count < binds; count++) {
      for (const kind of kinds) this.#binds.push(new UpstreamBind(kind, this.#options, this, this.#context));
    }
    this.#senders = this.#binds.filter((bind) => bind.carriesMessages);
    for (const bind of this.#binds) bind.open();
  }

  #forgetStopped(): void {
    this.#leaving = this.#leaving.filter((bind) => !bind.isStopped);
    if (!this.#isClosing) return;
    this.#binds = this.#binds.filter((bind) => !bind.isStopped);
    this.#senders = this.#senders.filter((bind) => !bind.isStopped);
  }

  #countBinds(): void {
    this.counters.bindsUp = 0;
    for (const bind of this.#binds) if (bind.isUp) this.counters.bindsUp++;
  }
}
