// The verdict on a run, from the generator's and the sink's own logs alone.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { TICK_MS } from './clock.js';
import { Outcome, ReceiptSeen, SinkMark } from './control.js';
import { LatencyHistogram, type LatencySummary } from './latency-histogram.js';

export interface RunLogs {
  readonly serials: number;
  readonly outcomes: Uint8Array;
  readonly accounts: Uint16Array;
  readonly sentTicks: Uint32Array;
  readonly receiptStates: Uint8Array;
  readonly receiptCounts: Uint8Array;
  readonly receiptTicks: Uint32Array;
  /** The sink's; shorter than `serials` when the last ones never came. */
  readonly sinkCounts: Uint8Array;
  readonly sinkTicks: Uint32Array;
  readonly sinkTrunks: Uint8Array;
  readonly sinkMarks: Uint8Array;
}

function octets(folder: string, name: string): Buffer<ArrayBuffer> {
  const path = join(folder, name);
  if (!existsSync(path)) throw new Error(`log ${name} is missing: a load process did not finish`);
  const read = readFileSync(path);
  const copy = Buffer.from(new ArrayBuffer(read.length));
  read.copy(copy);
  return copy;
}

export function readLogs(folder: string): RunLogs {
  const outcomes = new Uint8Array(octets(folder, 'generator-outcome.u8').buffer);
  return {
    serials: outcomes.length,
    outcomes,
    accounts: new Uint16Array(octets(folder, 'generator-account.u16').buffer),
    sentTicks: new Uint32Array(octets(folder, 'generator-sent.u32').buffer),
    receiptStates: new Uint8Array(octets(folder, 'generator-receipt.u8').buffer),
    receiptCounts: new Uint8Array(octets(folder, 'generator-receipt-count.u8').buffer),
    receiptTicks: new Uint32Array(octets(folder, 'generator-receipt-at.u32').buffer),
    sinkCounts: new Uint8Array(octets(folder, 'sink-count.u8').buffer),
    sinkTicks: new Uint32Array(octets(folder, 'sink-received.u32').buffer),
    sinkTrunks: new Uint8Array(octets(folder, 'sink-trunk.u8').buffer),
    sinkMarks: new Uint8Array(octets(folder, 'sink-mark.u8').buffer),
  };
}

export interface Verdict {
  /** Answered ESME_ROK. */
  accepted: number;
  /** Accepted, and the last receipt heard says DELIVRD (with receipts), or the carrier has it (without). */
  delivered: number;
  /** Accepted, and a receipt reported the failure. */
  failed: number;
  /** Accepted, but neither with a carrier nor reported as failed. */
  lost: number;
  /** Copies beyond the first that carriers got. */
  duplicated: number;
  /** Carriers got it, though the ESME was told no. */
  refusedYetSent: number;
  /** Accepted, the carrier's receipt was acknowledged by the switch, but none reached the ESME. */
  receiptsLost: number;
  /** The ESME heard another outcome than the carrier told. */
  receiptsWrong: number;
  /** From the instant a message was due to its arrival at the carrier. */
  forward: LatencySummary;
}

/** Judges the serials in [from, to); the whole run when left out. */
export function judge(
  logs: RunLogs,
  receipts: boolean,
  range?: { readonly from: number; readonly to: number },
): Verdict {
  const verdict = { accepted: 0, delivered: 0, failed: 0, lost: 0, duplicated: 0 };
  const faults = { refusedYetSent: 0, receiptsLost: 0, receiptsWrong: 0 };
  const forward = new LatencyHistogram();
  const to = range?.to ?? logs.serials;
  for (let serial = range?.from ?? 0; serial < to; serial++) {
    const outcome = logs.outcomes[serial] as number;
    const copies = logs.sinkCounts[serial] ?? 0;
    const mark = logs.sinkMarks[serial] ?? 0;
    const heard = logs.receiptStates[serial] as number;
    if (copies > 1) verdict.duplicated += copies - 1;
    if (copies > 0) forward.record(((logs.sinkTicks[serial] as number) - (logs.sentTicks[serial] as number)) * TICK_MS);
    if (outcome === Outcome.refused && copies > 0) faults.refusedYetSent++;
    if (outcome !== Outcome.accepted) continue;
    verdict.accepted++;
    const reportedFailed = heard === ReceiptSeen.undeliverable || heard === ReceiptSeen.other;
    if (copies === 0 && !reportedFailed) verdict.lost++;
    else if (reportedFailed) verdict.failed++;
    else if (!receipts || heard === ReceiptSeen.delivered) verdict.delivered++;
    if (!receipts) continue;
    if (logs.receiptCounts[serial] === 0) faults.receiptsLost++;
    if (heard === ReceiptSeen.delivered && (mark & SinkMark.delivered) === 0) faults.receiptsWrong++;
    if (heard === ReceiptSeen.undeliverable && copies > 0 && (mark & SinkMark.undeliverable) === 0)
      faults.receiptsWrong++;
  }
  return { ...verdict, ...faults, forward: forward.summary() };
}
