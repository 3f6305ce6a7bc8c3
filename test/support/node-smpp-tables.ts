// node-smpp's own tables as plain maps: an independent opinion on numbers and orders.

import smpp from 'smpp';

interface TheirCommand {
  readonly id: number;
  readonly params?: Readonly<Record<string, unknown>>;
}

const commands = smpp.commands as Readonly<Record<string, TheirCommand>>;

export const commandIds: ReadonlyMap<string, number> = new Map(
  Object.entries(commands).map(([name, command]) => [name, command.id]),
);

export const fieldNames = (command: string): string[] => Object.keys(commands[command]?.params ?? {});

export const tlvTags: ReadonlyMap<string, number> = new Map(
  Object.entries(smpp.tlvs as Readonly<Record<string, { readonly id: number }>>).map(([name, tlv]) => [name, tlv.id]),
);
