// Commands that need no running switch.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { AppError } from '#core';
import { DEFAULT_SETTINGS_TEXT } from '../config/index.js';
import { restoreBackup } from '../store/index.js';
import { usage } from './arguments.js';
import type { CliCommand } from './command.js';
import { word } from './command.js';

const check: CliCommand = {
  name: 'check',
  takes: '',
  help: 'read the settings and say whether they are good',
  options: {},
  wordsMax: 0,
  run(context) {
    const settings = context.settings();
    context.show({ ok: true, settings }, () => `good: data in ${settings.dataFolder}, ${listeners(settings)}`);
    return Promise.resolve(undefined);
  },
};

const listeners = (settings: { smpp: { listeners: readonly { host: string; port: number }[] } }): string =>
  settings.smpp.listeners.map(({ host, port }) => `SMPP on ${host}:${port}`).join(', ');

const config: CliCommand = {
  name: 'config',
  takes: '--defaults',
  help: 'print every setting with its default and meaning',
  options: { defaults: { type: 'boolean', help: 'the defaults, as a commented file' } },
  wordsMax: 0,
  run({ args, terminal }) {
    if (!args.flag('defaults')) throw usage('config needs --defaults');
    terminal.out(DEFAULT_SETTINGS_TEXT.trimEnd());
    return Promise.resolve(undefined);
  },
};

const restore: CliCommand = {
  name: 'restore',
  takes: 'BACKUP FOLDER',
  help: 'check a backup and copy it into an empty data FOLDER; the switch must not run there',
  options: {},
  wordsMax: 2,
  run(context) {
    const backup = resolve(word(context.args, 0, 'BACKUP'));
    const folder = resolve(word(context.args, 1, 'FOLDER'));
    try {
      restoreBackup({ backup, folder });
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError('MX1602', `the backup in ${backup} cannot be restored`, {
        cause,
        next: 'check its path and rights',
      });
    }
    context.show({ backup, folder }, () => `restored to ${folder}; put the key file back there if it lay elsewhere`);
    return Promise.resolve(undefined);
  },
};

const verify: CliCommand = {
  name: 'verify',
  takes: 'BACKUP',
  help: 'prove that a backup is whole, by restoring it into a temporary folder',
  options: {},
  wordsMax: 1,
  run(context) {
    const backup = resolve(word(context.args, 0, 'BACKUP'));
    const folder = mkdtempSync(join(tmpdir(), 'matrioska-verify-'));
    try {
      restoreBackup({ backup, folder });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    context.show({ ok: true, backup }, () => `${backup} is whole`);
    return Promise.resolve(undefined);
  },
};

export const localCommands: readonly CliCommand[] = [check, config, restore, verify];
