// One SMPP session, in either role: state, both windows, timers and the way out. It knows PDUs, never messages.

import type { Duplex } from 'node:stream';
import { invariant } from '#core';
import type { BindFields } from '../bind-fields.js';
import { BIND_BODY_BYTES_MAX, encodeBind } from '../bind-fields.js';
import { Command, RESPONSE_BIT, responseOf } from '../command.js';
import { Framer } from '../framer.js';
import { PduView } from '../pdu-view.js';
import { Status } from '../status.js';
import type { SessionHandler, SessionOptions } from './contract.js';
import { SessionLink } from './link.js';
import type { BindKind, BoundState } from './state.js';
import { bindCommand, boundStateOf, isAnswered, isBindCommand, judgeRequest, legalFrom } from './state.js';
import type { TimerVerdict } from './timers.js';

const NO_SEQUENCE = -1;

/** Whose unbind waits for answers first; `theirs` gets its unbind_resp when nothing is owed. */
type Drain = 'none' | 'ours' | 'theirs';

export class Session extends SessionLink {
  /** interface_version of the bind, once bound. */
  interfaceVersion = 0;
  /** sequence_number of the last request begun. */
  lastSequence = 0;
  readonly #framer: Framer;
  readonly #view = new PduView();
  readonly #legalFromPeer: Uint8Array;
  readonly #legalFromUs: Uint8Array;
  #peerWaiting = 0;
  #enquireSequence = NO_SEQUENCE;
  #bindSequence = NO_SEQUENCE;
  #bindKind: BindKind = 'transceiver';
  #drain: Drain = 'none';
  #unbindSequence = NO_SEQUENCE;

  constructor(stream: Duplex, options: SessionOptions, handler: SessionHandler, nowMs: number) {
    super(stream, options, handler, nowMs);
    this.#framer = new Framer(options.pduBytesMax);
    this.#legalFromUs = legalFrom(options.role);
    this.#legalFromPeer = legalFrom(options.role === 'mc' ? 'esme' : 'mc');
  }

  /** Their requests that wait for ours. */
  get peerUnanswered(): number {
    return this.#peerWaiting;
  }

