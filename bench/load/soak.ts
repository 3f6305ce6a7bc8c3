// npm run soak: steady load for minutes; memory must be flat and nothing lost.

import { sharedNowMs, sleepMs } from '../support/clock.js';
import { print, progress, readOptions, round } from '../support/command-line.js';
import { sumOf, type Exposition } from '../support/exposition.js';
import { judge } from '../support/logs.js';
import { loadAverage, rssKbOf } from '../support/proc.js';
import { BenchWorld, STANDARD } from './bench-world.js';

const options = readOptions({ values: ['minutes', 'seconds', 'rate', 'receipts', 'senders'], flags: [] });
const seconds = options.number('seconds', options.number('minutes', 10) * 60);
const rate = options.number('rate', 10_000);
const receipts = options.text('receipts') !== 'off';
/** Heaps and caches fill first: the slope is taken over what follows this share of the time. */
const WARM_SHARE = 0.3;
const SAMPLE_MS = 1_000;

/** What must be nought once every message has ended. */
const GAUGES = [
  'messages_open',
  'receipts_parked',
  'journal_pending_bytes',
  'trunk_queue',
  'trunk_queue_on_disk',
  'trunk_awaiting_receipt',
  'trunk_in_flight',
];
const IDLE_DEADLINE_MS = 10_000;

/** The gauges that are not nought, as `name=value`; undefined when all are, and every receipt owed was taken. */
function leftOver(metrics: Exposition): string | undefined {
  const value = (name: string): number => sumOf(metrics, `matrioska_${name}`);
  const left = GAUGES.filter((name) => value(name) !== 0).map((name) => `${name}=${value(name)}`);
  const owed = value('receipts_owed_total') - value('receipts_acknowledged_total') - value('receipts_expired_total');
  if (owed !== 0) left.push(`receipts_owed=${owed}`);
  return left.length === 0 ? undefined : left.join(' ');
}

async function untilIdle(switchProcess: BenchWorld['switchProcess']): Promise<string | undefined> {
  const endMs = sharedNowMs() + IDLE_DEADLINE_MS;
  for (;;) {
    const left = leftOver(await switchProcess.metrics());
    if (left === undefined || sharedNowMs() > endMs) return left;
    await sleepMs(200);
  }
}

/** Least squares: megabytes per minute. */
function slopeMbPerMin(samples: readonly { atMin: number; mb: number }[]): number {
  const n = samples.length;
  const meanAt = samples.reduce((sum, each) => sum + each.atMin, 0) / n;
  const meanMb = samples.reduce((sum, each) => sum + each.mb, 0) / n;
  let over = 0;
  let under = 0;
  for (const { atMin, mb } of samples) {
    over += (atMin - meanAt) * (mb - meanMb);
    under += (atMin - meanAt) ** 2;
  }
  return under === 0 ? 0 : over / under;
}

const bench = await BenchWorld.create({ ...STANDARD, receipts, serialsMax: Math.ceil(rate * (seconds + 30)) });
const senders = options.number('senders', 50);
await bench.bind({ senders, bindsPerSender: 1, windowMax: 500, reconnectMs: 0 });
progress(`${rate} messages a second for ${seconds} s`);
bench.run.generator.tell({ do: 'pace', perSec: rate });
const from = await bench.run.snapshot();
const fromMs = sharedNowMs();
const samples: { atMin: number; mb: number }[] = [];
while (sharedNowMs() - fromMs < seconds * 1_000) {
  await sleepMs(SAMPLE_MS);
  samples.push({ atMin: (sharedNowMs() - fromMs) / 60_000, mb: rssKbOf(bench.switchProcess.pid) / 1_024 });
}
const to = await bench.run.snapshot();
await bench.run.drain(receipts, 60_000);
const left = await untilIdle(bench.switchProcess);
const logs = await bench.run.finish();
const verdict = judge(logs, receipts);
const balanceErrorMicros = await bench.balanceErrorMicros(logs);
await bench.switchProcess.stop();
const warm = samples.slice(Math.floor(samples.length * WARM_SHARE));
const third = Math.max(1, Math.floor(warm.length / 3));
const meanMb = (part: typeof warm): number => part.reduce((sum, each) => sum + each.mb, 0) / part.length;
const figures = {
  seconds: round((to.generator.atMs - from.generator.atMs) / 1_000, 1),
  messages: to.sink.received - from.sink.received,
  messagesPerSec: Math.round(
    ((to.sink.received - from.sink.received) * 1_000) / (to.generator.atMs - from.generator.atMs),
  ),
  p99Ms: round(to.generator.latency.p99Ms),
  rssWarmMb: round(meanMb(warm.slice(0, third)), 1),
  rssEndMb: round(meanMb(warm.slice(-third)), 1),
  rssPeakMb: round(Math.max(...samples.map((each) => each.mb)), 1),
  slopeMbPerMin: round(slopeMbPerMin(warm)),
  lost: verdict.lost,
  duplicated: verdict.duplicated,
  receiptsLost: receipts ? verdict.receiptsLost : null,
  balanceErrorMicros,
  leftOver: left ?? null,
  loadAverage: loadAverage(),
};
print('soak', [figures], 'messagesPerSec', options.flag('json'));
// Flat: the last third of the warm time is not 10 % (or 30 MB) above its first third.
const isFlat = figures.rssEndMb <= Math.max(figures.rssWarmMb * 1.1, figures.rssWarmMb + 30);
const faults = [
  !isFlat && 'memory is not flat',
  verdict.lost > 0 && `${verdict.lost} accepted messages were lost`,
  verdict.duplicated > 0 && `${verdict.duplicated} messages went out twice`,
  verdict.receiptsLost > 0 && `${verdict.receiptsLost} receipts were lost`,
  balanceErrorMicros !== 0 && `balances are ${balanceErrorMicros} micros off`,
  left !== undefined && `not nought after all had ended: ${left}`,
].filter((fault) => fault !== false);
for (const fault of faults) progress(`FAILED: ${fault}`);
if (faults.length > 0) process.exitCode = 1;
