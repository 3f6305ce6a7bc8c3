// npm run bench:binds: what an idle bind costs in memory, and how long a storm of rebinds takes.

import { sharedNowMs, sleepMs } from '../support/clock.js';
import { print, progress, readOptions, round, type Figures } from '../support/command-line.js';
import { until } from '../support/load-run.js';
import { rssKbOf } from '../support/proc.js';
import { BenchWorld, STANDARD } from './bench-world.js';

const options = readOptions({ values: ['binds', 'accounts', 'seconds', 'repeat'], flags: [] });
const binds = options.number('binds', 5_000);
const idleSec = options.number('seconds', 10);

async function measure(): Promise<Figures> {
  const accounts = options.number('accounts', STANDARD.accounts);
  // At least two: memory is measured between the first bind of each account and the rest.
  const perSender = Math.max(2, Math.ceil(binds / accounts));
  const bench = await BenchWorld.create({
    ...STANDARD,
    accounts,
    trunks: 2,
    deckRows: 1_000,
    accountBindMax: perSender,
    serialsMax: 1_000,
    // The switch's own cost of a password check.
    passwordCost: 16_384,
  });
  // A fresh process: what the import of the world left on the heap would hide what binds cost.
  await bench.switchProcess.stop();
  await bench.switchProcess.start();
  await bench.run.untilTrunksBound(2, 60_000);
  const pid = bench.switchProcess.pid;
  const setting = bench.generatorSetting({ senders: accounts, bindsPerSender: 1, windowMax: 100, reconnectMs: 50 });
  progress(`binding ${accounts} times, once per account`);
  const fromMs = sharedNowMs();
  await bench.run.startGenerator(setting, 300_000);
  const firstSec = (sharedNowMs() - fromMs) / 1_000;
  await sleepMs(idleSec * 1_000);
  // Memory per bind is taken between one bind per account and all: what starting and scrypt leave behind is out of it.
  const fewKb = rssKbOf(pid);
  const rest = { ...setting, binds: Array.from({ length: perSender - 1 }, () => setting.binds).flat() };
  const more = await bench.run.startMoreBinds(rest, 300_000);
  await sleepMs(idleSec * 1_000);
  const allKb = rssKbOf(pid);
  const stillBound = (await bench.run.generator.report()).bound + (await more.report()).bound;
  progress('dropping all links at once');
  const stormFromMs = sharedNowMs();
  bench.run.generator.tell({ do: 'drop-links' });
  more.tell({ do: 'drop-links' });
  const links = async (): Promise<number> => (await bench.run.generator.report()).bound + (await more.report()).bound;
  while ((await links()) >= stillBound) await sleepMs(1);
  await until('all binds again', 300_000, async () => (await links()) >= accounts * perSender);
  const stormSec = (sharedNowMs() - stormFromMs) / 1_000;
  const refusals = (await bench.run.generator.report()).bindRefusals + (await more.report()).bindRefusals;
  const stormKb = rssKbOf(pid);
  await more.finish();
  await bench.run.finish();
  await bench.switchProcess.stop();
  return {
    binds: accounts * perSender,
    // The higher of the two looks: idle memory hides in what the heap had free before.
    kbPerBind: round((Math.max(allKb, stormKb) - fewKb) / rest.binds.length),
    rebindSec: round(stormSec),
    firstBindSec: round(firstSec),
    firstBinds: accounts,
    boundAfterIdle: stillBound,
    bindRefusals: refusals,
    rssFewMb: round(fewKb / 1_024, 1),
    rssIdleMb: round(allKb / 1_024, 1),
    rssAfterStormMb: round(stormKb / 1_024, 1),
  };
}

const runs: Figures[] = [];
for (let run = 0; run < options.number('repeat', 1); run++) runs.push(await measure());
print('bench:binds', runs, 'kbPerBind', options.flag('json'));
