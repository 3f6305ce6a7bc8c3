// What a change changes: for the store as operations, for people as a report without secrets.

import type { DeckDiff } from '#rating';
import { KINDS } from '../directory/index.js';
import type { Directory, Kind } from '../directory/index.js';
import type { ProvisionChange, ProvisionedRow } from '../store/contract.js';
import { canonicalJson } from './draft.js';
import type { Draft, DraftRow } from './draft.js';

export interface FieldChange {
  readonly field: string;
  readonly before: string;
  readonly after: string;
}

export interface RowChange {
  readonly kind: Kind;
  readonly id: string;
  /** Of a changed row only. */
  readonly fields: readonly FieldChange[];
}

/** Counts of prefixes; no rates. */
export interface DeckReport extends Omit<DeckDiff, 'examples'> {
  readonly id: string;
  readonly rowCount: number;
}

export interface ApplyReport {
  readonly dryRun: boolean;
  readonly created: readonly RowChange[];
  readonly changed: readonly RowChange[];
  readonly removed: readonly RowChange[];
  /** Decks that get a new version. */
  readonly decks: readonly DeckReport[];
  /** Rows and decks of the file that are as they were. */
  readonly unchanged: number;
}

export interface Difference {
  readonly changes: readonly ProvisionChange[];
  readonly removedRefs: readonly number[];
  readonly created: readonly RowChange[];
  readonly changed: readonly RowChange[];
  readonly removed: readonly RowChange[];
  readonly unchanged: number;
}

/** Fields whose content is never shown. */
const SECRET_FIELDS = new Set(['passwordHash', 'keyHash']);
const VALUE_CHARS_MAX = 60;

/** Compares the draft with what is there; rows that left the draft are deleted, children first. */
export function differenceOf(draft: Draft, directory: Directory): Difference {
  const changes: ProvisionChange[] = [];
  const created: RowChange[] = [];
  const changed: RowChange[] = [];
  let unchanged = 0;
  for (const row of ownersFirst(draft)) {
    const stored = directory.row(row.kind, row.id);
    const body = canonicalJson(row.body);
    if (stored?.body === body) {
      if (row.isGiven) unchanged++;
      continue;
    }
    changes.push({ op: 'put', kind: row.kind, id: row.id, tenantId: row.tenantId, body });
    const { kind, id } = row;
    if (stored === undefined) created.push({ kind, id, fields: [] });
    else changed.push({ kind, id, fields: fieldChanges(parseBody(stored), row.body) });
  }
  const gone = directory
    .rows()
    .filter((row) => draft.get(row.kind as Kind, row.id) === undefined)
    .reverse();
  gone.sort((a, b) => depthOf(directory, b) - depthOf(directory, a));
  for (const row of gone) changes.push({ op: 'delete', kind: row.kind, id: row.id });
  const removed = gone.map((row) => ({ kind: row.kind as Kind, id: row.id, fields: [] }));
  return { changes, removedRefs: gone.map((row) => row.ref), created, changed, removed, unchanged };
}

const parseBody = (row: ProvisionedRow): Record<string, unknown> => JSON.parse(row.body) as Record<string, unknown>;

/** Deep tenants go first, and everything else before any tenant. */
const depthOf = (directory: Directory, row: ProvisionedRow): number =>
  row.kind === 'tenant' ? (directory.tenants.get(row.ref)?.depth ?? 0) : 1_000 + KINDS.indexOf(row.kind as Kind);

function ownersFirst(draft: Draft): DraftRow[] {
  const depth = (row: DraftRow): number => {
    let steps = 0;
    for (let at: DraftRow | undefined = row; at !== undefined && at.tenantId !== ''; steps++)
      at = draft.get('tenant', at.tenantId);
    return steps;
  };
  const order = (row: DraftRow): number => KINDS.indexOf(row.kind) * 1_000 + (row.kind === 'tenant' ? depth(row) : 0);
  return draft.rows().sort((a, b) => order(a) - order(b));
}

function fieldChanges(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
): FieldChange[] {
  const fields: FieldChange[] = [];
  compareFields('', before, after, fields);
  return fields;
}

function compareFields(
  path: string,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  fields: FieldChange[],
): void {
  for (const name of [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()) {
    const [old, fresh] = [before[name], after[name]];
    if (canonicalJson(old ?? null) === canonicalJson(fresh ?? null)) continue;
    const field = path === '' ? name : `${path}.${name}`;
    if (isRecord(old) && isRecord(fresh)) compareFields(field, old, fresh, fields);
    else if (SECRET_FIELDS.has(name) || path === 'secrets')
      fields.push({ field, before: '[hidden]', after: '[hidden]' });
    else fields.push({ field, before: show(old), after: show(fresh) });
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function show(value: unknown): string {
  if (value === undefined) return '-';
  // A part of the options that came or went as a whole may hold a secret.
  if (isRecord(value)) return '{…}';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > VALUE_CHARS_MAX ? `${text.slice(0, VALUE_CHARS_MAX - 1)}…` : text;
}

export function deckReport(id: string, rowCount: number, diff: DeckDiff): DeckReport {
  const { added, removed, raised, lowered, rescheduled, unchanged, largestRisePct, largestFallPct } = diff;
  return { id, rowCount, added, removed, raised, lowered, rescheduled, unchanged, largestRisePct, largestFallPct };
}

export const isDeckChanged = (report: DeckReport): boolean =>
  report.added + report.removed + report.raised + report.lowered + report.rescheduled > 0;
