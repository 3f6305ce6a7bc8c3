// The main thread's face of records: each call is one request to the thread that does it.

import { QUERY_ROWS_MAX, type MessageKey } from '#core';
import type { AuditEntry, BalanceRow, MdrPage, MdrQuery, MdrRow, PostingKeyRow } from './contract.js';
import type { ProvisionChange, ProvisionedRow } from './contract.js';
import type { Records, Scope, SpilledRow } from './contract.js';
import type { ReadName, StoreRequest } from './thread/protocol.js';

/** Queue reads, look-ups and changes: more than this means the thread is stuck. */
const QUICK_MS = 30_000;
/** Reports over millions of rows, retention and backups. */
const LONG_MS = 3_600_000;
/** Spilled images fetched at once at start. */
const IMAGES_PER_READ = 5_000;

type WithId = Extract<StoreRequest, { readonly id: number }>;
/** A request of the store thread without the id, which the asker adds. */
export type StoreQuestion = WithId extends infer R ? (R extends WithId ? Omit<R, 'id'> : never) : never;

/** How records reaches its threads. */
export interface RecordThreads {
  /** Queue reads: short, on a connection of their own. */
  quick(name: ReadName, args: readonly unknown[], deadlineMs: number): Promise<unknown>;
  /** Reports: as long as they take. */
  report(name: ReadName, args: readonly unknown[], deadlineMs: number): Promise<unknown>;
  store(question: StoreQuestion, deadlineMs: number): Promise<unknown>;
  /** Commits what was appended, and waits until readers see it. */
  settle(): Promise<void>;
  /** Keeps journal segments on disk while a backup copies them. */
  hold(isHeld: boolean): Promise<void>;
}

export class RemoteRecords implements Records {
  readonly #threads: RecordThreads;

  constructor(threads: RecordThreads) {
    this.#threads = threads;
  }

