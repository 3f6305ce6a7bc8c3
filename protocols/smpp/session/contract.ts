// What a session needs of its owner, and what it tells it.

import type { PduView } from '../pdu-view.js';
import type { Session } from './session.js';
import type { TimerLimits } from './timers.js';

/** Message centre (accepts binds, SMPP 3.4 §2.1) or ESME (asks for them). */
export type SessionRole = 'mc' | 'esme';

/** Limits of one session. Times are milliseconds, 0 = off; sizes are octets. */
export interface SessionOptions extends TimerLimits {
  readonly role: SessionRole;
  /** Our unanswered requests. */
  readonly windowMax: number;
  /** Their requests that we have not answered yet; more are told ESME_RTHROTTLED. */
  readonly peerWindowMax: number;
  readonly responseTimeoutMs: number;
  readonly pduBytesMax: number;
  /** Unsent octets above which the peer is read no further and no request is taken. */
  readonly outboundBytesMax: number;
  /** Unsent octets above which the session is destroyed. */
  readonly outboundBytesFatal: number;
}

export type CloseReason =
  | 'peer-closed'
  | 'peer-unbound'
  | 'unbound'
  | 'unbind-unanswered'
  | 'link-error'
  | 'framing'
  | 'init-timeout'
  | 'read-stall'
  | 'write-stall'
  | 'enquire-unanswered'
  | 'inactive'
  | 'outbound-overflow'
  | 'handler-fault'
  | 'bind-refused'
  | 'replaced'
  | 'shutdown';

/** Heard by the owner, always from the event loop or from `tick`, never from inside another call of the owner. */
export interface SessionHandler {
  /** A request legal in this state and direction. enquire_link, unbind and faults are answered by the session. */
  request(session: Session, pdu: PduView): void;
  /** The answer (its own response or a generic_nack) to one of our requests, with what `beginRequest` was given. */
  response(session: Session, context: unknown, pdu: PduView): void;
  /** No answer came in time; a later one is ignored. */
  expired(session: Session, context: unknown): void;
  /** Exactly once, after which nothing is heard. `unanswered`: contexts of our requests, oldest first. */
  closed(session: Session, why: CloseReason, unanswered: readonly unknown[]): void;
  /** There is room again in the window and the buffer after there was none. */
  writable(session: Session): void;
  /** ESME role: the answer to our bind. A refused session is open again; the owner closes it. */
  bindAnswered?(session: Session, pdu: PduView): void;
  /** One of these methods threw; this session ends, and no other is touched. */
  fault?(session: Session, error: unknown): void;
}

/** Integers that a session counts. */
export interface SessionCounters {
  requestsIn: number;
  requestsOut: number;
  responsesIn: number;
  responsesOut: number;
  enquireLinksOut: number;
  /** generic_nack sent, for what ids or framing. */
  nacksOut: number;
  /** Requests refused for state or direction (ESME_RINVBNDSTS, ESME_RALYBND). */
  illegalIn: number;
  /** Requests above peerWindowMax. */
  throttledIn: number;
  /** Responses and generic_nacks to nothing we asked, or no longer. */
  unexpectedIn: number;
  expired: number;
}

export function newSessionCounters(): SessionCounters {
  return {
    requestsIn: 0,
    requestsOut: 0,
    responsesIn: 0,
    responsesOut: 0,
    enquireLinksOut: 0,
    nacksOut: 0,
    illegalIn: 0,
    throttledIn: 0,
    unexpectedIn: 0,
    expired: 0,
  };
}
