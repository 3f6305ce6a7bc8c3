import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { RunningProcess, runToEnd } from '../../support/processes.js';

const node = process.execPath;

describe('child processes of tests', () => {
  it('answers exit code and output of a command that ends', async () => {
    const run = await runToEnd(node, ['-e', 'console.log("out"); console.error("err"); process.exit(3)'], {
      timeoutMs: 4_000,
    });
    assert.equal(run.code, 3);
    assert.match(run.output, /out/);
    assert.match(run.output, /err/);
    assert.equal(run.timedOut, false);
  });

  it('kills a command that outlives its time limit, with the children it started', async () => {
    const parent =
      'const c = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], {stdio: "ignore"});' +
      'console.log("child " + c.pid); setInterval(() => {}, 1000);';
    const run = await runToEnd(node, ['-e', parent], { timeoutMs: 700, ownGroup: true });
    assert.equal(run.timedOut, true);
    const childPid = Number(/child (\d+)/.exec(run.output)?.[1]);
    assert.ok(childPid > 0, 'the parent printed the pid of its child');
    await assertGone(childPid);
  });

  it('waits for a line and says what was printed when it does not come', async () => {
    const child = new RunningProcess(node, ['-e', 'console.log("ready on 7"); setInterval(() => {}, 1000)']);
    const found = await child.waitForOutput(/ready on (\d+)/, 4_000);
    assert.equal(found[1], '7');
    await assert.rejects(child.waitForOutput(/never/, 100), /ready on 7/);
    const end = await child.stop('SIGTERM');
    assert.equal(end.signal, 'SIGTERM');
    assert.equal(child.isRunning, false);
  });

  it('does not wait for output of a process that has ended', async () => {
    const child = new RunningProcess(node, ['-e', 'process.exit(5)']);
    await assert.rejects(child.waitForOutput(/never/, 4_000), /code 5/);
  });

  it('reports a program that does not exist as exit code 127', async () => {
    const run = await runToEnd('/no/such/program', [], { timeoutMs: 2_000 });
    assert.equal(run.code, 127);
    assert.match(run.output, /no\/such\/program/);
  });

  it('kills a process that ignores the request to stop, after the deadline', async () => {
    const child = new RunningProcess(node, [
      '-e',
      'process.on("SIGTERM", () => {}); console.log("deaf"); setInterval(() => {}, 1000)',
    ]);
    await child.waitForOutput(/deaf/, 4_000);
    const end = await child.stop('SIGTERM', 200);
    assert.equal(end.signal, 'SIGKILL');
  });
});

/** A killed orphan is reaped by init a moment later; a zombie counts as gone. */
async function assertGone(pid: number): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    const state = stateOf(pid);
    if (state === undefined || state === 'Z') return;
    await delay(20);
  }
  assert.fail(`process ${pid} is still there`);
}

function stateOf(pid: number): string | undefined {
  try {
    return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}
