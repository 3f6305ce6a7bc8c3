// The same generator and sink with Kannel between them. Answers undefined, with a sentence, where it is not installed.

import { tempFolder } from '../support/children.js';
import { progress } from '../support/command-line.js';
import { sleepMs } from '../support/clock.js';
import { LoadRun, type PhaseFigures } from '../support/load-run.js';
import { judge, type Verdict } from '../support/logs.js';
import { PriceList } from '../support/price-list.js';
import { Kannel, type KannelStore } from './kannel.js';

const CONNECTIONS = 100;
const SERIALS_MAX = 4_000_000;

export interface KannelResult {
  readonly figures: PhaseFigures;
  readonly verdict: Verdict;
}

export async function runKannel(
  seconds: number,
  trunks: number,
  store: KannelStore,
): Promise<KannelResult | undefined> {
  if (!Kannel.isInstalled()) {
    progress('Kannel is not installed (Debian package kannel); the comparison is skipped');
    return undefined;
  }
  const run = new LoadRun(1, SERIALS_MAX);
  const ports = await run.startSink({ trunks, receiptDelayMs: 0, receiptWindowMax: 100, undeliverablePermille: 0 });
  const kannel = new Kannel();
  await kannel.start(tempFolder('kannel'), ports, store);
  await run.untilTrunksBound(trunks, 30_000);
  run.relayPids = kannel.pids;
  await run.startGenerator(
    {
      speaks: 'kannel-http',
      binds: kannel.binds(CONNECTIONS),
      windowMax: 1,
      registeredDelivery: 0,
      destinations: new PriceList(1, 1_000).destinations,
      reconnectMs: 0,
      bindingMax: CONNECTIONS,
    },
    30_000,
  );
  run.generator.tell({ do: 'saturate' });
  await sleepMs(2_000);
  const figures = await run.measure(seconds);
  await run.drain(false, 60_000);
  const verdict = judge(await run.finish(), false);
  await kannel.stop();
  return { figures, verdict };
}
