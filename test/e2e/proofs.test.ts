import assert from 'node:assert/strict';
import { requirePeers } from '../support/require-peer.js';
import { runToEnd } from '../support/processes.js';

const tsx = ['--conditions=source', '--import', 'tsx'];

/** Runs a measuring command at a small size; its verdict is its exit code, its figures the last line. */
async function figuresOf(args: readonly string[], timeoutMs: number): Promise<Record<string, number>> {
  const run = await runToEnd(process.execPath, [...tsx, ...args, '--json'], { timeoutMs });
  assert.equal(run.timedOut, false, `not done within ${timeoutMs} ms:\n${run.output.slice(-4_000)}`);
  assert.equal(run.code, 0, run.output.slice(-4_000));
  const line = run.output
    .trim()
    .split('\n')
    .findLast((text) => text.startsWith('{"'));
  return JSON.parse(line ?? '{}') as Record<string, number>;
}

describe('small sizes of the long proofs', function () {
  this.timeout(300_000);

  it('killed three times with 500 messages in flight, it loses and misprices nothing', async () => {
    const figures = await figuresOf(['test/crash/run.ts', '--kills', '3', '--failpoints', 'off'], 180_000);
    assert.equal(figures['kills'], 3);
    assert.equal(figures['lost'], 0);
    assert.equal(figures['balanceErrorMicros'], 0);
    assert.ok((figures['inFlightLeast'] ?? 0) >= 500);
  });

  it('a minute of steady load leaves memory flat and loses nothing', async () => {
    const figures = await figuresOf(['bench/load/soak.ts', '--minutes', '1', '--rate', '2000'], 240_000);
    assert.equal(figures['lost'], 0);
  });

  describe('under strace', () => {
    before(requirePeers('strace'));
    it('no ESME_ROK leaves before a sync that began after its record was written', async () => {
      const figures = await figuresOf(['test/crash/strace-durability.ts', '--seconds', '3'], 120_000);
      assert.equal(figures['violations'], 0);
      assert.ok((figures['answersProved'] ?? 0) > 100);
    });
  });
});
