// Jobs that run once a day: a little after the start when the day's run was missed, and once in every UTC day after
// that. The last run stands in the store, so that a restart repeats nothing.

import type { Logger } from '#core';
import type { AuditEntry, Records } from '../store/contract.js';

export interface DailyJob {
  readonly name: string;
  readonly permission: string;
  /** For the audit record: what it will do. */
  readonly detail: () => object;
  /** Does it; the answer is logged. Must do no harm when repeated: a failed run is tried again. */
  readonly run: (nowMs: number) => Promise<Readonly<Record<string, unknown>>>;
}

export interface DailyJobsParts {
  readonly records: Pick<Records, 'jobRuns' | 'change'>;
  readonly log: Logger;
  readonly tenantId: () => string;
}

const DAY_MS = 86_400_000;
/** A start has better things to do. */
const FIRST_AFTER_MS = 60_000;
/** After a failure: a full disk, say. */
const RETRY_MS = 3_600_000;

export class DailyJobs {
  readonly #parts: DailyJobsParts;
  readonly #jobs: readonly DailyJob[];
  /** Not asked of the store before the first tick. */
  #lastRuns: Map<string, number> | undefined;
  #notBeforeMs: number;
  #running: Promise<void> | undefined;

  constructor(parts: DailyJobsParts, jobs: readonly DailyJob[], nowMs: number) {
    this.#parts = parts;
    this.#jobs = jobs;
    this.#notBeforeMs = nowMs + FIRST_AFTER_MS;
  }

  /** Runs what is due; about every minute, with epoch milliseconds that no clock step touches. Never rejects. */
  tick(nowMs: number): Promise<void> {
    if (nowMs < this.#notBeforeMs) return Promise.resolve();
    this.#running ??= this.#runDue(nowMs).finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Waits for what is running. */
  async close(): Promise<void> {
    this.#notBeforeMs = Infinity;
    await this.#running;
  }

  async #runDue(nowMs: number): Promise<void> {
    try {
      this.#lastRuns ??= new Map((await this.#parts.records.jobRuns()).map(({ name, atMs }) => [name, atMs]));
      for (const job of this.#jobs) {
        const lastMs = this.#lastRuns.get(job.name) ?? -Infinity;
        if (Math.floor(lastMs / DAY_MS) >= Math.floor(nowMs / DAY_MS)) continue;
        await this.#run(job, nowMs);
        this.#lastRuns.set(job.name, nowMs);
      }
    } catch (error) {
      this.#notBeforeMs = nowMs + RETRY_MS;
      this.#parts.log.error({ err: error }, 'a daily job failed and is tried again in an hour');
    }
  }

  /** The record of it comes first: nothing is ever dropped without one. */
  async #run(job: DailyJob, nowMs: number): Promise<void> {
    const { records, log } = this.#parts;
    await records.change([{ op: 'job-run', name: job.name, atMs: nowMs }], this.#auditOf(job, nowMs));
    log.info({ job: job.name, ...(await job.run(nowMs)) }, 'daily job done');
  }

  #auditOf({ name, permission, detail }: DailyJob, atMs: number): AuditEntry {
    return {
      atMs,
      actor: 'system',
      tenantId: this.#parts.tenantId(),
      permission,
      command: name,
      reason: 'daily job',
      detail: JSON.stringify(detail()),
    };
  }
}

/** Drops message records that are older than the settings say. */
export const retentionJob = (records: Pick<Records, 'retain'>, retentionDays: number): DailyJob => ({
  name: 'retain',
  permission: 'store.retain',
  detail: () => ({ days: retentionDays }),
  run: async (nowMs) => ({ dropped: await records.retain(nowMs - retentionDays * DAY_MS) }),
});
