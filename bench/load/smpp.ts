// npm run bench:smpp: the switch as shipped under 1,000 accounts, 20 trunks, four levels and 100k-row decks.

import { runKannel } from '../compare/run-kannel.js';
import { sleepMs } from '../support/clock.js';
import { print, progress, readOptions, round, type Figures } from '../support/command-line.js';
import { quantileBetween, sumOf } from '../support/exposition.js';
import { judge } from '../support/logs.js';
import { loadAverage, rssKbOf } from '../support/proc.js';
import { Metric } from '../support/switch-process.js';
import { BenchWorld, STANDARD } from './bench-world.js';
import { ReadersAtWork } from './readers.js';

const options = readOptions({
  values: [
    'seconds',
    'receipts',
    'accounts',
    'senders',
    'window',
    'rate',
    'against',
    'repeat',
    'seed',
    'trunks',
    'records',
  ],
  flags: ['with-query-and-import', 'threads'],
});
const seconds = options.number('seconds', 20);
const receipts = options.text('receipts') !== 'off';
const WARM_UP_SEC = 4;
/** The half-load phase is short of nothing: it is the figure for latency. */
const HALF_LOAD_SEC = Math.max(5, Math.min(20, seconds));

async function measure(): Promise<Figures> {
  const setting = {
    ...STANDARD,
    receipts,
    accounts: options.number('accounts', STANDARD.accounts),
    trunks: options.number('trunks', STANDARD.trunks),
    seed: options.number('seed', STANDARD.seed),
    serialsMax: Math.ceil((seconds + HALF_LOAD_SEC + 60) * 120_000),
  };
  const bench = await BenchWorld.create(setting);
  const { run, switchProcess } = bench;
  const senders = Math.min(setting.accounts, options.number('senders', 50));
  await bench.bind({ senders, bindsPerSender: 1, windowMax: options.number('window', 100), reconnectMs: 0 });
  progress('warming up, then full load');
  run.generator.tell({ do: 'saturate' });
  await sleepMs(WARM_UP_SEC * 1_000);
  const metricsFrom = await switchProcess.metrics();
  const full = await run.measure(seconds);
  const metricsTo = await switchProcess.metrics();
  const rssMb = rssKbOf(switchProcess.pid) / 1_024;
  await run.drain(receipts, 120_000);

  const readers = options.flag('with-query-and-import') ? new ReadersAtWork(bench) : undefined;
  if (readers !== undefined) await readers.fillTo(options.number('records', 1_000_000), full.acceptedPerSec);
  // What goes in faster than it comes out is a queue, not a rate: half of the slowest of the three is half load.
  const sustainedPerSec = Math.min(
    full.acceptedPerSec,
    full.forwardedPerSec,
    receipts ? full.receiptsPerSec : Infinity,
  );
  const halfRate = options.number('rate', Math.floor(sustainedPerSec / 2));
  progress(`half load: ${halfRate} a second${readers === undefined ? '' : ', with a query and an import running'}`);
  run.generator.tell({ do: 'pace', perSec: halfRate });
  await sleepMs(2_000);
  readers?.start();
  const half = await run.measure(HALF_LOAD_SEC);
  const reading = await readers?.stop();
  await run.drain(receipts, 120_000);

  const logs = await run.finish();
  const verdict = judge(logs, receipts);
  const balanceErrorMicros = await bench.balanceErrorMicros(logs);
  await switchProcess.stop();
  if (options.flag('threads'))
    for (const each of full.threads) progress(`  ${each.name} ${round(each.microsPerMessage)} µs`);
  return {
    acceptedPerSec: full.acceptedPerSec,
    forwardedPerSec: full.forwardedPerSec,
    receiptsPerSec: full.receiptsPerSec,
    receiptsLost: receipts ? verdict.receiptsLost : null,
    p50Ms: round(full.p50Ms),
    p99Ms: round(full.p99Ms),
    halfLoadP99Ms: round(half.p99Ms),
    cpuMicrosPerMessage: round(full.relayMicrosPerMessage),
    syncs: sumOf(metricsTo, Metric.syncs) - sumOf(metricsFrom, Metric.syncs),
    commitP99Ms: quantileBetween(metricsFrom, metricsTo, Metric.commitMs, 0.99) ?? null,
    rssMb: round(rssMb, 1),
    lost: verdict.lost,
    duplicated: verdict.duplicated,
    balanceErrorMicros,
    sustainedPerSec,
    refusedPerSec: full.refusedPerSec,
    refusedYetSent: verdict.refusedYetSent,
    receiptsWrong: verdict.receiptsWrong,
    halfLoadPerSec: halfRate,
    halfLoadP50Ms: round(half.p50Ms),
    halfLoadCpuMicros: round(half.relayMicrosPerMessage),
    generatorMicros: round(full.generatorMicrosPerMessage),
    sinkMicros: round(full.sinkMicrosPerMessage),
    loadAverage: loadAverage(),
    ...reading,
  };
}

const runs: Figures[] = [];
for (let run = 0; run < options.number('repeat', 1); run++) {
  progress(`run ${run + 1}`);
  const figures = await measure();
  runs.push(figures);
}
if (options.text('against') === 'kannel') {
  for (const store of ['none', 'spool'] as const) {
    progress(`Kannel, store ${store}`);
    const kannel = await runKannel(Math.min(seconds, 20), 1, store);
    if (kannel === undefined) break;
    const name = store === 'none' ? 'kannel' : 'kannelDurable';
    for (let at = 0; at < runs.length; at++) {
      runs[at] = {
        ...runs[at],
        [`${name}PerSec`]: kannel.figures.forwardedPerSec,
        [`${name}CpuMicros`]: round(kannel.figures.relayMicrosPerMessage),
        [`${name}Ratio`]: round(Number(runs[at]?.['forwardedPerSec']) / kannel.figures.forwardedPerSec),
      };
    }
  }
}
print(`bench:smpp, receipts ${receipts ? 'on' : 'off'}, ${seconds} s`, runs, 'forwardedPerSec', options.flag('json'));
