// Mocha's spec reporter, which also writes the totals to the file named by MATRIOSKA_TEST_RESULTS, so that `npm test`
// can add up several runs.

import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

export interface SuiteResults {
  passed: number;
  failed: number;
  /** Titles of what was reported as pending. */
  skipped: string[];
  /** Titles and messages of what failed. */
  failures: string[];
}

export default class SpecAndTotals extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    const results: SuiteResults = { passed: 0, failed: 0, skipped: [], failures: [] };
    runner.on('pass', () => {
      results.passed += 1;
    });
    runner.on('pending', (test: Mocha.Test) => {
      results.skipped.push(test.fullTitle());
    });
    runner.on('fail', (test: Mocha.Test, fault: unknown) => {
      results.failed += 1;
      results.failures.push(`${test.fullTitle()}: ${fault instanceof Error ? fault.message : String(fault)}`);
    });
    runner.once('end', () => {
      const path = process.env['MATRIOSKA_TEST_RESULTS'];
      if (path !== undefined && path !== '') writeFileSync(path, JSON.stringify(results));
    });
  }
}
