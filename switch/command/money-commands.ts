// Commands about balances. A posting is durable in the journal before the command ends, and its key makes a second try
// harmless.

import { z } from 'zod';
import { AppError, BALANCE_MICROS_MAX, formatMicros, parseMicros } from '#core';
import type { Tenant } from '../directory/index.js';
import type { CommandParts, PostingRequest } from './parts.js';
import { command } from './registry.js';
import type { Command, CommandContext } from './registry.js';

/** Keys remembered, so that a repeated command answers as the first did. */
const KEYS_MAX = 10_000;

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
      return poster.post(key, { ...common(parts, context, tenant), micros, kind: 'top-up' });
    }),
    command('balance.adjust', 'balances.write', input, (context, { tenant, amount, key }) => {
      if (context.reason === '')
        throw new AppError('MX1502', 'an adjustment needs a reason', { next: 'add --reason TEXT' });
      return poster.post(key, { ...common(parts, context, tenant), micros: readAmount(amount), kind: 'adjustment' });
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

/** Posts each key once; a repeat answers as the first, and a key used for something else is refused. */
class Poster {
  readonly #parts: CommandParts;
  readonly #known = new Map<string, { readonly intent: string; readonly posted: Promise<Posted> }>();

  constructor(parts: CommandParts) {
    this.#parts = parts;
  }

  async post(key: string, request: PostingRequest): Promise<Posted> {
    const intent = `${request.kind}/${request.tenant.id}/${request.micros}`;
    const known = this.#known.get(key);
    if (known !== undefined) {
      if (known.intent === intent) return known.posted;
      throw new AppError('MX1402', `the key '${key}' was used for another posting`, { next: 'make a new key' });
    }
    const posted = this.#post(request);
    this.#known.set(key, { intent, posted });
    if (this.#known.size > KEYS_MAX) this.#known.delete(this.#known.keys().next().value ?? '');
    try {
      return await posted;
    } catch (error) {
      // It did not happen, so the key may be tried again.
      this.#known.delete(key);
      throw error;
    }
  }

  async #post(request: PostingRequest): Promise<Posted> {
    const { tenant, micros, kind, reason, actor } = request;
    // The record of who wanted it comes first: a posting without one must never exist. The journal cannot join SQL's
    // transaction, so a crash in between leaves an intent without a posting, which moves no money.
    await this.#parts.records.change([], {
      atMs: this.#parts.clock.wallMs(),
      actor,
      tenantId: tenant.id,
      permission: 'balances.write',
      command: kind === 'top-up' ? 'balance.topup' : 'balance.adjust',
      reason,
      detail: JSON.stringify({ tenant: tenant.id, amount: formatMicros(micros), currency: tenant.currency }),
    });
    return this.#parts.post(request);
  }
}
