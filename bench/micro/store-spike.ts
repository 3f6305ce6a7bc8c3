// Three shapes of the store, measured: `npm run bench:store -- [--seconds 5] [--rates 1000,10000] [--json]`; with
// `--real` the store as shipped instead.
// A: one SQL row per state change. B: journal and rows in one store thread. C: journal by libuv, rows in a thread.

import { mkdtempSync, rmSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { fdatasync, write } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Worker } from 'node:worker_threads';
import { startThread } from '../../switch/store/start-thread.js';
import { measureStore } from './store-real.js';
import type { SpikeBatch, SpikeWorkerSetup } from './store-spike-worker.js';

const OPEN_BYTES = 600;
const SUBMITTED_BYTES = 150;
const FINISH_BYTES = 700;
const SEGMENT_BYTES = 64 << 20;
const BUFFER_BYTES = 4 << 20;

interface Sink {
  commit(batch: SpikeBatch, done: () => void): void;
  end(): Promise<void>;
  recycled: ArrayBuffer[];
}

const startWorker = (setup: SpikeWorkerSetup): Worker =>
  startThread(new URL('./store-spike-worker.ts', import.meta.url).href, setup);

/** Shapes A and B: the batch goes to the thread, the thread says when it is durable. */
function threadSink(setup: SpikeWorkerSetup): Sink {
  const worker = startWorker(setup);
  let waiting: (() => void) | undefined;
  const recycled: ArrayBuffer[] = [];
  worker.on('message', (answer: { id: number; buffer?: ArrayBuffer }) => {
    if (answer.buffer !== undefined) recycled.push(answer.buffer);
    if (answer.id >= 0) waiting?.();
  });
  return {
    recycled,
    commit(batch, done) {
      waiting = done;
      worker.postMessage(batch, [batch.buffer]);
    },
    async end() {
      const gone = new Promise((resolve) => worker.once('exit', resolve));
      worker.postMessage('end');
      await gone;
    },
  };
}

/** Shape C: this thread asks libuv to write and sync, then hands the batch to the projector. */
async function libuvSink(setup: SpikeWorkerSetup): Promise<Sink> {
  const worker = startWorker(setup);
  const recycled: ArrayBuffer[] = [];
  worker.on('message', (answer: { buffer: ArrayBuffer }) => recycled.push(answer.buffer));
  const segment = async (number: number): Promise<FileHandle> => {
    const handle = await open(`${setup.folder}/${number}.seg`, 'w');
    if (setup.preallocate) {
      const zeros = Buffer.alloc(1 << 20);
      for (let at = 0; at < SEGMENT_BYTES; at += zeros.length) await handle.write(zeros, 0, zeros.length, at);
      await handle.datasync();
    }
    return handle;
  };
  let number = 1;
  let current = await segment(number);
  let next = segment(++number);
  let at = 0;
  const put = (batch: SpikeBatch, done: () => void): void => {
    const fd = current.fd;
    write(fd, new Uint8Array(batch.buffer, 0, batch.bytes), 0, batch.bytes, at, (failed) => {
      if (failed !== null) throw failed;
      fdatasync(fd, (unsynced) => {
        if (unsynced !== null) throw unsynced;
        at += batch.bytes;
        worker.postMessage(batch, [batch.buffer]);
        done();
      });
    });
  };
  return {
    recycled,
    commit(batch, done) {
      if (at + batch.bytes <= SEGMENT_BYTES) {
        put(batch, done);
        return;
      }
      const old = current;
      void next.then((handle) => {
        void old.close();
        current = handle;
        at = 0;
        next = segment(++number);
        put(batch, done);
      });
    },
    async end() {
      await current.close();
      await (await next).close();
      const gone = new Promise((resolve) => worker.once('exit', resolve));
      worker.postMessage('end');
      await gone;
    },
  };
}

const template = Buffer.alloc(1024, 0x61);

function record(out: Buffer, at: number, type: number, key: number, bytes: number): number {
  out[at] = type;
  out.writeUIntLE(bytes, at + 1, 3);
  out.writeDoubleLE(key, at + 4);
  template.copy(out, at + 12, 0, bytes - 8);
  return at + 4 + bytes;
}

interface Figures {
  shape: string;
  offeredPerSec: number;
  donePerSec: number;
  cpuMicrosPerMessage: number;
  mainCpuMicrosPerMessage: number;
  p50Ms: number;
  p99Ms: number;
  syncsPerSec: number;
}

