// What passes between the main thread and the pool: shared memory, paths and small numbers.

import type { DeckDiff, DeckMapping, DeckSource, RowError, TablesImage } from '#rating';
import type { RankImage } from '#routing';

/** Which deck a trunk buys by. */
export interface TrunkDeck {
  readonly trunkRef: number;
  readonly deckRef: number;
}

export interface ImportTask {
  /** A path, read by the worker, or the file's bytes. */
  readonly source: string | Uint8Array;
  readonly mapping: DeckMapping;
  /** Packed rows of the version in force, for the comparison. */
  readonly before: Uint8Array | undefined;
}

export type ImportResult =
  | {
      readonly ok: true;
      /** Packed, on shared memory: it needs no transfer, and cannot be in a transfer list. */
      readonly rows: Uint8Array;
      readonly rowCount: number;
      readonly diff: DeckDiff;
    }
  | { readonly ok: false; readonly errors: readonly RowError[]; readonly errorCount: number };

export interface CompileTask {
  readonly decks: readonly DeckSource[];
  /** In the order of trunk indexes. */
  readonly trunkDecks: readonly TrunkDeck[];
  readonly nowMs: number;
}

export interface CompileResult {
  readonly tables: TablesImage;
  readonly ranks: RankImage;
  /** As asked: which trunk each index of `ranks` means. */
  readonly trunkDecks: readonly TrunkDeck[];
}
