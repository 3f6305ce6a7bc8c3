// What the pool's threads do: read decks, compare them, compile tables and ranks. Nothing here touches the main thread.

import { readFileSync, statSync } from 'node:fs';
import { setPriority } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { PROVISION_FILE_BYTES_MAX } from '#core';
import { compileTables, diffDecks, NO_PRICE_NANOS, parseDeckCsv, RateTables } from '#rating';
import { buildRanks } from '#routing';
import type { CompileTask, CompileResult, ImportResult, ImportTask } from './contract.js';

/** Below everything that carries traffic, above nothing that matters. */
const WORKER_NICE = 10;

// On Linux a nice value belongs to a thread, and 0 names the calling one; elsewhere it would slow the whole process.
if (process.platform === 'linux' && !isMainThread) {
  try {
    setPriority(0, WORKER_NICE);
  } catch {
    // A sandbox may forbid it: the pool then competes as an equal, which is slower but right.
  }
}

/** Reads one deck file and says what it changes. A file that cannot be read is an answer, not a throw. */
export function importDeck(task: ImportTask): ImportResult {
  const source = typeof task.source === 'string' ? readDeckFile(task.source) : task.source;
  if (typeof source === 'string') return { ok: false, errors: [fileError(source)], errorCount: 1 };
  const parsed = parseDeckCsv(source, task.mapping);
  if (!parsed.ok) return parsed;
  return { ...parsed, diff: diffDecks(task.before, parsed.rows) };
}

const fileError = (why: string): { line: number; column: string; value: string; why: string } => ({
  line: 0,
  column: '',
  value: '',
  why,
});

/** The file's bytes, or why they cannot be had. */
function readDeckFile(path: string): Uint8Array | string {
  try {
    const { size } = statSync(path);
    if (size > PROVISION_FILE_BYTES_MAX) return `${path} is larger than ${PROVISION_FILE_BYTES_MAX} bytes`;
    return readFileSync(path);
  } catch (error) {
    return `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Compiles all decks as of one instant and ranks the trunks over them. */
export function compile(task: CompileTask): CompileResult {
  const tables = compileTables(task.decks, task.nowMs);
  const rates = new RateTables(tables);
  const size = rates.index.size;
  const unpriced = new BigInt64Array(task.trunkDecks.some((trunk) => rates.version(trunk.deckRef) === 0) ? size : 0);
  unpriced.fill(NO_PRICE_NANOS);
  const columns = task.trunkDecks.map((trunk) => rates.column(trunk.deckRef) ?? unpriced);
  const trunkRefs = task.trunkDecks.map((trunk) => trunk.trunkRef);
  return { tables, ranks: buildRanks({ size, trunkRefs, columns }), trunkDecks: task.trunkDecks };
}
