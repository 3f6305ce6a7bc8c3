import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const pages = [
  ...readdirSync('.').filter((name) => name.endsWith('.md')),
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

describe('links between pages', () => {
  for (const page of pages) {
    it(`lead from ${page} to files that exist`, () => {
      const targets = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(
        (match) => match[1]!,
      );
      const broken = targets
        .filter((target) => !/^[a-z]+:/.test(target))
        .filter((target) => !existsSync(normalize(join(dirname(page), target))));
      assert.deepEqual(broken, []);
    });
  }
});
