import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runToEnd } from '../support/processes.js';
import { missingLine, readRecipes } from '../support/recipes.js';
import { SwitchProcess } from '../support/switch-process.js';

const RECIPE_MS_MAX = 60_000;

describe('docs/COOKBOOK.md', () => {
  let matrioska: SwitchProcess | undefined;
  let folder = '';
  let env: NodeJS.ProcessEnv;

  before(async () => {
    matrioska = await SwitchProcess.start({ sandbox: true });
    folder = matrioska.folder;
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    const command = join(bin, 'matrioska');
    writeFileSync(command, `#!/bin/sh\nexec "${process.execPath}" "${resolve('bin/matrioska.js')}" "$@"\n`);
    chmodSync(command, 0o755);
    env = { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  });
  after(() => matrioska?.remove());

  for (const recipe of readRecipes(readFileSync('docs/COOKBOOK.md', 'utf8'))) {
    it(`does what it says: ${recipe.title}`, async () => {
      const args = ['-euo', 'pipefail', '-c', recipe.script];
      const run = await runToEnd('bash', args, { cwd: folder, env, timeoutMs: RECIPE_MS_MAX });
      assert.equal(run.code, 0, run.output);
      const missing = missingLine(run.output, recipe.expected);
      assert.equal(missing, undefined, `${String(missing)} is not in:\n${run.output}`);
    });
  }
});
