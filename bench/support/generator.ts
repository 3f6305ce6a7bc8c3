// The load generator: many ESME binds in one process, closed loop (windows kept full) or open loop (a fixed rate, with
// latency counted from the instant a message was due, so that a stall of the switch is not hidden by a waiting sender).

import { mkdirSync, writeFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';

import { DESTINATIONS, destinationOf } from './chance.js';
import { sharedNowMs, TICK_MS } from './clock.js';
import type { BindSpec, GeneratorOptions, GeneratorReport } from './control.js';
import { Outcome } from './control.js';
import { EsmeLink } from './esme-link.js';
import { KannelLink } from './kannel-link.js';
import { IdIndex } from './id-index.js';
import { LatencyHistogram } from './latency-histogram.js';
import { DESTINATION_DIGITS, MessageParts, Outbox } from './wire.js';

/** Paced messages go out in runs of at most this many per bind, as a busy ESME's do. */
const PACED_RUN_MAX = 8;

/** What the generator asks of a link, whatever it speaks. */
export interface LoadLink {
  readonly spec: BindSpec;
  readonly socket: Socket;
  readonly inFlight: number;
  readonly mayTake: boolean;
  submit(serial: number, destination: number): void;
  destroy(): void;
}

export class Generator {
  readonly options: GeneratorOptions;
  readonly outbox = new Outbox();
  readonly parts = new MessageParts();
  readonly ids = new IdIndex();
  readonly destinations = Buffer.allocUnsafeSlow(DESTINATIONS * DESTINATION_DIGITS);
  readonly outcomes: Uint8Array;
  readonly accounts: Uint16Array;
  readonly sentTicks: Uint32Array;
  readonly receiptStates: Uint8Array;
  readonly receiptCounts: Uint8Array;
  readonly receiptTicks: Uint32Array;
  /** Receipts that beat their submit_sm_resp: id to ReceiptSeen. */
  readonly earlyReceipts = new Map<string, number>();
  readonly latency = new LatencyHistogram();
  readonly #links: LoadLink[] = [];
  readonly #waiting: BindSpec[] = [];
  nowMs = sharedNowMs();
  serial = 0;
  accepted = 0;
  refused = 0;
  unanswered = 0;
  receipts = 0;
  unknownReceipts = 0;
  bound = 0;
  bindRefusals = 0;
  readonly refusalsByStatus = new Map<number, number>();
  #binding = 0;
  #mode: 'pause' | 'saturate' | 'pace' = 'pause';
  #perMs = 0;
  #owedMax = Infinity;
  #pacedFromMs = 0;
  #pacedSent = 0;
  #nextLink = 0;
  #timer: NodeJS.Timeout | undefined;
  #isFinished = false;
  readonly #onFault: (why: string) => void;

  constructor(options: GeneratorOptions, onFault: (why: string) => void) {
    this.options = options;
    this.#onFault = onFault;
    const serials = options.serialsMax;
    this.outcomes = new Uint8Array(serials);
    this.accounts = new Uint16Array(serials);
    this.sentTicks = new Uint32Array(serials);
    this.receiptStates = new Uint8Array(serials);
    this.receiptCounts = new Uint8Array(serials);
    this.receiptTicks = new Uint32Array(serials);
    for (let at = 0; at < DESTINATIONS; at++) {
      const digits = options.destinations[at % options.destinations.length] ?? '';
      this.destinations.write(digits, at * DESTINATION_DIGITS, 'latin1');
    }
  }

  /** The answer to a submission came at `nowMs`, and it is in. */
  acceptedNow(serial: number): void {
    this.outcomes[serial] = Outcome.accepted;
    this.accepted++;
    const sentMs = (this.sentTicks[serial] as number) * TICK_MS + this.options.epochMs;
    this.latency.record(this.nowMs - sentMs);
  }

  /** @param status the link's own word: a command_status or an HTTP status */
  refusedNow(serial: number, status: number): void {
    this.outcomes[serial] = Outcome.refused;
    this.refused++;
    this.refusalsByStatus.set(status, (this.refusalsByStatus.get(status) ?? 0) + 1);
  }

  start(): void {
    this.#waiting.push(...this.options.binds);
    this.#timer = setInterval(() => this.#tick(), 1);
    this.#bindMore();
  }

  saturate(): void {
    this.#mode = 'saturate';
    this.nowMs = sharedNowMs();
    for (const link of this.#links) this.fill(link);
  }

  pace(perSec: number, owedMax = Infinity): void {
    this.#mode = 'pace';
    this.#owedMax = owedMax;
    this.#perMs = perSec / 1_000;
    this.#pacedFromMs = sharedNowMs();
    this.#pacedSent = 0;
  }

  pause(): void {
    this.#mode = 'pause';
  }

  dropLinks(): void {
    for (const link of [...this.#links]) link.destroy();
  }

  /** Called by a link when its bind was answered. */
  linkBound(link: LoadLink): void {
    this.#binding--;
    this.bound++;
    this.#bindMore();
    if (this.#mode === 'saturate') this.fill(link);
  }

  /** Called by a link once, whatever ended it. */
  linkClosed(link: LoadLink, wasBound: boolean, why: string): void {
    const at = this.#links.indexOf(link);
    if (at >= 0) this.#links.splice(at, 1);
    if (wasBound) this.bound--;
    else this.#binding--;
    if (this.#isFinished) return;
    if (this.options.reconnectMs === 0) {
      this.#onFault(`${link.spec.systemId}: ${why}`);
      return;
    }
    this.#bindMore();
    setTimeout(() => {
      if (this.#isFinished) return;
      this.#waiting.push(link.spec);
      this.#bindMore();
    }, this.options.reconnectMs);
  }

  /** Closed loop: sends until the link's window is full. Writes once. */
  fill(link: LoadLink): void {
    if (this.#mode === 'saturate') {
      while (link.mayTake && this.outbox.hasRoom && this.serial < this.options.serialsMax) {
        this.#sendOne(link, this.nowMs);
      }
    }
    this.outbox.flush(link.socket);
  }

  report(): GeneratorReport {
    const cpu = process.cpuUsage();
    let inFlight = 0;
    for (const link of this.#links) inFlight += link.inFlight;
    return {
      atMs: sharedNowMs(),
      cpuMicros: cpu.user + cpu.system,
      bound: this.bound,
      bindRefusals: this.bindRefusals,
      sent: this.serial,
      accepted: this.accepted,
      refused: this.refused,
      unanswered: this.unanswered,
      inFlight,
      receipts: this.receipts,
      unknownReceipts: this.unknownReceipts + this.earlyReceipts.size,
      refusalsByStatus: Object.fromEntries(
        [...this.refusalsByStatus].map(([status, n]) => [`0x${status.toString(16)}`, n]),
      ),
      links: this.#links.length,
      latency: this.latency.summary(),
    };
  }

  finish(): void {
    this.#isFinished = true;
    clearInterval(this.#timer);
    for (const link of [...this.#links]) link.destroy();
    mkdirSync(this.options.logFolder, { recursive: true });
    const write = (name: string, array: Uint8Array | Uint16Array | Uint32Array): void => {
      const used = array.subarray(0, this.serial);
      writeFileSync(join(this.options.logFolder, name), new Uint8Array(used.buffer, used.byteOffset, used.byteLength));
    };
    write('generator-outcome.u8', this.outcomes);
    write('generator-account.u16', this.accounts);
    write('generator-sent.u32', this.sentTicks);
    write('generator-receipt.u8', this.receiptStates);
    write('generator-receipt-count.u8', this.receiptCounts);
    write('generator-receipt-at.u32', this.receiptTicks);
  }

  get tickNow(): number {
    return ((this.nowMs - this.options.epochMs) / TICK_MS) >>> 0;
  }

  heardReceipt(serial: number, state: number): void {
    this.receipts++;
    this.receiptStates[serial] = state;
    this.receiptTicks[serial] = this.tickNow;
    const count = this.receiptCounts[serial] ?? 0;
    if (count < 255) this.receiptCounts[serial] = count + 1;
  }

  #sendOne(link: LoadLink, dueMs: number): void {
    const serial = this.serial++;
    this.outcomes[serial] = Outcome.unanswered;
    this.accounts[serial] = link.spec.account;
    this.sentTicks[serial] = ((dueMs - this.options.epochMs) / TICK_MS) >>> 0;
    link.submit(serial, destinationOf(serial, this.options.seed));
  }

  #bindMore(): void {
    while (this.#binding < this.options.bindingMax) {
      const spec = this.#waiting.shift();
      if (spec === undefined) return;
      this.#binding++;
      this.#links.push(this.options.speaks === 'kannel-http' ? new KannelLink(this, spec) : new EsmeLink(this, spec));
    }
  }

  /** How many messages should have left by now; what is owed beyond the limit is forgiven. */
  #due(): number {
    const due = Math.floor((this.nowMs - this.#pacedFromMs) * this.#perMs);
    const over = due - this.#pacedSent - this.#owedMax;
    if (over <= 0) return due;
    this.#pacedFromMs += over / this.#perMs;
    return due - over;
  }

  #tick(): void {
    if (this.#mode === 'saturate') {
      // Only links whose window had no room to refill on an answer need this: nothing else wakes them.
      this.nowMs = sharedNowMs();
      for (const link of this.#links) if (link.mayTake) this.fill(link);
      return;
    }
    if (this.#mode !== 'pace') return;
    this.nowMs = sharedNowMs();
    if (this.bound === 0) {
      // Nobody to send by: what would have been due is not owed later, or a restart would meet a flood.
      this.pace(this.#perMs * 1_000, this.#owedMax);
      return;
    }
    const due = this.#due();
    let barren = 0;
    while (this.#pacedSent < due && barren < this.#links.length && this.serial < this.options.serialsMax) {
      this.#nextLink = (this.#nextLink + 1) % this.#links.length;
      const link = this.#links[this.#nextLink];
      if (link === undefined) return;
      let run = 0;
      while (run < PACED_RUN_MAX && this.#pacedSent < due && link.mayTake && this.serial < this.options.serialsMax) {
        this.#sendOne(link, this.#pacedFromMs + this.#pacedSent / this.#perMs);
        this.#pacedSent++;
        run++;
      }
      barren = run === 0 ? barren + 1 : 0;
      this.outbox.flush(link.socket);
    }
  }
}
