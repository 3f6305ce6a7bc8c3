import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { errorCodes } from '#core';

const page = readFileSync('docs/ERRORS.md', 'utf8');
/** Rows of the two tables: | MX1101 | … | */
const rows = [...page.matchAll(/^\| (MX\d{4}) \| ([^|]+) \|(.*)\|$/gm)];
const retiredAt = page.indexOf('## Retired codes');

describe('docs/ERRORS.md', () => {
  it('lists every error code once, with the meaning the program knows', () => {
    const listed = rows.filter((row) => row.index < retiredAt).map((row) => [row[1], row[2]?.trim()]);
    assert.deepEqual(listed, Object.entries(errorCodes));
  });

  it('says for every code what to do next', () => {
    for (const [, code, , rest] of rows) assert.ok((rest ?? '').trim().length > 20, `${code} has no advice`);
  });

  it('never brings a retired code back', () => {
    const retired = rows.filter((row) => row.index > retiredAt).map((row) => row[1] ?? '');
    for (const code of retired) assert.ok(!(code in errorCodes), `${code} is retired and in use`);
  });
});