async function measure(setup: SpikeWorkerSetup, label: string, ratePerSec: number, seconds: number): Promise<Figures> {
  const sink = setup.shape === 'C' ? await libuvSink(setup) : threadSink(setup);
  await new Promise((resolve) => setTimeout(resolve, 700));
  const latencies: { ms: number; count: number }[] = [];
  let buffer = Buffer.from(new ArrayBuffer(BUFFER_BYTES));
  let at = 0;
  let groups: { atMs: number; count: number }[] = [];
  let inFlight = false;
  let batches = 0;
  let sent = 0;
  let done = 0;
  const commit = (): void => {
    if (inFlight || at === 0) return;
    inFlight = true;
    const told = groups;
    groups = [];
    const batch = { id: batches++, buffer: buffer.buffer, bytes: at };
    buffer = Buffer.from(sink.recycled.pop() ?? new ArrayBuffer(BUFFER_BYTES));
    at = 0;
    sink.commit(batch, () => {
      inFlight = false;
      const nowMs = performance.now();
      for (const group of told) {
        latencies.push({ ms: nowMs - group.atMs, count: group.count });
        done += group.count;
      }
      commit();
    });
  };
  const cpu = process.cpuUsage();
  const loop = performance.eventLoopUtilization();
  const startMs = performance.now();
  while (performance.now() - startMs < seconds * 1000) {
    const nowMs = performance.now();
    const due = Math.floor(((nowMs - startMs) * ratePerSec) / 1000);
    const from = sent;
    while (sent < due && at + 2000 < BUFFER_BYTES) {
      sent++;
      at = record(buffer, at, 1, sent, OPEN_BYTES);
      at = record(buffer, at, 2, sent, SUBMITTED_BYTES);
      at = record(buffer, at, 5, sent, FINISH_BYTES);
    }
    if (sent > from) groups.push({ atMs: nowMs, count: sent - from });
    commit();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const elapsedSec = (performance.now() - startMs) / 1000;
  const active = performance.eventLoopUtilization(loop);
  while (done < sent) await new Promise((resolve) => setTimeout(resolve, 1));
  await sink.end();
  const used = process.cpuUsage(cpu);
  latencies.sort((a, b) => a.ms - b.ms);
  const quantile = (q: number): number => {
    let left = q * sent;
    for (const group of latencies) if ((left -= group.count) <= 0) return group.ms;
    return 0;
  };
  return {
    shape: label,
    offeredPerSec: ratePerSec,
    donePerSec: Math.round(sent / elapsedSec),
    cpuMicrosPerMessage: Number(((used.user + used.system) / sent).toFixed(2)),
    mainCpuMicrosPerMessage: Number(((active.active * 1000) / sent).toFixed(2)),
    p50Ms: Number(quantile(0.5).toFixed(2)),
    p99Ms: Number(quantile(0.99).toFixed(2)),
    syncsPerSec: Math.round(batches / elapsedSec),
  };
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '5' },
    rates: { type: 'string', default: '1000,10000,30000' },
    folder: { type: 'string', default: process.cwd() },
    json: { type: 'boolean', default: false },
    real: { type: 'boolean', default: false },
  },
});
const rates = values.rates.split(',').map(Number);
const seconds = Number(values.seconds);
const results: (Figures | Awaited<ReturnType<typeof measureStore>>)[] = [];
const say = (figures: (typeof results)[number]): void => {
  results.push(figures);
  if (!values.json) console.log(JSON.stringify(figures));
};

async function compareShapes(): Promise<void> {
  for (const [label, shape, preallocate] of [
    ['A', 'A', false],
    ['B append', 'B', false],
    ['B preallocated', 'B', true],
    ['C append', 'C', false],
    ['C preallocated', 'C', true],
  ] as const) {
    for (const rate of rates) {
      const folder = mkdtempSync(join(values.folder, '.store-spike-'));
      try {
        say(await measure({ shape, folder, segmentBytes: SEGMENT_BYTES, preallocate }, label, rate, seconds));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    }
  }
}

if (values.real) for (const rate of rates) say(await measureStore(values.folder, rate, seconds));
else await compareShapes();
if (values.json) console.log(JSON.stringify({ bench: 'store', seconds, results }));
else console.table(results);
