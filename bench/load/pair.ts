// Generator and sink against each other, with nothing between: what the tools themselves can do and what they cost.

import { DESTINATIONS } from '../support/chance.js';
import { GeneratorProcess, SinkProcess, tempFolder } from '../support/children.js';
import { sharedNowMs, sleepMs } from '../support/clock.js';
import { print, progress, readOptions, round, type Figures } from '../support/command-line.js';
import { judge, readLogs } from '../support/logs.js';

const options = readOptions({
  values: ['seconds', 'binds', 'window', 'rate', 'receipts', 'repeat', 'trunks'],
  flags: [],
});
const seconds = options.number('seconds', 5);
const receipts = options.text('receipts') !== 'off';
const SERIALS_MAX = 20_000_000;

async function measure(): Promise<Figures> {
  const logFolder = tempFolder('pair');
  const epochMs = sharedNowMs();
  const shared = { host: '127.0.0.1', seed: 1, serialsMax: SERIALS_MAX, epochMs, logFolder };
  const sink = new SinkProcess();
  const generator = new GeneratorProcess();
  const trunks = options.number('trunks', 20);
  const ports = await sink.start({
    ...shared,
    kind: 'sink',
    trunks,
    receiptDelayMs: 50,
    receiptWindowMax: 4_000,
    undeliverablePermille: 20,
    refusingTrunks: [],
  });
  const binds = options.number('binds', 50);
  await generator.start({
    ...shared,
    kind: 'generator',
    speaks: 'smpp',
    binds: Array.from({ length: binds }, (_, account) => ({
      port: ports[account % trunks] ?? 0,
      systemId: `pair${account}`,
      password: 'secret',
      source: 'BENCH',
      account,
    })),
    windowMax: options.number('window', 100),
    registeredDelivery: receipts ? 1 : 0,
    destinations: Array.from({ length: DESTINATIONS }, (_, at) => `3901${String(at).padStart(8, '0')}`),
    reconnectMs: 0,
    bindingMax: 200,
  });
  while ((await generator.report()).bound < binds) await sleepMs(50);
  const rate = options.number('rate', 0);
  generator.tell(rate === 0 ? { do: 'saturate' } : { do: 'pace', perSec: rate });
  await sleepMs(1_000);
  generator.tell({ do: 'reset-latency' });
  const [from, sinkFrom] = await Promise.all([generator.report(), sink.report()]);
  await sleepMs(seconds * 1_000);
  const [to, sinkTo] = await Promise.all([generator.report(), sink.report()]);
  generator.tell({ do: 'pause' });
  await sleepMs(1_500);
  await generator.finish();
  await sink.finish();
  const verdict = judge(readLogs(logFolder), receipts);
  const messages = to.accepted - from.accepted;
  return {
    messagesPerSec: Math.round(messages / ((to.atMs - from.atMs) / 1_000)),
    receiptsPerSec: Math.round((to.receipts - from.receipts) / ((to.atMs - from.atMs) / 1_000)),
    p50Ms: round(to.latency.p50Ms),
    p99Ms: round(to.latency.p99Ms),
    generatorMicros: round((to.cpuMicros - from.cpuMicros) / messages),
    sinkMicros: round((sinkTo.cpuMicros - sinkFrom.cpuMicros) / (sinkTo.received - sinkFrom.received)),
    accepted: verdict.accepted,
    lost: verdict.lost,
    duplicated: verdict.duplicated,
    receiptsLost: verdict.receiptsLost,
    receiptsWrong: verdict.receiptsWrong,
    failed: verdict.failed,
  };
}

const runs: Figures[] = [];
for (let run = 0; run < options.number('repeat', 1); run++) {
  progress(`run ${run + 1}`);
  runs.push(await measure());
}
print('generator and sink, directly joined', runs, 'messagesPerSec', options.flag('json'));
