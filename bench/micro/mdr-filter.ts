// How long filters over a million message records take, page by page: by account, by destination, and finding nothing.
// node --conditions=source --import tsx bench/micro/mdr-filter.ts

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#core';
import type { MdrQuery } from '../../switch/store/contract.js';
import { MdrReader } from '../../switch/store/read/mdr-reader.js';
import { firstKeyAt, MdrFiles } from '../../switch/store/thread/mdr-files.js';

const ROWS = 1_000_000;
const ACCOUNTS = 1_000;
const DAY_MS = Date.UTC(2026, 10, 20);
const ROWS_PER_MS = 0.03;
const DETAIL_BYTES = 450;
const scope = { tenantRef: 1, tenantRefs: [1] };
const folder = mkdtempSync(join(tmpdir(), 'mdr-filter-'));

try {
  mkdirSync(join(folder, 'records'));
  const files = new MdrFiles(join(folder, 'records'));
  const detail = Buffer.alloc(DETAIL_BYTES);
  for (let row = 0; row < ROWS; row++) {
    const ms = DAY_MS + Math.floor(row / ROWS_PER_MS);
    files.insertFor(ms).run(firstKeyAt(ms) + (row % 30), row % ACCOUNTS, 1, 7, 2, ms, `39${row % 1_000_000}`, detail);
    if (row % 20_000 === 0) files.commit();
  }
  files.commit();
  files.close();
  const reader = new MdrReader(folder);
  measure(reader, 'all, newest 50', { limit: 50 });
  measure(reader, 'one account of 1,000, 50 rows', { accountRef: 5, limit: 50 });
  measure(reader, 'one account of 1,000, all its rows', { accountRef: 5, limit: 10_000 });
  measure(reader, 'destination prefix of 100 rows', { destinationPrefix: '394321', limit: 10_000 });
  measure(reader, 'destination that nobody has', { destinationPrefix: '49', limit: 50 });
  reader.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function measure(reader: MdrReader, name: string, query: MdrQuery): void {
  const beganMs = systemClock.monotonicMs();
  let [rows, pages, longestMs] = [0, 0, 0];
  for (let next: number | undefined, isDone = false; !isDone;) {
    const pageMs = systemClock.monotonicMs();
    const rest = { ...query, limit: query.limit - rows };
    const page = reader.page(scope, next === undefined ? rest : { ...rest, beforeKey: next });
    longestMs = Math.max(longestMs, systemClock.monotonicMs() - pageMs);
    rows += page.rows.length;
    pages++;
    next = page.nextKey;
    isDone = next === undefined;
  }
  const seconds = (systemClock.monotonicMs() - beganMs) / 1_000;
  const load = loadavg()[0]?.toFixed(1);
  process.stdout.write(
    `${name}: ${rows} rows, ${seconds.toFixed(3)} s, ${pages} pages, longest ${longestMs.toFixed(0)} ms, load ${load}\n`,
  );
}
