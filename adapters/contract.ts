// What the switch asks of an outbound leg for messages, and what it hears back. One contract for SMPP upstreams,
// simulated carriers, and whatever plugins add. All calls are synchronous and on the main thread.

import type { Clock, Logger, MessageState, Random } from '#core';

/** A message as an adapter sees it. The switch's own message object implements this; adapters hold it by reference. */
export interface OutboundMessage {
  /** Identity within this node; an adapter may use it to seed chance, never to keep state after the outcome. */
  readonly key: number;
  /** A complete submit_sm body (SMPP 3.4 §4.4.1) as it came, sender's text, TLVs and all. Never altered in place. */
  readonly body: Buffer;
  /** Where in `body` the registered_delivery octet lies. */
  readonly registeredDeliveryAt: number;
  /** Whether the switch needs a delivery receipt for this message. */
  readonly wantsReceipt: boolean;
  /** Digits of the destination, as routed. */
  readonly destination: string;
  readonly source: string;
  /** Epoch milliseconds after which it must not be sent. */
  readonly expiresAtMs: number;
}

/** Why an attempt did not succeed; decides retry (same trunk), failover (next candidate) or failure. */
export type RefusalClass =
  /** The peer is too busy (ESME_RTHROTTLED, ESME_RMSGQFUL): same trunk, later. */
  | 'throttled'
  /** Trouble of this trunk alone (ESME_RSYSERR, bind problems): another candidate, or later. */
  | 'transient'
  /** The message will not go by this trunk (for example ESME_RSUBMITFAIL, ESME_RINVSRCADR): another candidate. */
  | 'trunk-permanent'
  /** The message itself is wrong (for example ESME_RINVDSTADR): no candidate will take it. */
  | 'permanent';

/** A delivery receipt as an upstream sent it, already read by the trunk's habits. */
export interface UpstreamReceipt {
  /** The upstream's message id, normalised the same way as in `accepted`. */
  upstreamId: string;
  state: MessageState;
  /** The carrier's own error code (SMPP 3.4 appendix B `err:`), empty when none. */
  errorCode: string;
  /** The number that the receipt is about (source_addr of the deliver_sm): checked before it is believed. */
  destination: string;
  /** When the carrier says it ended, epoch ms; 0 when it does not say. */
  doneAtMs: number;
}

/** Heard by the switch. No method throws, and none may call back into the adapter's session except `acknowledge`. */
export interface AdapterEvents {
  /** The upstream took it. `upstreamId` is normalised for matching; empty when the upstream gave none. */
  accepted(adapter: MessageAdapter, message: OutboundMessage, upstreamId: string): void;
  refused(adapter: MessageAdapter, message: OutboundMessage, refusal: RefusalClass, commandStatus: number): void;
  /** No answer: time-out or lost link. The upstream may or may not have it. */
  unanswered(adapter: MessageAdapter, message: OutboundMessage, why: 'timeout' | 'link-lost'): void;
  /**
   * A receipt came. The switch later calls `adapter.acknowledge(token, status)` once it is durable; until then the
   * upstream still owns it. `receipt` and `raw` are only valid during the call. `raw` is the deliver_sm body.
   */
  receipt(adapter: MessageAdapter, receipt: UpstreamReceipt, raw: Buffer, token: number): void;
  /** A mobile-originated deliver_sm or data_sm; acknowledged like a receipt. */
  mobileOriginated(adapter: MessageAdapter, raw: Buffer, token: number): void;
  /** There is room again after `capacity` was 0, or the state changed. */
  ready(adapter: MessageAdapter): void;
}

export type AdapterState = 'connecting' | 'up' | 'draining' | 'down';

export interface MessageAdapter {
  readonly trunkId: string;
  readonly state: AdapterState;
  /** One sentence on the state, for operators: why it is down, how many binds are up. */
  readonly stateWhy: string;
  /** Most messages that may be unanswered at once over all its binds that are up. */
  readonly windowMax: number;
  open(): void;
  /** How many more messages it takes now: window, TPS tokens and outbound buffer considered. 0 when not up. */
  capacity(nowMs: number): number;
  /** Sends. Only called while `capacity` > 0; exactly one of accepted/refused/unanswered follows. */
  submit(message: OutboundMessage, nowMs: number): void;
  /** Answers the deliver_sm behind `token` with this command_status. Unknown tokens (link gone) are ignored. */
  acknowledge(token: number, commandStatus: number): void;
  /** Timers: called about every 100 ms with the monotonic clock. */
  tick(nowMs: number): void;
  /** Applies changed settings without dropping what is in flight where that is possible. */
  reconfigure(options: unknown): void;
  /** Stops taking messages, waits for answers up to the deadline, unbinds. May be called twice. */
  close(deadlineMs: number): Promise<void>;
  /** Plain counters for metrics. */
  readonly counters: AdapterCounters;
}

/** Integers that the adapter owns; read on scrape. */
export interface AdapterCounters {
  submitted: number;
  accepted: number;
  refused: number;
  throttled: number;
  unanswered: number;
  receipts: number;
  reconnects: number;
  bindsUp: number;
  inFlight: number;
}

export interface AdapterContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Opens a secret stored encrypted in the trunk's options; undefined when there is none by that name. */
  readonly secret: (name: string) => string | undefined;
}

/** How an adapter kind enters the registry. `parseOptions` answers one clear sentence per fault. */
export interface AdapterKind {
  readonly kind: string;
  parseOptions(raw: unknown): { ok: true; value: unknown } | { ok: false; why: readonly string[] };
  create(trunkId: string, options: unknown, events: AdapterEvents, context: AdapterContext): MessageAdapter;
}
