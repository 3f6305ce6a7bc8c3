// The link below a session: its stream, its way out, back-pressure, and how it ends. No PDU is judged here.

import type { Duplex } from 'node:stream';
import type { CloseReason, SessionCounters, SessionHandler, SessionOptions } from './contract.js';
import { newSessionCounters } from './contract.js';
import type { OutboundOwner } from './outbound.js';
import { Outbound } from './outbound.js';
import type { Session } from './session.js';
import type { BindState } from './state.js';
import { BOUND_BITS, moved, stateBit } from './state.js';
import { SessionTimers } from './timers.js';
import { RequestWindow } from './window.js';

/** Why we do not read: the owner said so; the peer does not read us. */
const PAUSED_BY_OWNER = 1;
const PAUSED_BY_OUTBOUND = 2;

/** Process-wide, so that no two sessions ever share a number. */
let lastSessionId = 0;

export abstract class SessionLink implements OutboundOwner {
  readonly id: number;
  readonly options: SessionOptions;
  /** `address:port` of the other side. */
  readonly peer: string;
  readonly counters: SessionCounters = newSessionCounters();
  /** The owner's slot. */
  user: unknown = undefined;
  protected readonly stream: Duplex;
  protected readonly handler: SessionHandler;
  protected readonly window: RequestWindow;
  protected readonly timers: SessionTimers;
  protected readonly outbound: Outbound;
  protected stateBit = stateBit.open;
  protected nowMs: number;
  /** The window or the buffer had no room for the owner since it was last told that they have. */
  protected isStarved = false;
  protected isFinished = false;
  protected readonly unbindWaiters: (() => void)[] = [];
  #state: BindState = 'open';
  #pauses = 0;
  #closeWhy: CloseReason | undefined = undefined;

