// Commands about balances. A posting is durable in the journal before the command ends, and its key makes a second try
// harmless.

import { z } from 'zod';
import { AppError, BALANCE_MICROS_MAX, formatMicros, parseMicros } from '#core';
import type { Tenant } from '../directory/index.js';
import type { CommandParts, PostingRequest } from './parts.js';
import { command } from './registry.js';
import type { Command, CommandContext } from './registry.js';

const input = z.strictObject({
  tenant: z.string().min(1).max(63),
  amount: z.string(),
  /** Made by the caller, once per intent. */
  key: z.string().min(8, 'must have 8 to 64 characters').max(64, 'must have 8 to 64 characters'),
});

interface BalanceLine {
  readonly tenant: string;
  readonly currency: string;
  readonly balance: string;
  readonly balanceMicros: string;
  readonly held: string;
  readonly creditLimit: string;
  readonly available: string;
  readonly closed: boolean;
}

type Posted = Awaited<ReturnType<CommandParts['post']>>;

export function moneyCommands(parts: CommandParts): Command[] {
  const poster = new Poster(parts);
  return [
    command('balance.list', 'balances.read', z.strictObject({}), (context) =>
      Promise.resolve(balancesIn(parts, context)),
    ),
    command('balance.topup', 'balances.write', input, (context, { tenant, amount, key }) => {
      const micros = readAmount(amount);
      if (micros <= 0n) throw new AppError('MX1502', 'amount: a top-up must be above zero; see balance adjust');
      return poster.post(key, context, { ...common(parts, context, tenant), micros, kind: 'top-up' });
    }),
    command('balance.adjust', 'balances.write', input, (context, { tenant, amount, key }) => {
      if (context.reason === '')
        throw new AppError('MX1502', 'an adjustment needs a reason', { next: 'add --reason TEXT' });
      return poster.post(key, context, {
        ...common(parts, context, tenant),
        micros: readAmount(amount),
        kind: 'adjustment',
      });
    }),
  ];
}

function balancesIn(parts: CommandParts, context: CommandContext): BalanceLine[] {
  const lines: BalanceLine[] = [];
  for (const { id, ref, balance, parent } of parts.directory.tenants.values()) {
    if (parent === undefined || !context.scope.tenantRefs.includes(ref)) continue;
    lines.push({
      tenant: id,
      currency: balance.currency,
      balance: formatMicros(balance.balanceMicros),
      balanceMicros: balance.balanceMicros.toString(),
      held: formatMicros(balance.heldMicros),
      creditLimit: formatMicros(balance.creditLimitMicros),
      available: formatMicros(balance.availableMicros),
      closed: balance.closed,
    });
  }
  return lines;
}

/** A tenant's own balance is its parent's to change, so it must lie strictly below the scope. */
function common(
  parts: CommandParts,
  context: CommandContext,
  id: string,
): Pick<PostingRequest, 'tenant' | 'reason' | 'actor'> {
  const tenant = tenantIn(parts, context, id);
  if (tenant.ref === context.scope.tenantRef && tenant.parent !== undefined) {
    throw new AppError('MX1404', `only the parent of '${id}' may change its balance`);
  }
  return { tenant, reason: context.reason, actor: context.actor };
}

function tenantIn(parts: CommandParts, context: CommandContext, id: string): Tenant {
  for (const tenant of parts.directory.tenants.values()) {
    if (tenant.id === id && context.scope.tenantRefs.includes(tenant.ref)) return tenant;
  }
  throw new AppError('MX1403', `there is no tenant '${id}'`);
}

function readAmount(text: string): bigint {
  const micros = parseMicros(text);
  if (micros === undefined || micros === 0n || micros > BALANCE_MICROS_MAX || micros < -BALANCE_MICROS_MAX) {
    throw new AppError('MX1502', `amount: '${text}' is no amount such as 100.00, exact to a millionth`);
  }
  return micros;
}

/**
 * Posts each key once, over restarts too; a repeat answers as the first, and a key used for something else is refused.
 * Keys are the acting tenant's own.
 */
class Poster {
  readonly #parts: CommandParts;
  /** Postings under way: two askers at once share one. */
  readonly #underWay = new Map<string, { readonly intent: string; readonly posted: Promise<Posted> }>();

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  async post(ownKey: string, context: CommandContext, request: Intent): Promise<Posted> {
    const key = `${context.scope.tenantRef}/${ownKey}`;
    const intent = `${request.kind}/${request.tenant.id}/${request.micros}`;
    const underWay = this.#underWay.get(key);
    if (underWay !== undefined) {
      if (underWay.intent !== intent) throw otherIntent(ownKey);
      return underWay.posted;
    }
    const posted = this.#post(ownKey, key, intent, request);
    this.#underWay.set(key, { intent, posted });
    try {
      return await posted;
    } finally {
      this.#underWay.delete(key);
    }
  }

  async #post(ownKey: string, key: string, intent: string, request: Intent): Promise<Posted> {
    const { post, records, newPostingId } = this.#parts;
    const known = await records.postingKey(key);
    if (known !== undefined && known.intent !== intent) throw otherIntent(ownKey);
    if (known?.isPosted === true)
      return { id: known.postingId, balance: formatMicros(request.tenant.balance.balanceMicros) };
    // Announced, and a crash or a full disk came before the posting: it is made now, under the id announced.
    if (known !== undefined) return post({ ...request, id: known.postingId });
    const id = newPostingId();
    await this.#announce({ key, intent, id }, request);
    return post({ ...request, id });
  }

  /** The record of who wanted it comes first: the journal cannot join SQL's transaction, and an intent moves no money. */
  async #announce(announced: { key: string; intent: string; id: number }, request: Intent): Promise<void> {
    const { tenant, micros, kind, reason, actor } = request;
    const { key, intent, id: postingId } = announced;
    await this.#parts.records.change([{ op: 'posting-key', key, intent, postingId }], {
      atMs: this.#parts.clock.wallMs(),
      actor,
      tenantId: tenant.id,
      permission: 'balances.write',
      command: kind === 'top-up' ? 'balance.topup' : 'balance.adjust',
      reason,
      detail: JSON.stringify({ tenant: tenant.id, amount: formatMicros(micros), currency: tenant.currency, postingId }),
    });
  }
}

type Intent = Omit<PostingRequest, 'id'>;

const otherIntent = (key: string): AppError =>
  new AppError('MX1402', `the key '${key}' was used for another posting`, { next: 'make a new key' });
