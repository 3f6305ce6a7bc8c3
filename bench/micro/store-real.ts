// The store as shipped under load: `npm run bench:store -- --real [--seconds 10] [--rates 1000,15000,30000] [--json]`.

import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Histogram, LATENCY_BOUNDS_MS, silentLogger, systemClock } from '#core';
import { openStore } from '../../switch/store/index.js';
import { appendFinish, appendOpen } from '../../test/support/store-records.js';

/** Customers and the levels above them: what makes ledger sums and index pages realistic. */
const ACCOUNTS = 1_000;
const TRUNKS = 20;

export interface StoreFigures {
  readonly offeredPerSec: number;
  readonly donePerSec: number;
  readonly cpuMicrosPerMessage: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly syncsPerSec: number;
  readonly queryMs: number;
}

/** Three records a message, four postings each; once a second a filter query runs beside it. */
export async function measureStore(parent: string, ratePerSec: number, seconds: number): Promise<StoreFigures> {
  const folder = mkdtempSync(join(parent, '.store-bench-'));
  const store = await openStore({ folder, node: 1, log: silentLogger, clock: systemClock });
  await store.records.mdrs({ tenantRef: 1, tenantRefs: [1] }, { limit: 1 });
  const waits = new Histogram(LATENCY_BOUNDS_MS);
  const { journal } = store;
  let sent = 0;
  let done = 0;
  const syncsBefore = journal.counters.syncs;
  const cpu = process.cpuUsage();
  const startMs = performance.now();
  const baseMs = Date.UTC(2026, 10, 20);
  while (performance.now() - startMs < seconds * 1000) {
    const nowMs = performance.now();
    const due = Math.floor(((nowMs - startMs) * ratePerSec) / 1000);
    const target = {
      durable: () => {
        waits.record(performance.now() - nowMs);
        done++;
      },
      notDurable: () => undefined,
    };
    for (; sent < due; sent++) {
      const key = 1e12 + sent;
      const accountRef = sent % ACCOUNTS;
      const postings = [
        { buyerRef: accountRef, sellerRef: 9_000 + (accountRef % 50), chargedMicros: 40_000n },
        { buyerRef: 9_000 + (accountRef % 50), sellerRef: 9_100, chargedMicros: 30_000n },
        { buyerRef: 9_100, sellerRef: 9_101, chargedMicros: 20_000n },
        { kind: 1, buyerRef: 9_101, sellerRef: sent % TRUNKS, chargedMicros: 10_000n },
      ];
      appendOpen(journal, { key, accountRef, bodyBytes: 560 }, target, true);
      appendOpen(journal, { key, bodyBytes: 100 });
      appendFinish(journal, {
        key,
        accountRef,
        trunkRef: sent % TRUNKS,
        acceptedMs: baseMs + sent / 100,
        chargeMicros: 40_000n,
        postings,
        logBytes: 360,
      });
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const elapsedSec = (performance.now() - startMs) / 1000;
  while (done < sent) await new Promise((resolve) => setTimeout(resolve, 1));
  await store.records.balances();
  const used = process.cpuUsage(cpu);
  const syncs = journal.counters.syncs - syncsBefore;
  const queryFrom = performance.now();
  await store.records.mdrs({ tenantRef: 1, tenantRefs: [1] }, { accountRef: 5, limit: 100 });
  const queryMs = performance.now() - queryFrom;
  await store.close();
  rmSync(folder, { recursive: true });
  return {
    offeredPerSec: ratePerSec,
    donePerSec: Math.round(sent / elapsedSec),
    cpuMicrosPerMessage: Number(((used.user + used.system) / sent).toFixed(2)),
    p50Ms: waits.quantile(0.5),
    p99Ms: waits.quantile(0.99),
    syncsPerSec: Math.round(syncs / elapsedSec),
    queryMs: Number(queryMs.toFixed(1)),
  };
}
