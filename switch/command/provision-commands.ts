// Commands that change what is provisioned.

import { z } from 'zod';
import type { DeckMapping } from '#rating';
import type { Kind } from '../directory/index.js';
import { deckMappingSchema, exportYaml } from '../provision/index.js';
import type { ChangeContext } from '../provision/index.js';
import type { CommandParts } from './parts.js';
import { command } from './registry.js';
import type { Command, CommandContext } from './registry.js';

const id = z.string().min(1).max(63);
const document = z.strictObject({
  file: z.string(),
  folder: z.string(),
  content: z.record(z.string(), z.unknown()),
  lines: z.record(z.string(), z.number()),
});

const changing = (context: CommandContext, permission: string, name: string): ChangeContext => ({
  actor: context.actor,
  scope: context.scope,
  permission,
  command: name,
  reason: context.reason,
  progress: context.progress,
});

export function provisionCommands(parts: CommandParts): Command[] {
  const { directory, provisioner } = parts;
  const write = 'provision.write';
  const applyInput = z.strictObject({
    document,
    dryRun: z.boolean().default(false),
    prune: z.boolean().default(false),
  });
  const importInput = z.strictObject({
    id,
    path: z.string().min(1),
    columns: deckMappingSchema.optional(),
    dryRun: z.boolean().default(false),
  });
  return [
    command('apply', write, applyInput, (context, input) =>
      provisioner.apply(input.document, input, changing(context, write, 'apply')),
    ),
    command('export', 'provision.read', z.strictObject({}), (context) =>
      Promise.resolve({ yaml: exportYaml(directory, context.scope) }),
    ),
    command('deck.import', 'decks.write', importInput, (context, input) => {
      const mapping = Object.fromEntries(
        Object.entries(input.columns ?? {}).filter(([, value]) => value !== undefined),
      );
      const source = { path: input.path, mapping: mapping as DeckMapping };
      return provisioner.importDeck(input.id, source, input.dryRun, changing(context, 'decks.write', 'deck.import'));
    }),
    command(
      'deck.rollback',
      'decks.write',
      z.strictObject({ id, version: z.number().int().min(1) }),
      (context, input) =>
        provisioner.rollbackDeck(input.id, input.version, changing(context, 'decks.write', 'deck.rollback')),
    ),
    ...switches(parts, 'trunk'),
    ...switches(parts, 'carrier'),
    ...switches(parts, 'account'),
  ];
}

/** `KIND.enable` and `KIND.disable`. */
function switches(parts: CommandParts, kind: Kind): Command[] {
  return [true, false].map((enabled) => {
    const name = `${kind}.${enabled ? 'enable' : 'disable'}`;
    const permission = `${kind}s.switch`;
    return command(name, permission, z.strictObject({ id }), (context, input) =>
      parts.provisioner.edit(kind, input.id, { enabled }, changing(context, permission, name)),
    );
  });
}
