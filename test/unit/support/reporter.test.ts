import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToEnd } from '../../support/processes.js';
import type { SuiteResults } from '../../support/reporter.js';
import { makeTmpFolder, removeTmpFolder } from '../../support/tmp-folder.js';

describe('totals of a test run', () => {
  it('counts what passed, failed and was skipped, broken hooks among the failures', async function () {
    this.timeout(30_000);
    const folder = makeTmpFolder('reporter');
    const spec = join(folder, 'sample.cjs');
    const resultsPath = join(folder, 'results.json');
    writeFileSync(
      spec,
      `describe('sample', () => {
         it('holds', () => {});
         it('breaks', () => { throw new Error('as planned'); });
         it('is left out', function () { this.skip(); });
         describe('with a broken hook', () => { before(() => { throw new Error('hook'); }); it('never runs', () => {}); });
       });`,
    );
    const config = ['--no-config', '--node-option', 'no-experimental-require-module', '--node-option', 'import=tsx'];
    const mocha = ['node_modules/mocha/bin/mocha.js', ...config, '--reporter', 'test/support/reporter.ts', spec];
    const env = { ...process.env, MATRIOSKA_TEST_RESULTS: resultsPath };
    const run = await runToEnd(process.execPath, mocha, { env, timeoutMs: 25_000 });
    assert.notEqual(run.code, 0);
    const results = JSON.parse(readFileSync(resultsPath, 'utf8')) as SuiteResults;
    removeTmpFolder(folder);
    assert.deepEqual([results.passed, results.failed], [1, 2]);
    assert.deepEqual(results.skipped, ['sample is left out']);
    assert.match(results.failures.join('\n'), /as planned/);
  });
});
