#!/usr/bin/env node
// The command `matrioska`: starts what `npm run build` made.

import { existsSync } from 'node:fs';

const main = new URL('../dist/switch/cli/main.js', import.meta.url);
if (existsSync(main)) {
  const { runCli } = await import(main.href);
  const terminal = {
    out: (text) => process.stdout.write(`${text}\n`),
    err: (text) => process.stderr.write(`${text}\n`),
  };
  process.exitCode = await runCli(process.argv.slice(2), terminal, process.env);
} else {
  process.stderr.write('error MX1502: the program is not built yet\n→ npm run build\n');
  process.exitCode = 2;
}