  async provisioned(): Promise<readonly ProvisionedRow[]> {
    return (await this.#threads.quick('provisioned', [], QUICK_MS)) as ProvisionedRow[];
  }

  async deckVersions(): ReturnType<Records['deckVersions']> {
    return (await this.#threads.quick('deckVersions', [], QUICK_MS)) as Awaited<ReturnType<Records['deckVersions']>>;
  }

  async deckVersion(id: string, version: number): Promise<Uint8Array | undefined> {
    return (await this.#threads.quick('deckVersion', [id, version], QUICK_MS)) as Uint8Array | undefined;
  }

  async postingKey(key: string): Promise<PostingKeyRow | undefined> {
    return (await this.#settledQuick('postingKey', [key])) as PostingKeyRow | undefined;
  }

  async jobRuns(): ReturnType<Records['jobRuns']> {
    return (await this.#threads.quick('jobRuns', [], QUICK_MS)) as Awaited<ReturnType<Records['jobRuns']>>;
  }

  async change(changes: readonly ProvisionChange[], audit: AuditEntry): Promise<readonly ProvisionedRow[]> {
    return (await this.#threads.store({ op: 'change', changes, audit }, LONG_MS)) as ProvisionedRow[];
  }

  async audit(scope: Scope, limit: number): Promise<readonly AuditEntry[]> {
    return (await this.#threads.report('audit', [scope, Math.min(limit, QUERY_ROWS_MAX)], LONG_MS)) as AuditEntry[];
  }

  async balances(): Promise<readonly BalanceRow[]> {
    return (await this.#settledQuick('balances', [])) as BalanceRow[];
  }

  async mdr(scope: Scope, key: MessageKey): Promise<MdrRow | undefined> {
    await this.#threads.settle();
    return (await this.#threads.report('mdr', [scope, key], LONG_MS)) as MdrRow | undefined;
  }

  async mdrs(scope: Scope, query: MdrQuery): Promise<readonly MdrRow[]> {
    const limit = Math.min(query.limit, QUERY_ROWS_MAX);
    const found: MdrRow[] = [];
    let beforeKey = query.beforeKey;
    for (;;) {
      const rest = { ...query, limit: limit - found.length };
      const page = await this.mdrPage(scope, beforeKey === undefined ? rest : { ...rest, beforeKey });
      for (const row of page.rows) found.push(row);
      if (page.nextKey === undefined || found.length >= limit) return found;
      beforeKey = page.nextKey;
    }
  }

  async mdrPage(scope: Scope, query: MdrQuery): Promise<MdrPage> {
    return (await this.#threads.report('mdrPage', [scope, query], LONG_MS)) as MdrPage;
  }

  async spilledHolds(each: (image: Uint8Array) => void): Promise<void> {
    await this.#threads.settle();
    let afterKey = -1;
    for (;;) {
      const rows = (await this.#threads.quick('spilledImages', [afterKey, IMAGES_PER_READ], QUICK_MS)) as SpilledRow[];
      for (const row of rows) each(row.image);
      const last = rows.at(-1);
      if (last === undefined) return;
      afterKey = last.key;
    }
  }

  // The switch keeps a spilled message in memory until its row is projected, so the next three need not wait for that.

  async spilledQueue(trunkRef: number, afterKey: MessageKey, limit: number): Promise<readonly SpilledRow[]> {
    return (await this.#threads.quick('spilledQueue', [trunkRef, afterKey, limit], QUICK_MS)) as SpilledRow[];
  }

  async spilledByUpstreamId(
    pairs: readonly { readonly trunkRef: number; readonly upstreamId: string }[],
  ): Promise<readonly (SpilledRow | undefined)[]> {
    return (await this.#threads.quick('spilledByUpstreamId', [pairs], QUICK_MS)) as (SpilledRow | undefined)[];
  }

  async spilledDue(nowMs: number, limit: number): Promise<readonly SpilledRow[]> {
    return (await this.#threads.quick('spilledDue', [nowMs, limit], QUICK_MS)) as SpilledRow[];
  }

  async spilledMessage(key: MessageKey): Promise<SpilledRow | undefined> {
    return (await this.#settledQuick('spilledMessage', [key])) as SpilledRow | undefined;
  }

  async hasSpilled(of: { readonly accountRef: number } | { readonly trunkRef: number }): Promise<boolean> {
    await this.#threads.settle();
    return (await this.#threads.report('hasSpilled', [of], LONG_MS)) as boolean;
  }

  async pendingReceipts(accountRef: number, afterKey: MessageKey, limit: number): Promise<readonly SpilledRow[]> {
    return (await this.#settledQuick('pendingReceipts', [accountRef, afterKey, limit])) as SpilledRow[];
  }

  async pendingReceiptCounts(): ReturnType<Records['pendingReceiptCounts']> {
    const counts = await this.#settledQuick('pendingReceiptCounts', []);
    return counts as Awaited<ReturnType<Records['pendingReceiptCounts']>>;
  }

  async receiptOnDisk(key: MessageKey): Promise<'owed' | 'expired' | undefined> {
    return (await this.#settledQuick('receiptOnDisk', [key])) as 'owed' | 'expired' | undefined;
  }

  async retain(olderThanMs: number): Promise<readonly string[]> {
    await this.#threads.settle();
    return (await this.#threads.store({ op: 'retain', olderThanMs }, LONG_MS)) as string[];
  }

  async backup(folder: string): Promise<void> {
    await this.#threads.settle();
    await this.#threads.hold(true);
    try {
      await this.#threads.report('backup', [folder], LONG_MS);
    } finally {
      await this.#threads.hold(false);
    }
  }

  /** A row that was spilled a moment ago must be seen: what was appended before the question counts. */
  async #settledQuick(name: ReadName, args: readonly unknown[]): Promise<unknown> {
    await this.#threads.settle();
    return this.#threads.quick(name, args, QUICK_MS);
  }
}
