// What people and programs see: tables, lines, one JSON value, errors with their next step.

import { AppError } from '#core';
import type { ApplyReport, RowChange } from '../provision/index.js';

export interface Terminal {
  out(text: string): void;
  err(text: string): void;
}

/** Columns as wide as their widest value; nothing for no rows. */
export function formatTable(rows: readonly Readonly<Record<string, unknown>>[], columns: readonly string[]): string {
  const cells = rows.map((row) => columns.map((name) => cellText(row[name])));
  const widths = columns.map((name, at) => Math.max(name.length, ...cells.map((line) => (line[at] ?? '').length)));
  const line = (values: readonly string[]): string =>
    values
      .map((value, at) => value.padEnd(widths[at] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(columns), ...cells.map(line)].join('\n');
}

function cellText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (typeof value === 'string') return value;
  return JSON.stringify(value);
}

/** `error MX1234: sentence`, then the next step. Unknown errors are ours: MX1001 with their stack. */
export function formatError(error: unknown): string {
  if (error instanceof AppError) {
    const head = `error ${error.code}: ${error.message}`;
    return error.next === undefined ? head : `${head}\n→ ${error.next}`;
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `error MX1001: ${text}\n→ this is a fault in the program: please report it with the lines above`;
}

/** The difference that a file makes, as lines with + ~ and −. */
export function formatReport(report: ApplyReport): string {
  const lines: string[] = [];
  const name = (row: RowChange): string => `${row.kind} ${row.id}`;
  for (const row of report.created) lines.push(`+ ${name(row)}`);
  for (const row of report.changed) {
    lines.push(`~ ${name(row)}`);
    for (const { field, before, after } of row.fields) lines.push(`    ${field}: ${before} → ${after}`);
  }
  for (const row of report.removed) lines.push(`- ${name(row)}`);
  for (const deck of report.decks) {
    const { id, rowCount, raised, lowered, added, removed, rescheduled } = deck;
    const counts = `${raised} raised, ${lowered} lowered, ${added} new, ${removed} gone, ${rescheduled} rescheduled`;
    lines.push(`~ deck ${id}: ${rowCount} rows: ${counts}`);
  }
  const { created, changed, removed, decks, unchanged } = report;
  const sum = `${created.length} created, ${changed.length + decks.length} changed, ${removed.length} removed, ${unchanged} unchanged`;
  lines.push(report.dryRun ? `dry run, nothing was changed: ${sum}` : sum);
  return lines.join('\n');
}

/** A story or a status as indented `name: value` lines. */
export function formatTree(value: unknown, indent = ''): string {
  if (typeof value !== 'object' || value === null) return `${indent}${cellText(value)}`;
  const lines: string[] = [];
  for (const [name, inner] of Object.entries(value) as [string, unknown][]) {
    const label = Array.isArray(value) ? '-' : `${name}:`;
    if (typeof inner !== 'object' || inner === null) lines.push(`${indent}${label} ${cellText(inner)}`);
    else if (Object.keys(inner).length > 0) lines.push(`${indent}${label}`, formatTree(inner, `${indent}  `));
  }
  return lines.join('\n');
}
