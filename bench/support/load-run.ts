// A sink, a generator and a relay between them: the phases of a run and what is read off in each.

import { GeneratorProcess, SinkProcess, tempFolder } from './children.js';
import { sharedNowMs, sleepMs } from './clock.js';
import type { BindSpec, GeneratorOptions, GeneratorReport, SinkOptions, SinkReport } from './control.js';
import { readLogs, type RunLogs } from './logs.js';
import { cpuMicrosOf, threadsBetween, threadsOf, type ThreadCpu } from './proc.js';

export const HOST = '127.0.0.1';

export interface SinkSetting extends Pick<
  SinkOptions,
  'receiptDelayMs' | 'receiptWindowMax' | 'undeliverablePermille'
> {
  readonly trunks: number;
}

export interface GeneratorSetting extends Pick<
  GeneratorOptions,
  'speaks' | 'windowMax' | 'registeredDelivery' | 'destinations' | 'reconnectMs' | 'bindingMax'
> {
  readonly binds: readonly BindSpec[];
}

/** One look at everything at once; figures are differences of two. */
export interface Snapshot {
  readonly generator: GeneratorReport;
  readonly sink: SinkReport;
  /** CPU of the relay, all processes and threads. */
  readonly relayCpuMicros: number;
  readonly relayThreads: readonly ThreadCpu[];
}

export interface PhaseFigures {
  readonly seconds: number;
  readonly acceptedPerSec: number;
  readonly forwardedPerSec: number;
  readonly receiptsPerSec: number;
  readonly refusedPerSec: number;
  readonly relayMicrosPerMessage: number;
  readonly generatorMicrosPerMessage: number;
  readonly sinkMicrosPerMessage: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Relay threads that used CPU, busiest first, in microseconds per message. */
  readonly threads: readonly { readonly name: string; readonly microsPerMessage: number }[];
}

export class LoadRun {
  readonly seed: number;
  readonly logFolder = tempFolder('logs');
  readonly epochMs = sharedNowMs();
  readonly sink = new SinkProcess();
  readonly generator = new GeneratorProcess();
  /** Processes whose CPU counts as the relay's. */
  relayPids: readonly number[] = [];
  readonly #serialsMax: number;

  constructor(seed: number, serialsMax: number) {
    this.seed = seed;
    this.#serialsMax = serialsMax;
  }

