// The version as package.json has it, from source and from dist.

import { readFileSync } from 'node:fs';

export function version(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const { name, version: found } = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as Record<
        string,
        string
      >;
      if (name === 'matrioska' && found !== undefined) return found;
    } catch {
      // Not this depth: compiled files lie one folder deeper.
    }
  }
  return 'unknown';
}
