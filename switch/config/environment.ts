// Settings from the environment: MATRIOSKA_ and the path of the setting in capitals.

import type { FieldPath, FileFault } from './yaml-file.js';
import { DEFAULT_SETTINGS_TEXT } from './settings.js';
import { parse } from 'yaml';

const PREFIX = 'MATRIOSKA_';
export const ENVIRONMENT = 'environment';

export interface Override {
  readonly name: string;
  readonly path: FieldPath;
  readonly value: string | number | boolean;
}

/** Every single setting by its variable's name, with its default, whose type says how to read the text. */
function knownVariables(): Map<string, { path: FieldPath; example: unknown }> {
  const known = new Map<string, { path: FieldPath; example: unknown }>();
  const walk = (value: unknown, path: (string | number)[]): void => {
    if (typeof value !== 'object' || value === null) {
      known.set(variableName(path), { path, example: value });
      return;
    }
    for (const [name, child] of Object.entries(value)) {
      walk(child, [...path, Array.isArray(value) ? Number(name) : name]);
    }
  };
  walk(parse(DEFAULT_SETTINGS_TEXT), []);
  return known;
}

/** `smpp.listeners[0].port` is MATRIOSKA_SMPP_PORT: the first listener needs no number. */
function variableName(path: FieldPath): string {
  const words = path.filter((part): part is string => typeof part === 'string' && part !== 'listeners');
  return PREFIX + words.map((word) => word.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()).join('_');
}

/**
 * What the environment sets. A variable that begins like a group of settings but names none is a fault: a misspelt
 * port must not pass in silence.
 */
export function readEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  faults: FileFault[],
): Override[] {
  const known = knownVariables();
  const overrides: Override[] = [];
  for (const [name, text] of Object.entries(environment)) {
    if (!name.startsWith(PREFIX) || text === undefined) continue;
    const setting = known.get(name);
    if (setting !== undefined) {
      overrides.push({ name, path: setting.path, value: readValue(text, setting.example) });
    } else if (/^MATRIOSKA_(SMPP|HTTP|LOG|POOL)_/.test(name)) {
      faults.push({ file: ENVIRONMENT, line: 0, field: name, message: 'there is no such setting' });
    }
  }
  return overrides;
}

function readValue(text: string, example: unknown): string | number | boolean {
  if (typeof example === 'number' && /^\d{1,15}$/.test(text)) return Number(text);
  if (typeof example === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}
