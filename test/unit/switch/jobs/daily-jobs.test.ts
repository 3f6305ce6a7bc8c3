import assert from 'node:assert/strict';
import { silentLogger } from '#core';
import { DailyJobs, retentionJob } from '../../../../switch/jobs/index.js';
import type { AuditEntry, ProvisionChange } from '../../../../switch/store/contract.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const MIDNIGHT_MS = Date.UTC(2026, 10, 20);

class JobWorld {
  nowMs = MIDNIGHT_MS;
  readonly runs = new Map<string, number>();
  readonly audits: AuditEntry[] = [];
  readonly retained: number[] = [];
  isDiskFull = false;
  jobs = this.start();

  start(): DailyJobs {
    const records = {
      jobRuns: () => Promise.resolve([...this.runs].map(([name, atMs]) => ({ name, atMs }))),
      change: (changes: readonly ProvisionChange[], audit: AuditEntry) => {
        for (const change of changes) if (change.op === 'job-run') this.runs.set(change.name, change.atMs);
        this.audits.push(audit);
        return Promise.resolve([]);
      },
      retain: (olderThanMs: number) => {
        if (this.isDiskFull) return Promise.reject(new Error('disk full'));
        this.retained.push(olderThanMs);
        return Promise.resolve(['20260801']);
      },
    };
    const parts = { records, log: silentLogger, tenantId: () => 'operator' };
    return (this.jobs = new DailyJobs(parts, [retentionJob(records, 90)], this.nowMs));
  }

  /** Time goes by with a tick a minute. */
  async pass(ms: number): Promise<void> {
    for (const untilMs = this.nowMs + ms; this.nowMs < untilMs; this.nowMs += 60_000) await this.jobs.tick(this.nowMs);
  }
}

describe('retention', () => {
  it('runs shortly after the first start and then once in every UTC day', async () => {
    const world = new JobWorld();
    await world.jobs.tick(world.nowMs);
    assert.equal(world.retained.length, 0, 'not in the first moment');
    await world.pass(3 * DAY_MS);
    assert.equal(world.retained.length, 3);
    assert.equal(world.retained[0], MIDNIGHT_MS + 60_000 - 90 * DAY_MS);
    assert.equal(world.retained[1], MIDNIGHT_MS + DAY_MS - 90 * DAY_MS);
  });

  it('runs no second time on one day, however often the switch starts', async () => {
    const world = new JobWorld();
    await world.pass(HOUR_MS);
    for (let start = 0; start < 3; start++) {
      world.start();
      await world.pass(HOUR_MS);
    }
    assert.equal(world.retained.length, 1);
  });

  it('catches up once after days of rest', async () => {
    const world = new JobWorld();
    await world.pass(HOUR_MS);
    world.nowMs += 5 * DAY_MS;
    world.start();
    await world.pass(HOUR_MS);
    assert.equal(world.retained.length, 2);
  });

  it('is tried again an hour after a failure', async () => {
    const world = new JobWorld();
    world.isDiskFull = true;
    await world.pass(30 * 60_000);
    assert.equal(world.audits.length, 1);
    world.isDiskFull = false;
    await world.pass(2 * HOUR_MS);
    assert.equal(world.retained.length, 1);
  });

  it('leaves an audit record by the system before anything is dropped', async () => {
    const world = new JobWorld();
    await world.pass(HOUR_MS);
    const { actor, tenantId, permission, command, detail } = world.audits[0]!;
    assert.deepEqual([actor, tenantId, permission, command], ['system', 'operator', 'store.retain', 'retain']);
    assert.deepEqual(JSON.parse(detail), { days: 90 });
  });
});