  /** Writes a header; answers where in `out` the body goes, −1 when the window or the buffer is full or we are not bound. */
  beginRequest(commandId: number, bodyBytesMax: number, context: unknown): number {
    if (this.windowFree === 0) {
      this.isStarved = true;
      return -1;
    }
    invariant((this.#legalFromUs[commandId]! & this.stateBit) !== 0, 'request is not legal in this bind state');
    const isCounted = isAnswered(commandId);
    const sequence = isCounted ? this.window.open(commandId, context, this.nowMs) : this.window.nextSequence();
    this.lastSequence = sequence;
    if (this.window.free === 0) this.isStarved = true;
    this.counters.requestsOut++;
    this.timers.worked(this.nowMs);
    return this.outbound.begin(commandId, 0, sequence, bodyBytesMax);
  }

  /** Begins the answer to a request of theirs, at any later time; −1 once the session is closed. */
  beginResponse(commandId: number, commandStatus: number, sequenceNumber: number, bodyBytesMax: number): number {
    if (this.state === 'closed') return -1;
    if (this.#peerWaiting > 0) this.#peerWaiting--;
    // SMPP 3.4 §2.2.1: a refused bind leaves the session open.
    if (this.state === 'binding' && commandStatus !== 0 && isBindCommand(commandId & ~RESPONSE_BIT)) {
      this.move('open');
      this.timers.restartInit(this.nowMs);
    }
    this.counters.responsesOut++;
    return this.outbound.begin(commandId, commandStatus, sequenceNumber, bodyBytesMax);
  }

  /** Ends the PDU begun last; it leaves with all others of this turn. */
  end(offset: number): void {
    if (this.state === 'closed') return;
    this.outbound.end(offset);
    if (this.outbound.bytes > this.options.outboundBytesMax) this.outboundFull();
    if (this.#drain !== 'none') this.#drainStep();
  }

  /** A response without a body, or with message_id alone. Nothing happens once the session is closed. */
  respond(commandId: number, commandStatus: number, sequenceNumber: number, messageId?: string): void {
    const bytes = messageId === undefined ? 0 : messageId.length + 1;
    let at = this.beginResponse(commandId, commandStatus, sequenceNumber, bytes);
    if (at < 0) return;
    if (messageId !== undefined) {
      const out = this.out;
      for (let from = 0; from < messageId.length; from++) out[at++] = messageId.charCodeAt(from);
      out[at++] = 0;
    }
    this.end(at);
  }

  /** MC role: the bind is accepted. Call it before answering, so that nothing can come between. */
  bound(state: BoundState, interfaceVersion: number): void {
    this.interfaceVersion = interfaceVersion;
    this.move(state);
    this.timers.bound(this.nowMs);
  }

  /** ESME role: asks for a bind; `bindAnswered` tells the answer, the init timer bounds the wait. */
  bind(kind: BindKind, fields: BindFields): void {
    this.move('binding');
    this.#bindKind = kind;
    this.#bindSequence = this.window.nextSequence();
    this.interfaceVersion = fields.interfaceVersion;
    const at = this.outbound.begin(bindCommand[kind], 0, this.#bindSequence, BIND_BODY_BYTES_MAX);
    this.end(encodeBind(fields, this.out, at));
  }

  /**
   * Takes no more requests, waits until both windows are empty or `deadlineMs` from now has passed, unbinds, closes.
   * Resolves when the session is closed.
   */
  unbind(deadlineMs: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.isFinished) {
        resolve();
        return;
      }
      this.unbindWaiters.push(resolve);
      if (!this.isBound) {
        if (this.state !== 'unbinding') this.close('unbound');
        return;
      }
      this.move('unbinding');
      this.#drain = 'ours';
      this.timers.drain(this.nowMs, deadlineMs);
      this.#drainStep();
    });
  }

  /** Every timer of the session. The owner calls it about every 100 ms until it has heard `closed`. */
  tick(nowMs: number): void {
    this.nowMs = nowMs;
    if (this.isFinished) return;
    if (this.options.responseTimeoutMs > 0 && this.window.size > 0) {
      this.#expire(nowMs - this.options.responseTimeoutMs);
    }
    this.#obey(this.timers.verdict(nowMs));
  }

  protected override self(): this {
    return this;
  }

  protected override forget(): void {
    this.#framer.clear();
  }

  protected override onOctets(octets: Buffer): void {
    if (this.state === 'closed') return;
    const framer = this.#framer;
    const view = this.#view;
    let hasCompleted = false;
    try {
      framer.push(octets);
      while (framer.next(view)) {
        hasCompleted = true;
        if (view.commandId >= RESPONSE_BIT) this.#onResponse(view);
        else this.#onRequest(view);
        if (this.isClosed()) break;
      }
    } catch (error) {
      this.fault(error);
    }
    view.clear();
    if (this.isClosed()) {
      framer.clear();
      return;
    }
    if (framer.fault !== 'none') {
      this.#loseFrame();
      return;
    }
    this.timers.received(this.nowMs, framer.bufferedBytes > 0, hasCompleted);
    this.tellWritable();
  }

  #onRequest(pdu: PduView): void {
    const { commandId, sequenceNumber } = pdu;
    switch (judgeRequest(commandId, this.#legalFromPeer, this.stateBit, this.#drain === 'ours')) {
      case 'enquire':
        this.answer(Command.enquire_link_resp, Status.ESME_ROK, sequenceNumber);
        return;
      case 'unbind':
        this.#onUnbind(sequenceNumber);
        return;
      case 'unknown':
        // SMPP 3.4 §4.3: an unknown command_id is answered by generic_nack, and the session stays as it is.
        this.counters.nacksOut++;
        this.answer(Command.generic_nack, Status.ESME_RINVCMDID, sequenceNumber);
        return;
      case 'illegal':
        this.counters.illegalIn++;
        if (isAnswered(commandId)) this.answer(responseOf(commandId), Status.ESME_RINVBNDSTS, sequenceNumber);
        return;
      case 'second-bind':
        this.counters.illegalIn++;
        this.answer(responseOf(commandId), Status.ESME_RALYBND, sequenceNumber);
        return;
      case 'draining':
        this.#throttle(commandId, sequenceNumber);
        return;
      case 'legal':
        this.#deliver(pdu);
    }
  }

  #deliver(pdu: PduView): void {
    const { commandId } = pdu;
    if (isAnswered(commandId)) {
      if (this.#peerWaiting >= this.options.peerWindowMax) {
        this.#throttle(commandId, pdu.sequenceNumber);
        return;
      }
      this.#peerWaiting++;
    }
    if (isBindCommand(commandId)) {
      this.move('binding');
      this.timers.holdInit();
    } else if (commandId === Command.outbind) {
      this.move('outbound');
    }
    this.counters.requestsIn++;
    this.timers.worked(this.nowMs);
    this.handler.request(this, pdu);
  }

  /** The peer is told at once, never silently slowed. */
  #throttle(commandId: number, sequenceNumber: number): void {
    this.counters.throttledIn++;
    // SMPP 3.4 §5.1.3: ESME_RX_T_APPN is an ESME's word for "later".
    const status = this.options.role === 'mc' ? Status.ESME_RTHROTTLED : Status.ESME_RX_T_APPN;
    this.answer(responseOf(commandId), status, sequenceNumber);
  }

