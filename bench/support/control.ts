// What the parent of a run and its load processes say to each other, over the IPC channel of fork().

import type { LatencySummary } from './latency-histogram.js';

/** One bind of the generator: an account with its credentials and a sender it may use. */
export interface BindSpec {
  readonly port: number;
  readonly systemId: string;
  readonly password: string;
  readonly source: string;
  /** Dense number of the account in the world, written to the log with each serial. */
  readonly account: number;
}

export interface GeneratorOptions {
  readonly kind: 'generator';
  /** SMPP, or the HTTP interface of Kannel's smsbox (no receipts), for comparison. */
  readonly speaks: 'smpp' | 'kannel-http';
  readonly host: string;
  readonly binds: readonly BindSpec[];
  /** Unanswered submit_sm per bind. */
  readonly windowMax: number;
  readonly registeredDelivery: number;
  readonly destinations: readonly string[];
  readonly seed: number;
  /** It stops sending for good at this serial. */
  readonly serialsMax: number;
  /** sharedNowMs() that ticks in the logs count from. */
  readonly epochMs: number;
  readonly logFolder: string;
  /** Binds again after a lost link, this long after; 0 = a lost link ends the run with an error. */
  readonly reconnectMs: number;
  /** Connections being set up at once. */
  readonly bindingMax: number;
}

export interface SinkOptions {
  readonly kind: 'sink';
  readonly host: string;
  /** Trunks to simulate, each on a port of its own, chosen by the system and told in `ready`. */
  readonly trunks: number;
  readonly seed: number;
  readonly serialsMax: number;
  readonly epochMs: number;
  readonly logFolder: string;
  readonly receiptDelayMs: number;
  /** Receipts sent and not acknowledged, per trunk. */
  readonly receiptWindowMax: number;
  /** Of all serials, so many per mille end UNDELIV. */
  readonly undeliverablePermille: number;
  /** Trunks that answer every submit_sm with this status (0 = take it) as long as they are listed. */
  readonly refusingTrunks: readonly number[];
}

export type Order =
  | { readonly do: 'start'; readonly options: GeneratorOptions | SinkOptions }
  /** Closed loop: keep every window full. */
  | { readonly do: 'saturate' }
  /**
   * Open loop: this many messages a second, whatever comes back. Those due and not sent stay owed, up to `owedMax`: no
   * limit where latency is measured, a small one where the switch is often away and must not come back to a flood.
   */
  | { readonly do: 'pace'; readonly perSec: number; readonly owedMax?: number }
  | { readonly do: 'pause' }
  /** Forgets the latencies recorded so far. */
  | { readonly do: 'reset-latency' }
  | { readonly do: 'report' }
  /** Drops every link at once, without an unbind; the generator binds again when it reconnects. */
  | { readonly do: 'drop-links' }
  /** Writes the logs and ends. */
  | { readonly do: 'finish' };

/** Counters since the start; rates are differences of two reports. */
export interface GeneratorReport {
  readonly atMs: number;
  readonly cpuMicros: number;
  readonly bound: number;
  readonly bindRefusals: number;
  readonly sent: number;
  readonly accepted: number;
  readonly refused: number;
  /** Sent over a link that broke before the answer. */
  readonly unanswered: number;
  /** Sent and neither answered nor given up. */
  readonly inFlight: number;
  readonly receipts: number;
  readonly unknownReceipts: number;
  readonly refusalsByStatus: Readonly<Record<string, number>>;
  readonly links: number;
  readonly latency: LatencySummary;
}

export interface SinkReport {
  readonly atMs: number;
  readonly cpuMicros: number;
  readonly bound: number;
  readonly received: number;
  readonly distinct: number;
  readonly refused: number;
  /** Texts without a serial: not from this run's generator. */
  readonly foreign: number;
  readonly receiptsMade: number;
  readonly receiptsAcked: number;
  readonly receiptsRefused: number;
  readonly receivedByTrunk: readonly number[];
}

export type Answer =
  | { readonly is: 'ready'; readonly ports: readonly number[] }
  | { readonly is: 'report'; readonly report: GeneratorReport | SinkReport }
  | { readonly is: 'done' }
  | { readonly is: 'fault'; readonly why: string };

/** What happened to a serial, as the generator saw it (one octet per serial in its log). */
export const Outcome = { never: 0, unanswered: 1, accepted: 2, refused: 3 } as const;

/** The last receipt of a serial, as the generator saw it. */
export const ReceiptSeen = { none: 0, delivered: 1, undeliverable: 2, other: 3 } as const;

/** Sink's flags per serial: the receipt it made, and whether the switch acknowledged it. */
export const SinkMark = { delivered: 1, undeliverable: 2, acked: 4 } as const;