  constructor(stream: Duplex, options: SessionOptions, handler: SessionHandler, nowMs: number) {
    this.id = ++lastSessionId;
    this.options = options;
    this.peer = peerName(stream);
    this.stream = stream;
    this.handler = handler;
    this.nowMs = nowMs;
    this.window = new RequestWindow(options.windowMax);
    this.timers = new SessionTimers(options, nowMs);
    this.outbound = new Outbound(stream, this);
    stream.on('data', (octets: Buffer) => this.onOctets(octets));
    // Octets of a PDU that never ends are worth no answer.
    stream.on('end', () => this.close('peer-closed'));
    stream.on('error', () => (this.#closeWhy ??= 'link-error'));
    stream.on('close', () => this.#finish());
  }

  protected abstract onOctets(octets: Buffer): void;
  protected abstract self(): Session;
  /** Lets go of what the peer sent. */
  protected abstract forget(): void;

  get state(): BindState {
    return this.#state;
  }

  get isBound(): boolean {
    return (this.stateBit & BOUND_BITS) !== 0;
  }

  /** Requests that `beginRequest` takes now: 0 when not bound, and while the peer does not read. */
  get windowFree(): number {
    return this.isBound && (this.#pauses & PAUSED_BY_OUTBOUND) === 0 ? this.window.free : 0;
  }

  /** Our requests that wait for their answers. */
  get unanswered(): number {
    return this.window.size;
  }

  get outboundBytes(): number {
    return this.outbound.bytes;
  }

  /** Socket writes so far; PDUs of one turn share one. */
  get writes(): number {
    return this.outbound.writes;
  }

  /** Where the PDU begun last is written. */
  get out(): Buffer {
    return this.outbound.out;
  }

  setWindowMax(windowMax: number): void {
    this.window.setMax(windowMax);
  }

  /** Sends what is buffered, then ends the link; a peer that does not end its side is cut off by `tick`. */
  close(why: CloseReason): void {
    if (this.#state === 'closed') return;
    this.#closeWhy ??= why;
    this.outbound.flush();
    this.move('closed');
    this.timers.ended(this.nowMs);
    // What still comes is thrown away, but it must be read for the end of the link to be seen.
    this.stream.resume();
    this.stream.end();
  }

  /** Cuts the link at once. */
  destroy(why: CloseReason): void {
    this.#closeWhy ??= why;
    if (this.#state !== 'closed') this.move('closed');
    this.timers.ended(this.nowMs);
    this.stream.destroy();
  }

  pauseReading(): void {
    this.#pause(PAUSED_BY_OWNER);
  }

  resumeReading(): void {
    this.#resume(PAUSED_BY_OWNER);
  }

  /** The stream took octets: a peer that was slow may be read again. */
  outboundTaken(): void {
    if (this.isFinished || (this.#pauses & PAUSED_BY_OUTBOUND) === 0) return;
    const isStillFull = this.outbound.bytes > this.options.outboundBytesMax / 2;
    this.timers.wrote(this.nowMs, isStillFull);
    if (isStillFull) return;
    this.#resume(PAUSED_BY_OUTBOUND);
    this.tellWritable();
  }

  /** State as it is now: the compiler keeps what it knew before a handler ran. */
  protected isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** An answer that the owner has no part in. */
  protected answer(commandId: number, commandStatus: number, sequenceNumber: number): void {
    this.counters.responsesOut++;
    this.put(commandId, commandStatus, sequenceNumber);
  }

  protected put(commandId: number, commandStatus: number, sequenceNumber: number): void {
    this.outbound.end(this.outbound.begin(commandId, commandStatus, sequenceNumber, 0));
    if (this.outbound.bytes > this.options.outboundBytesMax) this.outboundFull();
  }

  protected outboundFull(): void {
    if (this.outbound.bytes > this.options.outboundBytesFatal) {
      this.destroy('outbound-overflow');
      return;
    }
    this.timers.outboundFull(this.nowMs);
    this.isStarved = true;
    this.#pause(PAUSED_BY_OUTBOUND);
  }

  #pause(why: number): void {
    if (this.#pauses === 0 && this.#state !== 'closed') {
      this.timers.pause(this.nowMs);
      this.stream.pause();
    }
    this.#pauses |= why;
  }

  #resume(why: number): void {
    const before = this.#pauses;
    this.#pauses &= ~why;
    if (before === 0 || this.#pauses !== 0 || this.#state === 'closed') return;
    this.timers.resume(this.nowMs);
    this.stream.resume();
  }

  protected tellWritable(): void {
    if (!this.isStarved || this.windowFree === 0) return;
    this.isStarved = false;
    try {
      this.handler.writable(this.self());
    } catch (error) {
      this.fault(error);
    }
  }

  /** What an owner's method threw ends this session and no other. */
  protected fault(error: unknown): void {
    this.destroy('handler-fault');
    try {
      this.handler.fault?.(this.self(), error);
    } catch {
      // A handler that cannot even say what is wrong has had its chance.
    }
  }

  protected move(to: BindState): void {
    this.#state = moved(this.#state, to);
    this.stateBit = stateBit[to];
  }

  #finish(): void {
    if (this.isFinished) return;
    this.isFinished = true;
    if (this.#state !== 'closed') this.move('closed');
    this.forget();
    try {
      this.handler.closed(this.self(), this.#closeWhy ?? 'peer-closed', this.window.takeAll());
    } catch (error) {
      this.fault(error);
    }
    for (const resolve of this.unbindWaiters.splice(0)) resolve();
  }
}

/** `address:port` of a socket, IPv6 in brackets; empty for a stream that has none. */
function peerName(stream: Duplex): string {
  const { remoteAddress, remotePort } = stream as { remoteAddress?: string; remotePort?: number };
  if (remoteAddress === undefined || remotePort === undefined) return '';
  return remoteAddress.includes(':') ? `[${remoteAddress}]:${remotePort}` : `${remoteAddress}:${remotePort}`;
}
