// All rows as they would be after a change: to be checked as a whole before anything is written.

import type { Directory, Kind } from '../directory/index.js';

export interface DraftRow {
  readonly kind: Kind;
  readonly id: string;
  /** Id of the owning tenant; of a tenant its parent; empty for the root. */
  readonly tenantId: string;
  readonly body: Readonly<Record<string, unknown>>;
  /** True when the file at hand gives it. */
  readonly isGiven: boolean;
}

export class Draft {
  readonly #rows = new Map<string, DraftRow>();

  /** Starts from what is there. */
  static of(directory: Directory): Draft {
    const draft = new Draft();
    for (const row of directory.rows()) {
      draft.put({
        kind: row.kind as Kind,
        id: row.id,
        tenantId: directory.idOf(row.tenantRef) ?? '',
        body: JSON.parse(row.body) as Record<string, unknown>,
        isGiven: false,
      });
    }
    return draft;
  }

  get(kind: Kind, id: string): DraftRow | undefined {
    return this.#rows.get(`${kind}/${id}`);
  }

  put(row: DraftRow): void {
    this.#rows.set(`${row.kind}/${row.id}`, row);
  }

  delete(row: DraftRow): void {
    this.#rows.delete(`${row.kind}/${row.id}`);
  }

  rows(): DraftRow[] {
    return [...this.#rows.values()];
  }

  ofKind(kind: Kind): DraftRow[] {
    return this.rows().filter((row) => row.kind === kind);
  }

  /** The one tenant without a parent. */
  get rootId(): string | undefined {
    return this.ofKind('tenant').find((row) => row.tenantId === '')?.id;
  }
}

/** JSON with sorted names: equal bodies give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
