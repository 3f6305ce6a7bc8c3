import assert from 'node:assert/strict';
import { ManualClock, silentLogger } from '#core';
import { type DeckSource, packDeckRows } from '#rating';
import {
  LiveTables,
  type CompileResult,
  type CompileTask,
  type LiveSnapshot,
} from '../../../../switch/tables/index.js';
import { compile } from '../../../../switch/tables/worker.js';

const START_MS = Date.UTC(2026, 0, 1);
const CHANGE_MS = START_MS + 3_600_000;

const deck: DeckSource = {
  ref: 1,
  version: 1,
  rows: packDeckRows([
    { prefix: '39', priceNanos: 10n, effectiveFromMs: START_MS },
    { prefix: '39', priceNanos: 20n, effectiveFromMs: CHANGE_MS },
  ]),
};

/** A compiler in this thread whose answers come when the test says. */
class SlowCompiler {
  readonly asked: number[] = [];
  readonly #waiting: (() => void)[] = [];
  failures = 0;

  async compile(task: CompileTask): Promise<CompileResult> {
    this.asked.push(task.nowMs);
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    if (this.failures > 0) {
      this.failures--;
      throw new Error('out of memory');
    }
    return compile(task);
  }

  async answer(): Promise<void> {
    this.#waiting.shift()?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function setUp() {
  const clock = new ManualClock(START_MS);
  const compiler = new SlowCompiler();
  const swaps: LiveSnapshot[] = [];
  const live = new LiveTables({ compiler, clock, log: silentLogger, swap: (snapshot) => swaps.push(snapshot) });
  const price = (): bigint | undefined => swaps.at(-1)?.rates.priceNanos(1, 0);
  const update = async (): Promise<void> => {
    const done = live.update([deck], [{ trunkRef: 5, deckRef: 1 }]);
    await compiler.answer();
    await done;
  };
  return { clock, compiler, swaps, live, price, update };
}

describe('live tables', () => {
  it('are installed before an update resolves', async () => {
    const { price, swaps, update } = setUp();
    await update();
    assert.equal(price(), 10n);
    assert.deepEqual(swaps[0]?.trunkDecks, [{ trunkRef: 5, deckRef: 1 }]);
  });

  it('compile once for changes that come while a compilation runs', async () => {
    const { compiler, live, swaps } = setUp();
    const updates = [1, 2, 3, 4].map((version) => live.update([{ ...deck, version }], []));
    await compiler.answer();
    await compiler.answer();
    await Promise.all(updates);
    assert.equal(compiler.asked.length, 2);
    assert.deepEqual(
      swaps.map((swap) => swap.rates.version(1)),
      [1, 4],
    );
  });

  it('switch rates by themselves on the instant, having compiled them before', async () => {
    const { clock, compiler, live, price, update } = setUp();
    await update();
    clock.advance(3_600_000 - 60_001);
    live.tick();
    assert.equal(compiler.asked.length, 1);
    clock.advance(1);
    live.tick();
    live.tick();
    assert.deepEqual(compiler.asked, [START_MS, CHANGE_MS]);
    await compiler.answer();
    clock.advance(59_999);
    live.tick();
    assert.equal(price(), 10n);
    clock.advance(1);
    live.tick();
    assert.equal(price(), 20n);
    live.tick();
    assert.equal(compiler.asked.length, 2);
  });

  it('forget what was compiled ahead when a deck changes meanwhile', async () => {
    const { clock, compiler, live, price, update } = setUp();
    await update();
    clock.advance(3_600_000 - 1_000);
    live.tick();
    await compiler.answer();
    const changed = { ...deck, rows: packDeckRows([{ prefix: '39', priceNanos: 33n, effectiveFromMs: 0 }]) };
    const done = live.update([changed], []);
    clock.advance(1_000);
    live.tick();
    assert.equal(price(), 10n);
    await compiler.answer();
    await done;
    assert.equal(price(), 33n);
  });

  it('follow a wall clock that jumps ahead or back', async () => {
    const { clock, compiler, live, price, update } = setUp();
    await update();
    clock.stepWall(7_200_000);
    live.tick();
    await compiler.answer();
    assert.equal(price(), 20n);
    clock.stepWall(-7_200_000);
    live.tick();
    await compiler.answer();
    assert.equal(price(), 10n);
  });

  it('keep the installed ones when a compilation fails, and try again a little later', async () => {
    const { clock, compiler, live, price, update } = setUp();
    await update();
    clock.advance(3_600_000);
    compiler.failures = 1;
    live.tick();
    await compiler.answer();
    live.tick();
    assert.equal(compiler.asked.length, 2);
    assert.equal(price(), 10n);
    clock.advance(5_000);
    live.tick();
    await compiler.answer();
    assert.equal(price(), 20n);
  });

  it('tell whoever asked for an update that it failed', async () => {
    const { compiler, live, price, update } = setUp();
    compiler.failures = 1;
    const refused = assert.rejects(live.update([deck], []), /out of memory/);
    await compiler.answer();
    await refused;
    await update();
    assert.equal(price(), 10n);
  });

  it('swap nothing once closed', async () => {
    const { compiler, live, swaps } = setUp();
    const done = live.update([deck], []);
    live.close();
    await compiler.answer();
    await done;
    live.tick();
    assert.equal(swaps.length, 0);
  });
});
