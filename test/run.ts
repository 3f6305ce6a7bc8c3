// The test command behind `npm test`: checks for peers, builds, then runs the checks and every suite under a time limit,
// adds the totals up and ends with one line `N passed, N failed`.
//   --no-skip        a skipped test is a failed one (also when CI=true)
//   --no-install     never installs Debian packages
//   --only a,b       only these stages: build, check, unit, integration, e2e

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePeers } from './peers.js';
import { runToEnd, type StartOptions } from './support/processes.js';
import { makeTmpFolder, removeTmpFolder } from './support/tmp-folder.js';
import type { SuiteResults } from './support/reporter.js';

interface StageResults extends SuiteResults {
  readonly stage: string;
  readonly seconds: number;
}

/** The promise of the whole command; what is left of it bounds each stage too. */
const WHOLE_MS_MAX = 20 * 60_000;
const STEP_MS_MAX = 5 * 60_000;

const suites: readonly { stage: string; config: string; timeoutMs: number }[] = [
  { stage: 'unit', config: '.mocharc.json', timeoutMs: 6 * 60_000 },
  { stage: 'integration', config: '.mocharc.integration.json', timeoutMs: 6 * 60_000 },
  { stage: 'e2e', config: '.mocharc.e2e.json', timeoutMs: 12 * 60_000 },
];
const checks = ['check:format', 'check:types', 'check:lint', 'check:imports', 'check:unused'];
const stageNames = ['build', 'check', ...suites.map((suite) => suite.stage)];

const { values: flags } = parseArgs({
  options: {
    'no-skip': { type: 'boolean', default: false },
    'no-install': { type: 'boolean', default: false },
    only: { type: 'string', default: stageNames.join(',') },
  },
});
const noSkip = flags['no-skip'] || process.env['CI'] === 'true';
const seed = process.env['SEED'] ?? String(Math.floor(Math.random() * 0x7fff_ffff));
const startedMs = Date.now();

process.exitCode = await main();

async function main(): Promise<number> {
  const only = flags.only.split(',');
  const unknown = only.filter((name) => !stageNames.includes(name));
  if (unknown.length > 0) {
    console.error(`no such stage: ${unknown.join(', ')}; there are ${stageNames.join(', ')}`);
    return 2;
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(name, () => process.exit(130));
  console.log(`SEED=${seed}`);
  const results: StageResults[] = [];
  if (suites.some((suite) => only.includes(suite.stage))) results.push(reportPeers());
  if (only.includes('build')) results.push(await runSteps('build', ['build']));
  if (only.includes('check')) results.push(await runSteps('check', checks));
  for (const suite of suites) {
    if (only.includes(suite.stage)) results.push(await runSuite(suite));
  }
  return summarize(results);
}

function reportPeers(): StageResults {
  heading('peers');
  const beganMs = Date.now();
  const results: SuiteResults = { passed: 0, failed: 0, skipped: [], failures: [] };
  for (const peer of ensurePeers({ mayInstall: !flags['no-install'], say: (line) => console.log(line) })) {
    console.log(`  ${peer.name}: ${peer.usable ? 'usable' : peer.why}`);
    if (peer.usable || !noSkip) continue;
    results.failed += 1;
    results.failures.push(`${peer.name} is needed where no test may be skipped: ${peer.why}`);
  }
  return { stage: 'peers', seconds: secondsSince(beganMs), ...results };
}

/** npm scripts, each counted as one test; what they print is shown only when they fail. */
async function runSteps(stage: string, scripts: readonly string[]): Promise<StageResults> {
  heading(stage);
  const beganMs = Date.now();
  const results: SuiteResults = { passed: 0, failed: 0, skipped: [], failures: [] };
  for (const script of scripts) {
    const stepBeganMs = Date.now();
    const step = await runLimited('npm', ['run', '--silent', script], STEP_MS_MAX, {});
    const ok = step.code === 0;
    console.log(`  ${ok ? 'ok' : 'FAILED'} npm run ${script} (${secondsSince(stepBeganMs)} s)`);
    if (ok) results.passed += 1;
    else {
      results.failed += 1;
      results.failures.push(`npm run ${script}: ${step.timedOut ? 'ran out of time' : `exit code ${step.code}`}`);
      console.log(step.output);
    }
  }
  return { stage, seconds: secondsSince(beganMs), ...results };
}

async function runSuite(suite: (typeof suites)[number]): Promise<StageResults> {
  heading(suite.stage);
  const beganMs = Date.now();
  const folder = makeTmpFolder('test-results');
  const resultsPath = join(folder, 'results.json');
  const env = {
    ...process.env,
    SEED: seed,
    MATRIOSKA_TEST_RESULTS: resultsPath,
    MATRIOSKA_NO_SKIP: noSkip ? '1' : '0',
  };
  const mocha = ['node_modules/mocha/bin/mocha.js', '--config', suite.config, '--reporter', 'test/support/reporter.ts'];
  const run = await runLimited(process.execPath, mocha, suite.timeoutMs, { env, inherit: true });
  const results = existsSync(resultsPath)
    ? (JSON.parse(readFileSync(resultsPath, 'utf8')) as SuiteResults)
    : { passed: 0, failed: 0, skipped: [], failures: [] };
  removeTmpFolder(folder);
  if (run.timedOut || (run.code !== 0 && results.failed === 0)) {
    results.failed += 1;
    const why = run.timedOut ? 'did not end within its time limit and was killed' : `ended with exit code ${run.code}`;
    results.failures.push(`the ${suite.stage} suite ${why}`);
  }
  return { stage: suite.stage, seconds: secondsSince(beganMs), ...results };
}

async function runLimited(command: string, args: readonly string[], timeoutMs: number, options: StartOptions) {
  const leftMs = Math.max(1_000, WHOLE_MS_MAX - (Date.now() - startedMs));
  return runToEnd(command, args, { ...options, ownGroup: true, timeoutMs: Math.min(timeoutMs, leftMs) });
}

function summarize(results: readonly StageResults[]): number {
  heading('summary');
  let passed = 0;
  let failed = 0;
  for (const result of results) {
    const skippedAsFailed = noSkip ? result.skipped.length : 0;
    passed += result.passed;
    failed += result.failed + skippedAsFailed;
    const counts = `${result.passed} passed, ${result.failed} failed, ${result.skipped.length} skipped`;
    console.log(`  ${result.stage.padEnd(12)} ${counts} (${result.seconds} s)`);
  }
  for (const result of results) {
    for (const title of result.skipped) console.log(`  skipped${noSkip ? ' (not allowed here)' : ''}: ${title}`);
    for (const failure of result.failures) console.log(`  failed: ${failure.split('\n', 1)[0] ?? ''}`);
  }
  if (failed > 0) console.log(`  replay the random parts with SEED=${seed}`);
  console.log(`\n${passed} passed, ${failed} failed`);
  return failed === 0 && passed > 0 ? 0 : 1;
}

function heading(text: string): void {
  console.log(`\n== ${text}`);
}

function secondsSince(beganMs: number): number {
  return Math.round((Date.now() - beganMs) / 1000);
}
