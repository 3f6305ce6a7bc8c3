// Commands that read records, and those that keep the store in order.

import { z } from 'zod';
import {
  AppError,
  formatMessageId,
  formatMicros,
  keyWallMs,
  MessageState,
  parseMessageId,
  QUERY_ROWS_MAX,
} from '#core';
import type { AuditEntry, MdrQuery, MdrRow } from '../store/contract.js';
import type { CommandParts } from './parts.js';
import { command } from './registry.js';
import type { Command, CommandContext } from './registry.js';

const STATES = Object.keys(MessageState) as [keyof typeof MessageState, ...(keyof typeof MessageState)[]];

const recordsInput = z.strictObject({
  account: z.string().max(63).optional(),
  trunk: z.string().max(63).optional(),
  state: z.enum(STATES, { error: `must be one of ${STATES.join(', ')}` }).optional(),
  destination: z
    .string()
    .regex(/^\d{1,15}$/, 'must be digits')
    .optional(),
  fromMs: z.number().optional(),
  toMs: z.number().optional(),
  before: z.string().max(20).optional(),
  limit: z.number().int().min(1).max(QUERY_ROWS_MAX).default(50),
});

const DAY_MS = 86_400_000;

export function recordCommands(parts: CommandParts): Command[] {
  return [
    command('records.list', 'records.read', recordsInput, async (context, input) => {
      const { rows, nextKey } = await parts.records.mdrPage(context.scope, queryOf(parts, input));
      return {
        records: rows.map((row) => lineOf(parts, row)),
        // A filter has no index: what one look did not reach is asked for with this as `before`.
        ...(nextKey === undefined
          ? {}
          : { next: formatMessageId(nextKey, parts.node), searchedBackToMs: keyWallMs(nextKey) }),
      };
    }),
    command(
      'records.trace',
      'records.read',
      z.strictObject({ id: z.string().min(1).max(20) }),
      async (context, { id }) => {
        const story = await parts.story(id, context.scope);
        if (story === undefined) {
          throw new AppError('MX1403', `there is no message '${id}'`, { next: 'list recent ones: matrioska records' });
        }
        return story;
      },
    ),
    command(
      'audit.list',
      'audit.read',
      z.strictObject({ limit: z.number().int().min(1).max(QUERY_ROWS_MAX).default(50) }),
      (context, { limit }) => parts.records.audit(context.scope, limit),
    ),
  ];
}

/** Commands about the process and its data folder. */
export function houseCommands(parts: CommandParts): Command[] {
  return [
    command('status', 'status.read', z.strictObject({}), () => Promise.resolve(parts.status())),
    command('backup', 'store.backup', z.strictObject({ folder: z.string().min(1) }), async (context, { folder }) => {
      context.progress('copying');
      await parts.records.change([], auditOf(parts, context, 'store.backup', 'backup', { folder }));
      await parts.records.backup(folder);
      return { folder };
    }),
    command(
      'retain',
      'store.retain',
      z.strictObject({ days: z.number().int().min(1).max(36_500) }),
      async (context, { days }) => {
        await parts.records.change([], auditOf(parts, context, 'store.retain', 'retain', { days }));
        return { dropped: await parts.records.retain(parts.clock.wallMs() - days * DAY_MS) };
      },
    ),
    command('drain', 'process.drain', z.strictObject({}), async (context) => {
      await parts.records.change([], auditOf(parts, context, 'process.drain', 'drain', {}));
      context.progress('draining');
      await parts.drain();
      return { drained: true };
    }),
  ];
}

function auditOf(
  parts: CommandParts,
  context: CommandContext,
  permission: string,
  name: string,
  detail: object,
): AuditEntry {
  return {
    atMs: parts.clock.wallMs(),
    actor: context.actor,
    tenantId: parts.directory.idOf(context.scope.tenantRef) ?? '',
    permission,
    command: name,
    reason: context.reason,
    detail: JSON.stringify(detail),
  };
}

function queryOf(parts: CommandParts, input: z.infer<typeof recordsInput>): MdrQuery {
  const { account, trunk, state, destination, fromMs, toMs, before, limit } = input;
  const refOf = (kind: 'account' | 'trunk', id: string): number => {
    const ref = parts.directory.row(kind, id)?.ref;
    if (ref === undefined) throw new AppError('MX1403', `there is no ${kind} '${id}'`);
    return ref;
  };
  const beforeKey = before === undefined ? undefined : parseMessageId(before)?.key;
  if (before !== undefined && beforeKey === undefined)
    throw new AppError('MX1502', `before: '${before}' is no message id`);
  return {
    ...(account === undefined ? {} : { accountRef: refOf('account', account) }),
    ...(trunk === undefined ? {} : { trunkRef: refOf('trunk', trunk) }),
    ...(state === undefined ? {} : { state: MessageState[state] }),
    ...(destination === undefined ? {} : { destinationPrefix: destination }),
    ...(fromMs === undefined ? {} : { fromMs }),
    ...(toMs === undefined ? {} : { toMs }),
    ...(beforeKey === undefined ? {} : { beforeKey }),
    limit,
  };
}

/** A record as people and programs read it. */
function lineOf(parts: CommandParts, row: MdrRow): Record<string, string | number> {
  return {
    id: formatMessageId(row.key, parts.node),
    acceptedAt: new Date(row.acceptedMs).toISOString(),
    account: parts.directory.idOf(row.accountRef) ?? `#${row.accountRef}`,
    trunk: row.trunkRef === 0 ? '' : (parts.directory.idOf(row.trunkRef) ?? `#${row.trunkRef}`),
    source: row.source,
    destination: row.destination,
    segments: row.segments,
    state: STATES.find((name) => MessageState[name] === row.state) ?? String(row.state),
    charge: formatMicros(row.chargeMicros),
  };
}
