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
  readonly inFlight: number;
}

class CrashRun {
  readonly #bench: BenchWorld;
  readonly #random: Random;
  readonly kills: Kill[] = [];
  readonly notReached: string[] = [];
  #slowestRestartMs = 0;

  constructor(bench: BenchWorld, random: Random) {
    this.#bench = bench;
    this.#random = random;
  }

  get slowestRestartMs(): number {
    return this.#slowestRestartMs;
  }

  /** Messages sent whose end the ESME has not heard. */
  async inFlight(): Promise<number> {
    const { inFlight, accepted, receipts } = await this.#bench.run.generator.report();
    return inFlight + Math.max(0, accepted - receipts);
  }

  async killAtRandom(): Promise<void> {
    await sleepMs(300 + this.#random() * 1_200);
    const inFlight = await this.#untilInFlight();
    await this.#bench.switchProcess.kill();
    this.kills.push({ where: 'random', inFlight });
    await this.#restart();
  }

  /** The armed process dies by its own hand when the place is passed for the nth time. */
  async killAt(failpoint: string): Promise<void> {
    const { switchProcess } = this.#bench;
    await switchProcess.kill();
    await this.#restart({ MATRIOSKA_FAILPOINT: `${failpoint}:${this.#passes(failpoint)}` }, false);
    const endMs = sharedNowMs() + FAILPOINT_DEADLINE_MS;
    let inFlight = 0;
    while (!switchProcess.hasEnded && sharedNowMs() < endMs) {
      inFlight = await this.inFlight();
      await sleepMs(20);
    }
    if (!switchProcess.hasEnded) {
      this.notReached.push(failpoint);
      await switchProcess.kill();
    } else this.kills.push({ where: failpoint, inFlight });
    await this.#restart();
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

  /** `mustStay`: an armed process may die before it is even ready, which is a kill like any other. */
  async #restart(env: NodeJS.ProcessEnv = {}, mustStay = true): Promise<void> {
    const fromMs = sharedNowMs();
    try {
      await this.#bench.switchProcess.start(env);
    } catch (error) {
      if (mustStay || !this.#bench.switchProcess.hasEnded) throw error;
    }
    this.#slowestRestartMs = Math.max(this.#slowestRestartMs, sharedNowMs() - fromMs);
    if (mustStay) {
      await this.#bench.run.untilBound(setting.accounts, 60_000);
      await this.#bench.run.untilTrunksBound(TRUNKS, 60_000);
    }
  }
}

const bench = await BenchWorld.create(setting);
await bench.bind({ senders: setting.accounts, bindsPerSender: 1, windowMax: 100, reconnectMs: 200 });
const crash = new CrashRun(bench, seededRandom(seed));
progress(`seed ${seed}; ${rate} messages a second`);
bench.run.generator.tell({ do: 'pace', perSec: rate });
for (let kill = 1; kill <= kills; kill++) {
  await crash.killAtRandom();
  progress(`kill ${kill}: ${crash.kills.at(-1)?.inFlight ?? 0} in flight`);
}
if (options.text('failpoints') !== 'off') {
  for (const failpoint of failpointNames) {
    if (options.text('only') !== undefined && options.text('only') !== failpoint) continue;
    await crash.killAt(failpoint);
    progress(
      `${failpoint}: ${crash.notReached.includes(failpoint) ? 'NOT REACHED' : `killed, ${crash.kills.at(-1)?.inFlight ?? 0} in flight`}`,
    );
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
const random = crash.kills.filter((kill) => kill.where === 'random');
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
  inFlightLeast: random.length === 0 ? null : Math.min(...random.map((kill) => kill.inFlight)),
  slowestRestartMs: Math.round(crash.slowestRestartMs),
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