  startSink(setting: SinkSetting): Promise<readonly number[]> {
    return this.sink.start({ ...this.#common(), ...setting, kind: 'sink', refusingTrunks: [] });
  }

  /** Resolves when all binds are up. */
  async startGenerator(setting: GeneratorSetting, deadlineMs: number): Promise<void> {
    await this.generator.start({ ...this.#common(), ...setting, kind: 'generator' });
    await this.untilBound(setting.binds.length, deadlineMs);
  }

  /** Binds more from a process of their own, besides the generator's; resolves when they are up. */
  async startMoreBinds(setting: GeneratorSetting, deadlineMs: number): Promise<GeneratorProcess> {
    const more = new GeneratorProcess();
    await more.start({ ...this.#common(), ...setting, kind: 'generator', logFolder: tempFolder('logs') });
    await until('the further binds', deadlineMs, async () => (await more.report()).bound >= setting.binds.length);
    return more;
  }

  async untilBound(binds: number, deadlineMs: number): Promise<void> {
    await until(`${binds} binds`, deadlineMs, async () => (await this.generator.report()).bound >= binds);
  }

  /** Waits until so many legs of the relay are bound to the sink. */
  async untilTrunksBound(legs: number, deadlineMs: number): Promise<void> {
    await until(`${legs} trunk binds`, deadlineMs, async () => (await this.sink.report()).bound >= legs);
  }

  async snapshot(): Promise<Snapshot> {
    const [generator, sink] = await Promise.all([this.generator.report(), this.sink.report()]);
    return {
      generator,
      sink,
      relayCpuMicros: this.relayPids.reduce((sum, pid) => sum + cpuMicrosOf(pid), 0),
      relayThreads: this.relayPids.flatMap((pid) => threadsOf(pid)),
    };
  }

  /** Measures what is going on for so long, latencies included. */
  async measure(seconds: number): Promise<PhaseFigures> {
    this.generator.tell({ do: 'reset-latency' });
    const from = await this.snapshot();
    await sleepMs(seconds * 1_000);
    return figuresBetween(from, await this.snapshot());
  }

  /**
   * Stops sending and waits until nothing moves any more: every answer in, every message at the sink and every receipt
   * back, or no progress for `quietMs`.
   */
  async drain(receipts: boolean, deadlineMs: number, quietMs = 5_000): Promise<void> {
    this.generator.tell({ do: 'pause' });
    const endMs = sharedNowMs() + deadlineMs;
    let last = '';
    let changedMs = sharedNowMs();
    while (sharedNowMs() < endMs) {
      const [generator, sink] = await Promise.all([this.generator.report(), this.sink.report()]);
      const done =
        generator.inFlight === 0 &&
        sink.distinct >= generator.accepted &&
        (!receipts || (generator.receipts >= generator.accepted && sink.receiptsAcked >= sink.receiptsMade));
      if (done) return;
      const now = `${generator.accepted} ${generator.receipts} ${sink.received} ${sink.receiptsAcked} ${generator.inFlight}`;
      if (now !== last) changedMs = sharedNowMs();
      else if (sharedNowMs() - changedMs > quietMs) return;
      last = now;
      await sleepMs(100);
    }
  }

  /** Ends the load processes and reads what they logged. */
  async finish(): Promise<RunLogs> {
    await this.generator.finish();
    await this.sink.finish();
    return readLogs(this.logFolder);
  }

  #common(): Pick<SinkOptions, 'host' | 'seed' | 'serialsMax' | 'epochMs' | 'logFolder'> {
    return {
      host: HOST,
      seed: this.seed,
      serialsMax: this.#serialsMax,
      epochMs: this.epochMs,
      logFolder: this.logFolder,
    };
  }
}

export async function until(what: string, deadlineMs: number, holds: () => Promise<boolean>): Promise<void> {
  const endMs = sharedNowMs() + deadlineMs;
  while (!(await holds())) {
    if (sharedNowMs() > endMs) throw new Error(`waited ${deadlineMs / 1_000} s in vain for ${what}`);
    await sleepMs(25);
  }
}

function figuresBetween(from: Snapshot, to: Snapshot): PhaseFigures {
  const seconds = (to.generator.atMs - from.generator.atMs) / 1_000;
  const forwarded = Math.max(1, to.sink.received - from.sink.received);
  const sent = Math.max(1, to.generator.sent - from.generator.sent);
  return {
    seconds,
    acceptedPerSec: Math.round((to.generator.accepted - from.generator.accepted) / seconds),
    forwardedPerSec: Math.round((to.sink.received - from.sink.received) / seconds),
    receiptsPerSec: Math.round((to.generator.receipts - from.generator.receipts) / seconds),
    refusedPerSec: Math.round((to.generator.refused - from.generator.refused) / seconds),
    relayMicrosPerMessage: (to.relayCpuMicros - from.relayCpuMicros) / forwarded,
    generatorMicrosPerMessage: (to.generator.cpuMicros - from.generator.cpuMicros) / sent,
    sinkMicrosPerMessage: (to.sink.cpuMicros - from.sink.cpuMicros) / forwarded,
    p50Ms: to.generator.latency.p50Ms,
    p99Ms: to.generator.latency.p99Ms,
    threads: threadsBetween(from.relayThreads, to.relayThreads).map((thread) => ({
      name: thread.name,
      microsPerMessage: thread.cpuMicros / forwarded,
    })),
  };
}
