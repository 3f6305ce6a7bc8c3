import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { freePorts } from '../support/ports.js';
import { RunningProcess, runToEnd } from '../support/processes.js';
import { makeTmpFolder, removeTmpFolder } from '../support/tmp-folder.js';
import { untilTrue } from '../support/until.js';

const START_MS_MAX = 60_000;
const PASTE_MS_MAX = 60_000;

describe('the sandbox, as a newcomer meets it', function () {
  this.timeout(120_000);

  let folder = '';
  let started: RunningProcess;
  let env: NodeJS.ProcessEnv;
  let welcome = '';

  before(async () => {
    // A folder that npx takes for a checkout, whose data folder is its own.
    folder = makeTmpFolder('sandbox');
    for (const name of ['package.json', 'bin', 'dist', 'node_modules']) symlinkSync(resolve(name), join(folder, name));
    mkdirSync(join(folder, 'npm-cache'));
    const [smppPort, httpPort] = (await freePorts(2)) as [number, number];
    env = {
      ...process.env,
      MATRIOSKA_SMPP_PORT: String(smppPort),
      MATRIOSKA_HTTP_PORT: String(httpPort),
      npm_config_cache: join(folder, 'npm-cache'),
      npm_config_offline: 'true',
    };
    started = new RunningProcess(process.execPath, ['bin/matrioska.js', 'start'], { cwd: folder, env });
    await started.waitForOutput(/trace/, START_MS_MAX);
    welcome = started.output;
  });
  after(async () => {
    await started.stop('SIGKILL');
    removeTmpFolder(folder);
  });

  const paste = (line: string): ReturnType<typeof runToEnd> =>
    runToEnd('bash', ['-c', line], { cwd: folder, env, timeoutMs: PASTE_MS_MAX });
  const printed = (pattern: RegExp): string => {
    const line = welcome.split('\n').find((text) => pattern.test(text));
    assert.ok(line !== undefined, `no line like ${String(pattern)} in:\n${welcome}`);
    return line.trim();
  };

  it('says what listens where, and the credentials', () => {
    for (const pattern of [
      /SMPP +127\.0\.0\.1:\d+/,
      /HTTP +http:\/\/127\.0\.0\.1:\d+/,
      /system id +\S+/,
      /password +\S+/,
    ])
      printed(pattern);
  });

  it('prints lines that send a message and tell its story when they are pasted', async () => {
    const sent = await paste(printed(/matrioska(\.js)? send /));
    assert.equal(sent.code, 0, sent.output);
    const id = /message (\d+) accepted/.exec(sent.output)?.[1];
    assert.ok(id !== undefined, sent.output);
    assert.match(sent.output, new RegExp(`receipt for ${id}: (DELIVRD|UNDELIV|EXPIRED)`));

    let story = '';
    await untilTrue(20_000, 'the trace tells the final state', async () => {
      const traced = await paste(printed(/matrioska(\.js)? trace /).replace('ID', id));
      assert.equal(traced.code, 0, traced.output);
      story = traced.output;
      return /delivered|undeliverable|expired/.test(story);
    });
    // The price at every level of the chain, the candidates, the attempt and the receipt.
    for (const part of ['customer', 'reseller', 'operator', 'sell-customer', 'sell-reseller', 'buy-', 'EUR'])
      assert.ok(story.includes(part), `no ${part} in:\n${story}`);
    for (const trunk of ['alfa-1', 'bravo-1', 'celta-1', 'delta-1']) assert.ok(story.includes(trunk), story);
    for (const part of [/candidate/, /attempt/, /accepted/, /receipt/]) assert.match(story, part);
  });

  it('drains and ends with exit code 0 on Ctrl-C, and releases the data folder', async () => {
    const end = await started.stop('SIGINT', 30_000);
    assert.deepEqual(end, { code: 0, signal: null }, started.output);
    const again = new RunningProcess(process.execPath, ['bin/matrioska.js', 'start'], { cwd: folder, env });
    await again.waitForOutput(/SMPP/, START_MS_MAX);
    assert.doesNotMatch(again.output, /password/, 'a sandbox is made once');
    assert.equal((await again.stop('SIGINT', 30_000)).code, 0, again.output);
  });
});