  #onResponse(pdu: PduView): void {
    const { commandId, sequenceNumber } = pdu;
    const isNack = commandId === Command.generic_nack;
    if (sequenceNumber === this.#enquireSequence && (isNack || commandId === Command.enquire_link_resp)) {
      this.#enquireSequence = NO_SEQUENCE;
      this.timers.enquireAnswered(this.nowMs);
      return;
    }
    const slot = this.window.find(sequenceNumber);
    if (slot !== -1 && (isNack || commandId === responseOf(this.window.commandAt(slot)))) {
      this.counters.responsesIn++;
      this.handler.response(this, this.window.take(slot), pdu);
      if (this.#drain !== 'none') this.#drainStep();
      return;
    }
    if (sequenceNumber === this.#bindSequence) this.#onBindAnswer(pdu);
    else if (sequenceNumber === this.#unbindSequence) this.close('unbound');
    else this.counters.unexpectedIn++;
  }

  #onBindAnswer(pdu: PduView): void {
    this.#bindSequence = NO_SEQUENCE;
    if (pdu.commandId === responseOf(bindCommand[this.#bindKind]) && pdu.commandStatus === Status.ESME_ROK) {
      this.move(boundStateOf[this.#bindKind]);
      this.timers.bound(this.nowMs);
    } else {
      this.move('open');
    }
    this.handler.bindAnswered?.(this, pdu);
  }

  #onUnbind(sequenceNumber: number): void {
    if (this.state === 'unbinding') {
      // Both sides had enough at once.
      this.answer(Command.unbind_resp, Status.ESME_ROK, sequenceNumber);
      this.close('unbound');
      return;
    }
    this.move('unbinding');
    this.#drain = 'theirs';
    this.#unbindSequence = sequenceNumber;
    this.timers.drain(this.nowMs, this.options.responseTimeoutMs);
    this.#drainStep();
  }

  /** Goes on with an unbind once nothing is owed: theirs needs our answers only, ours needs both windows empty. */
  #drainStep(): void {
    if (this.#peerWaiting === 0 && (this.#drain === 'theirs' || this.window.size === 0)) this.#endDrain();
  }

  #endDrain(): void {
    const whose = this.#drain;
    this.#drain = 'none';
    if (whose === 'theirs') {
      const sequence = this.#unbindSequence;
      this.#unbindSequence = NO_SEQUENCE;
      this.answer(Command.unbind_resp, Status.ESME_ROK, sequence);
      this.close('peer-unbound');
    } else if (whose === 'ours') {
      this.#unbindSequence = this.window.nextSequence();
      this.put(Command.unbind, Status.ESME_ROK, this.#unbindSequence);
      this.timers.unbindSent(this.nowMs);
    }
  }

  /** The frame boundary is lost: SMPP 3.4 §4.3.1 knows only generic_nack, and nothing after it can be read. */
  #loseFrame(): void {
    this.counters.nacksOut++;
    this.answer(Command.generic_nack, Status.ESME_RINVCMDLEN, this.#framer.faultSequenceNumber);
    this.close('framing');
  }

  #expire(sentBeforeMs: number): void {
    try {
      for (let slot = this.window.oldestSentBy(sentBeforeMs); slot !== -1;) {
        this.counters.expired++;
        this.handler.expired(this, this.window.take(slot));
        slot = this.window.oldestSentBy(sentBeforeMs);
      }
      if (this.#drain !== 'none') this.#drainStep();
    } catch (error) {
      this.fault(error);
    }
    this.tellWritable();
  }

  #obey(verdict: TimerVerdict): void {
    switch (verdict) {
      case 'none':
        return;
      case 'enquire':
        this.counters.enquireLinksOut++;
        this.#enquireSequence = this.window.nextSequence();
        this.put(Command.enquire_link, Status.ESME_ROK, this.#enquireSequence);
        this.timers.enquired(this.nowMs);
        return;
      case 'drain-over':
        this.#endDrain();
        return;
      case 'linger-over':
        this.stream.destroy();
        return;
      case 'inactive':
      case 'init-timeout':
        this.close(verdict);
        return;
      case 'read-stall':
      case 'write-stall':
      case 'enquire-unanswered':
      case 'unbind-unanswered':
        this.destroy(verdict);
    }
  }
}
