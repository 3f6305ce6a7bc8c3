// Folders that live as long as one test: made under the system's temporary folder, removed afterwards.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const made = new Set<string>();
process.on('exit', () => {
  for (const path of made) removeTmpFolder(path);
});

/** A new empty folder; it is removed when the test process ends, at the latest. */
export function makeTmpFolder(purpose: string): string {
  const path = mkdtempSync(join(tmpdir(), `matrioska-${purpose}-`));
  made.add(path);
  return path;
}

export function removeTmpFolder(path: string): void {
  made.delete(path);
  rmSync(path, { recursive: true, force: true, maxRetries: 3 });
}
