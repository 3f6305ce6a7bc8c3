// What may be done to and asked of a running switch.

import { houseCommands, recordCommands } from './record-commands.js';
import { moneyCommands } from './money-commands.js';
import type { CommandParts } from './parts.js';
import { provisionCommands } from './provision-commands.js';
import { CommandRegistry } from './registry.js';

export type { CommandParts, PostingRequest } from './parts.js';
export { CommandRegistry, isGranted, type CommandContext } from './registry.js';

/** All commands of this version. */
export const createCommands = (parts: CommandParts): CommandRegistry =>
  new CommandRegistry([
    ...provisionCommands(parts),
    ...moneyCommands(parts),
    ...recordCommands(parts),
    ...houseCommands(parts),
  ]);
