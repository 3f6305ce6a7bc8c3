// Reads the settings: defaults, then the file, then the environment.

import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { AppError } from '#core';
import { ENVIRONMENT, readEnvironment } from './environment.js';
import type { Override } from './environment.js';
import { settingsSchema } from './settings.js';
import type { Settings } from './settings.js';
import { faultsError, formatPath, YamlFile } from './yaml-file.js';
import type { FileFault } from './yaml-file.js';
import { z } from 'zod';

/** A settings file is a page; a megabyte of it is some other file. */
const SETTINGS_BYTES_MAX = 1_048_576;
/** Looked for in the working folder when no file is named. */
const DEFAULT_SETTINGS_FILE = 'matrioska.yaml';

export interface SettingsSource {
  /** Path of the file; undefined: `matrioska.yaml` in the working folder if it is there, else defaults alone. */
  readonly file?: string | undefined;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly workingFolder?: string;
}

/** Settings with absolute paths. MX1101 with one line per fault, or MX1102. */
export function loadSettings(source: SettingsSource = {}): Settings {
  const workingFolder = source.workingFolder ?? process.cwd();
  const path = resolve(workingFolder, source.file ?? DEFAULT_SETTINGS_FILE);
  const text = readText(path, source.file !== undefined);
  const settings = parseSettings(source.file ?? DEFAULT_SETTINGS_FILE, text ?? '', source.environment ?? {});
  return withAbsolutePaths(settings, text === undefined ? workingFolder : dirname(path));
}

function readText(path: string, mustExist: boolean): string | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !mustExist) return undefined;
    const why =
      code === 'ENOENT' ? 'does not exist' : code === 'EACCES' ? 'may not be read by this user' : 'cannot be read';
    throw new AppError('MX1102', `the configuration file ${path} ${why}`, {
      cause,
      next: 'name another with --config, or write one: matrioska config --defaults > matrioska.yaml',
    });
  }
  if (bytes.length > SETTINGS_BYTES_MAX) {
    throw new AppError('MX1102', `the configuration file ${path} has more than ${SETTINGS_BYTES_MAX} octets`);
  }
  return bytes.toString('utf8');
}

/** Settings as written, paths untouched. */
export function parseSettings(
  file: string,
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): Settings {
  const yaml = new YamlFile(file, text);
  const faults: FileFault[] = [];
  const overrides = readEnvironment(environment, faults);
  const content = yaml.read(z.record(z.string(), z.unknown(), { error: 'must be a list of settings' }));
  // The file is judged by itself first, so that its faults name its lines.
  const settings = content === undefined ? undefined : yaml.read(settingsSchema);
  faults.unshift(...yaml.faults);
  if (settings !== undefined && content !== undefined) {
    for (const override of overrides) setAt(content, override);
    const merged = settingsSchema.safeParse(content);
    if (merged.success && faults.length === 0) return merged.data;
    for (const issue of merged.error?.issues ?? []) {
      const field = formatPath(issue.path.filter((part) => typeof part !== 'symbol'));
      const variable = overrides.find((override) => formatPath(override.path) === field)?.name ?? field;
      faults.push({ file: ENVIRONMENT, line: 0, field: variable, message: issue.message });
    }
  }
  throw faultsError('MX1101', faults, 'correct the lines above, then try: matrioska check');
}

function setAt(content: Record<string, unknown>, { path, value }: Override): void {
  let at: unknown = content;
  path.forEach((part, step) => {
    const holder = at as Record<string | number, unknown>;
    if (step === path.length - 1) holder[part] = value;
    else at = holder[part] ??= typeof path[step + 1] === 'number' ? [] : {};
  });
}

function withAbsolutePaths(settings: Settings, folder: string): Settings {
  const dataFolder = resolve(folder, settings.dataFolder);
  const inData = (path: string, name: string): string =>
    path === '' ? resolve(dataFolder, name) : resolve(folder, path);
  const listeners = settings.smpp.listeners.map((listener) =>
    listener.tls === undefined
      ? listener
      : { ...listener, tls: { cert: resolve(folder, listener.tls.cert), key: resolve(folder, listener.tls.key) } },
  );
  return {
    ...settings,
    dataFolder,
    keyFile: inData(settings.keyFile, 'key'),
    adminSocket: inData(settings.adminSocket, 'admin.sock'),
    smpp: { ...settings.smpp, listeners },
  };
}
