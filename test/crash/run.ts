// npm run test:crash: kills the switch again and again with messages in flight, at random and at every failpoint, and
// asks the generator's and sink's own logs afterwards whether anything accepted was lost or mispriced.

import { sharedNowMs, sleepMs } from '../../bench/support/clock.js';
import { print, progress, readOptions, type Figures } from '../../bench/support/command-line.js';
import { judge } from '../../bench/support/logs.js';
import { seededRandom, type Random } from '#core';
import { failpointNames } from '../../switch/failpoints.js';
import { BenchWorld, STANDARD } from '../../bench/load/bench-world.js';

const options = readOptions({ values: ['kills', 'rate', 'seed', 'failpoints', 'only', 'in-flight'], flags: [] });
const kills = options.number('kills', 3);
const rate = options.number('rate', 4_000);
const inFlightMin = options.number('in-flight', 500);
const seed = options.number('seed', Number(process.env['SEED'] ?? 1));

const TRUNKS = 4;
const TRUNK_WINDOW_MAX = 250;
/** Long enough that the messages of a good tenth of a second wait for their receipts when the kill falls. */
const RECEIPT_DELAY_MS = 400;
const FAILPOINT_DEADLINE_MS = 20_000;

const setting = {
  ...STANDARD,
  seed,
  accounts: 40,
  trunks: TRUNKS,
  deckRows: 2_000,
  receiptDelayMs: RECEIPT_DELAY_MS,
  trunkWindowMax: TRUNK_WINDOW_MAX,
  serialsMax: 5_000_000,
};

interface Kill {
  readonly where: string;
  /** Messages whose end the ESMEs had not heard, as last seen before the process was gone. */
  readonly inFlight: number;
}

/** How long the switch took to be ready, and after that all ESMEs and trunks to be bound again. */
interface Restart {
  readonly readyMs: number;
  readonly boundMs: number;
}

class CrashRun {
  readonly #bench: BenchWorld;
  readonly #random: Random;
  readonly kills: Kill[] = [];
  readonly notReached: string[] = [];
  slowestRestartMs = 0;
  lastRestart: Restart = { readyMs: 0, boundMs: 0 };

  constructor(bench: BenchWorld, random: Random) {
    this.#bench = bench;
    this.#random = random;
  }

  /** Messages sent whose end the ESME has not heard. */
  async inFlight(): Promise<number> {
    const { inFlight, accepted, receipts } = await this.#bench.run.generator.report();
    return inFlight + Math.max(0, accepted - receipts);
  }

  async killAtRandom(): Promise<Kill> {
    await sleepMs(300 + this.#random() * 1_200);
    const inFlight = await this.#untilInFlight();
    await this.#bench.switchProcess.kill();
    await this.#restart();
    return this.#killed({ where: 'random', inFlight });
  }

  /**
   * The armed process dies by its own hand when the place is passed for the nth time; undefined when it never was. The
   * kill that makes room for it is one like any other, and counts.
   */
  async killAt(failpoint: string): Promise<Kill | undefined> {
    const { switchProcess } = this.#bench;
    const inFlightBefore = await this.#untilInFlight();
    await switchProcess.kill();
    this.#killed({ where: 'before a failpoint', inFlight: inFlightBefore });
    const armed = this.#startArmed(`${failpoint}:${this.#passes(failpoint)}`);
    const endMs = sharedNowMs() + FAILPOINT_DEADLINE_MS;
    let inFlight = inFlightBefore;
    // It may die before it is even ready, with nothing in flight but what it took over.
    while (!switchProcess.hasEnded && sharedNowMs() < endMs) {
      inFlight = await this.inFlight();
      await sleepMs(10);
    }
    const isReached = switchProcess.hasEnded;
    if (!isReached) await switchProcess.kill();
    await armed;
    await this.#restart();
    if (isReached) return this.#killed({ where: failpoint, inFlight });
    this.notReached.push(failpoint);
    return undefined;
  }

  #killed(kill: Kill): Kill {
    this.kills.push(kill);
    return kill;
  }

