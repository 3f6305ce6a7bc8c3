import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { runToEnd } from '../../support/processes.js';
import { makeTmpFolder, removeTmpFolder } from '../../support/tmp-folder.js';

/** A clean tree: one door per folder, and what the table in docs/ARCHITECTURE.md allows. */
const allowed: Readonly<Record<string, string>> = {
  'core/index.ts': 'export const word = 1;',
  'protocols/smpp/index.ts': "import { word } from '#core'; export const pdu = word;",
  'protocols/smpp/inner.ts': 'export const inner = 1;',
  'routing/index.ts': "import { word } from '#core'; export const route = word;",
  'rating/index.ts': "import { word } from '#core'; export const rate = word;",
  'rating/inner.ts': 'export const inner = 1;',
  'adapters/contract.ts': "import { word } from '#core'; export const leg = word;",
  'adapters/loopback/index.ts': "import { pdu } from '#smpp'; export const loop = pdu;",
  'switch/trip.ts': "import './end.js'; export const trip = 1;",
  'switch/end.ts': 'export const end = 1;',
  'switch/main.ts':
    "import { rate } from '#rating'; import { route } from '#routing'; export const node = rate + route;",
};

/** One planted import each, and the rule that must name it. */
const planted: readonly { file: string; source: string; rule: string }[] = [
  { file: 'core/bad.ts', source: "import '../routing/index.js';", rule: 'core-is-a-leaf' },
  { file: 'core/io.ts', source: "import 'node:fs';", rule: 'core-has-no-io' },
  { file: 'protocols/smpp/bad.ts', source: "import '#routing';", rule: 'protocols-know-core' },
  { file: 'routing/bad.ts', source: "import '#rating';", rule: 'routing-knows-core' },
  { file: 'rating/bad.ts', source: "import '#routing';", rule: 'rating-knows-core' },
  { file: 'adapters/bad.ts', source: "import '#rating';", rule: 'adapters-know-core-and-protocols' },
  { file: 'adapters/up.ts', source: "import '../switch/main.js';", rule: 'nobody-knows-switch' },
  { file: 'plugins/bad.ts', source: "import '#smpp';", rule: 'plugins-know-the-contract' },
  { file: 'switch/side-door.ts', source: "import '../rating/inner.js';", rule: 'through-the-front-door' },
  { file: 'switch/sql.ts', source: "import 'better-sqlite3';", rule: 'one-owner-for-sqlite' },
  { file: 'switch/peer.ts', source: "import 'smpp';", rule: 'node-smpp-is-a-test-peer' },
  { file: 'switch/dev.ts', source: "import 'mocha';", rule: 'no-dev-deps-in-product' },
  { file: 'switch/nowhere.ts', source: "import '#nowhere';", rule: 'resolvable' },
  { file: 'switch/end.ts', source: "import './trip.js'; export const end = 1;", rule: 'no-cycles' },
];

describe('the import rules', function () {
  this.timeout(60_000);

  it('pass a tree that keeps to the table', async () => {
    const report = await cruise(allowed);
    assert.equal(report.code, 0, report.output);
  });

  it('name every import that breaks it', async () => {
    const report = await cruise({
      ...allowed,
      ...Object.fromEntries(planted.map(({ file, source }) => [file, source])),
    });
    assert.notEqual(report.code, 0);
    const silent = planted.filter(({ file, rule }) => !report.output.includes(`${rule}: ${file} `));
    assert.deepEqual(silent, [], report.output);
  });
});

async function cruise(files: Readonly<Record<string, string>>): Promise<{ code: number; output: string }> {
  const folder = makeTmpFolder('import-rules');
  for (const [path, source] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${source}\n`);
  }
  for (const name of ['package.json', 'tsconfig.json', '.dependency-cruiser.cjs'])
    copyFileSync(name, join(folder, name));
  symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
  const roots = [...new Set(Object.keys(files).map((path) => path.split('/', 1)[0]!))];
  const command = [resolve('node_modules/dependency-cruiser/bin/dependency-cruise.mjs'), ...roots];
  const config = ['--config', '.dependency-cruiser.cjs', '--output-type', 'err'];
  const env = { ...process.env, NODE_OPTIONS: '', FORCE_COLOR: '0' };
  const run = await runToEnd(process.execPath, [...command, ...config], { cwd: folder, env, timeoutMs: 50_000 });
  removeTmpFolder(folder);
  // eslint-disable-next-line no-control-regex -- colours of the terminal
  return { code: run.code, output: run.output.replace(/\u001b\[\d+m/g, '') };
}
