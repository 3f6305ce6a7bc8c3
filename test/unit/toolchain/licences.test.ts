import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Licences that ask for no more than their own text. */
const ALLOWED: ReadonlySet<string> = new Set(['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC']);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: unknown;
}

/** Whether an SPDX expression leaves a choice that is allowed; of a choice (`OR`) one is enough, of `AND` none may lack. */
function isAllowed(license: unknown): boolean {
  if (typeof license !== 'string') return false;
  const choices = license.replace(/^\((.*)\)$/, '$1').split(' OR ');
  return choices.some((choice) => choice.split(' AND ').every((name) => ALLOWED.has(name)));
}

/** Every package that an installation without development dependencies has, the switch itself left out. */
function shippedPackages(): Manifest[] {
  const list = execFileSync('npm', ['ls', '--omit=dev', '--all', '--parseable'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const folders = list.trim().split('\n').slice(1);
  return folders.map((folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest);
}

describe('the licences of what ships with the switch', function () {
  this.timeout(30_000);

  it('are MIT, Apache-2.0, BSD or ISC, down to the last dependency', () => {
    const packages = shippedPackages();
    const named = new Set(packages.map(({ name }) => name));
    for (const name of ['better-sqlite3', 'fastify', 'pino', 'thread-stream']) assert.ok(named.has(name), name);
    const foreign = packages.filter(({ license }) => !isAllowed(license));
    assert.deepEqual(
      foreign.map(({ name, version, license }) => `${name}@${version}: ${JSON.stringify(license)}`),
      [],
    );
  });

  it('are refused when unknown, missing, or only half allowed', () => {
    for (const license of [
      'GPL-3.0',
      undefined,
      '(MIT AND GPL-3.0)',
      'GPL-3.0 AND (MIT OR ISC)',
      'SEE LICENSE IN x',
      { type: 'MIT' },
    ]) {
      assert.equal(isAllowed(license), false, JSON.stringify(license));
    }
    for (const license of ['MIT', '(MIT OR GPL-3.0)', '(MIT AND ISC)']) assert.equal(isAllowed(license), true, license);
  });
});