  async #startArmed(setting: string): Promise<void> {
    const { switchProcess } = this.#bench;
    try {
      await switchProcess.start({ MATRIOSKA_FAILPOINT: setting });
    } catch (error) {
      if (!switchProcess.hasEnded) throw error;
    }
  }

  /** Places passed once per batch come less often than those passed once per message. */
  #passes(failpoint: string): number {
    const perBatch = failpoint.startsWith('journal.') || failpoint.startsWith('projector.');
    return perBatch ? 5 + Math.floor(this.#random() * 20) : 1_000 + Math.floor(this.#random() * 2_000);
  }

  async #untilInFlight(): Promise<number> {
    const endMs = sharedNowMs() + 20_000;
    for (;;) {
      const now = await this.inFlight();
      if (now >= inFlightMin) return now;
      if (sharedNowMs() > endMs) throw new Error(`only ${now} messages in flight; the load is too low`);
      await sleepMs(20);
    }
  }

  async #restart(): Promise<void> {
    const { run, switchProcess } = this.#bench;
    const fromMs = sharedNowMs();
    await switchProcess.start();
    const readyMs = sharedNowMs() - fromMs;
    await run.untilBound(setting.accounts, 60_000);
    await run.untilTrunksBound(TRUNKS, 60_000);
    this.lastRestart = { readyMs: Math.round(readyMs), boundMs: Math.round(sharedNowMs() - fromMs - readyMs) };
    this.slowestRestartMs = Math.max(this.slowestRestartMs, this.lastRestart.readyMs + this.lastRestart.boundMs);
  }
}

const bench = await BenchWorld.create(setting);
await bench.bind({ senders: setting.accounts, bindsPerSender: 1, windowMax: 100, reconnectMs: 200 });
const crash = new CrashRun(bench, seededRandom(seed));
progress(`seed ${seed}; ${rate} messages a second`);
bench.run.generator.tell({ do: 'pace', perSec: rate, owedMax: rate / 10 });
const told = (kill: Kill): string =>
  `${kill.inFlight} in flight; ready again after ${crash.lastRestart.readyMs} ms, bound ${crash.lastRestart.boundMs} ms later`;
for (let kill = 1; kill <= kills; kill++) progress(`kill ${kill}: ${told(await crash.killAtRandom())}`);
if (options.text('failpoints') !== 'off') {
  const only = options.text('only');
  for (const failpoint of failpointNames.filter((name) => only === undefined || name === only)) {
    const kill = await crash.killAt(failpoint);
    progress(`${failpoint}: ${kill === undefined ? 'NOT REACHED' : told(kill)}`);
  }
}
await sleepMs(1_000);
await bench.run.drain(true, 120_000, 15_000);
// Repeated after a kill, or of a message whose submit_sm_resp the kill swallowed.
const { unknownReceipts } = await bench.run.generator.report();
const logs = await bench.run.finish();
const verdict = judge(logs, true);
const balanceErrorMicros = await bench.balanceErrorMicros(logs);
await bench.switchProcess.stop();
const figures: Figures = {
  kills: crash.kills.length,
  accepted: verdict.accepted,
  delivered: verdict.delivered,
  failed: verdict.failed,
  lost: verdict.lost,
  duplicated: verdict.duplicated,
  balanceErrorMicros,
  receiptsLost: verdict.receiptsLost,
  receiptsWrong: verdict.receiptsWrong,
  receiptsUnexpected: unknownReceipts,
  inFlightLeast: Math.min(...crash.kills.map((kill) => kill.inFlight)),
  inFlightMost: Math.max(...crash.kills.map((kill) => kill.inFlight)),
  slowestRestartMs: crash.slowestRestartMs,
  failpointsNotReached: crash.notReached.join(' ') || null,
  seed,
};
print('test:crash', [figures], 'kills', options.flag('json'));
const windowMax = TRUNKS * TRUNK_WINDOW_MAX;
const faults = [
  verdict.lost > 0 && `${verdict.lost} accepted messages were lost`,
  verdict.receiptsLost > 0 && `${verdict.receiptsLost} receipts were lost`,
  balanceErrorMicros !== 0 && `balances are ${balanceErrorMicros} micros off`,
  verdict.duplicated > windowMax * crash.kills.length &&
    `${verdict.duplicated} duplicates are more than a window per kill`,
  crash.notReached.length > 0 && `not reached: ${crash.notReached.join(', ')}`,
].filter((fault) => fault !== false);
for (const fault of faults) progress(`FAILED: ${fault}`);
if (faults.length > 0) process.exitCode = 1;
