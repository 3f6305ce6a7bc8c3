// Commands: the one way in which anything is changed or asked, from the admin socket now and over HTTP later.

import type { z } from 'zod';
import { AppError } from '#core';
import { formatPath } from '../config/index.js';
import type { Scope } from '../store/contract.js';

/** Who asks, what they may see and do, and why. */
export interface CommandContext {
  readonly actor: string;
  readonly scope: Scope;
  /** Granted permissions; `*` grants all, `records.*` all that begin so. */
  readonly permissions: readonly string[];
  readonly reason: string;
  /** Says what a long command is at. */
  readonly progress: (text: string) => void;
}

export interface Command {
  readonly name: string;
  readonly permission: string;
  readonly schema: z.ZodType;
  run(context: CommandContext, input: unknown): Promise<unknown>;
}

/** Ties the type of the input to its schema. */
export function command<T>(
  name: string,
  permission: string,
  schema: z.ZodType<T>,
  run: (context: CommandContext, input: T) => Promise<unknown>,
): Command {
  return { name, permission, schema, run: (context, input) => run(context, input as T) };
}

export class CommandRegistry {
  readonly #commands = new Map<string, Command>();

  constructor(commands: readonly Command[]) {
    for (const entry of commands) this.#commands.set(entry.name, entry);
  }

  get names(): readonly string[] {
    return [...this.#commands.keys()].sort();
  }

  /** Checks name, permission and input in this order, then runs. */
  async run(name: string, context: CommandContext, input: unknown): Promise<unknown> {
    const entry = this.#commands.get(name);
    if (entry === undefined) throw new AppError('MX1403', `there is no command '${name}'`);
    if (!isGranted(context.permissions, entry.permission)) {
      throw new AppError('MX1404', `'${name}' needs the permission ${entry.permission}`);
    }
    const parsed = entry.schema.safeParse(input);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      const field = formatPath((issue?.path ?? []).filter((part) => typeof part !== 'symbol'));
      throw new AppError(
        'MX1502',
        `${name}: ${field === '' ? '' : `${field}: `}${issue?.message ?? 'input is not valid'}`,
      );
    }
    return entry.run(context, parsed.data);
  }
}

export function isGranted(granted: readonly string[], permission: string): boolean {
  return granted.some(
    (grant) =>
      grant === '*' || grant === permission || (grant.endsWith('.*') && permission.startsWith(grant.slice(0, -1))),
  );
}
