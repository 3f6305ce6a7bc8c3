// The message's life from seeds. `SEED=n SIM_RUNS=k npx mocha test/simulation` runs k seeds from n on.

import { MessageLife } from './message-life.js';

const FIRST_SEED = Number(process.env['SEED'] ?? '1');
const RUNS = Number(process.env['SIM_RUNS'] ?? '3');

describe('a simulated switch', function () {
  this.timeout(60_000);
  for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
    it(`keeps every message, receipt and micro through crashes and lost links (SEED=${seed})`, async () => {
      await new MessageLife(seed).run();
    });
  }
});
