// npm run bench:binds: what an idle bind costs in memory, and how long a storm of rebinds takes.

import { sharedNowMs, sleepMs } from '../support/clock.js';
import { print, progress, readOptions, round, type Figures } from '../support/command-line.js';
import { rssKbOf } from '../support/proc.js';
import { BenchWorld, STANDARD } from './bench-world.js';

const options = readOptions({ values: ['binds', 'accounts', 'seconds', 'repeat'], flags: [] });
const binds = options.number('binds', 5_000);
const idleSec = options.number('seconds', 10);

async function measure(): Promise<Figures> {
  const accounts = options.number('accounts', STANDARD.accounts);
  const perSender = Math.ceil(binds / accounts);
  const bench = await BenchWorld.create({
    ...STANDARD,
    accounts,
    trunks: 2,
    deckRows: 1_000,
    accountBindMax: perSender,
    serialsMax: 1_000,
  });
  const pid = bench.switchProcess.pid;
  await sleepMs(3_000);
  const emptyKb = rssKbOf(pid);
  progress(`binding ${accounts * perSender} times`);
  const fromMs = sharedNowMs();
  await bench.bind({ senders: accounts, bindsPerSender: perSender, windowMax: 100, reconnectMs: 50 });
  const firstSec = (sharedNowMs() - fromMs) / 1_000;
  await sleepMs(idleSec * 1_000);
  const idleKb = rssKbOf(pid);
  const stillBound = (await bench.run.generator.report()).bound;
  progress('dropping all links at once');
  const stormFromMs = sharedNowMs();
  bench.run.generator.tell({ do: 'drop-links' });
  while ((await bench.run.generator.report()).bound >= stillBound) await sleepMs(1);
  await bench.run.untilBound(accounts * perSender, 300_000);
  const stormSec = (sharedNowMs() - stormFromMs) / 1_000;
  const { bindRefusals } = await bench.run.generator.report();
  const stormKb = rssKbOf(pid);
  await bench.run.finish();
  await bench.switchProcess.stop();
  return {
    binds: accounts * perSender,
    kbPerBind: round((idleKb - emptyKb) / (accounts * perSender)),
    rebindSec: round(stormSec),
    firstBindSec: round(firstSec),
    boundAfterIdle: stillBound,
    bindRefusals,
    rssEmptyMb: round(emptyKb / 1_024, 1),
    rssIdleMb: round(idleKb / 1_024, 1),
    rssAfterStormMb: round(stormKb / 1_024, 1),
  };
}

const runs: Figures[] = [];
for (let run = 0; run < options.number('repeat', 1); run++) runs.push(await measure());
print('bench:binds', runs, 'kbPerBind', options.flag('json'));
