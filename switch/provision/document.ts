// A provisioning file as it travels to the switch: its content, and the line of every field for faults. Whoever sends
// it (the command line) parses it, so that the switch spends no time on YAML.

import { readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '#core';
import { faultsError, formatPath, YamlFile } from '../config/index.js';
import type { FieldPath, FileFault } from '../config/index.js';

/** Octets of one YAML file; decks go into CSV files of their own, which have their own limit. */
const YAML_BYTES_MAX = 16_777_216;
/** Fields deeper than `accounts.ID.allowFrom[0]` share the line of what holds them. */
const LINES_DEPTH_MAX = 4;

export interface ProvisionDocument {
  /** For people: how the file was named. */
  readonly file: string;
  /** Where the relative paths of deck files start. */
  readonly folder: string;
  readonly content: Readonly<Record<string, unknown>>;
  /** Line of each field by its path, such as `accounts.acme.systemId`. */
  readonly lines: Readonly<Record<string, number>>;
}

export function readProvisionFile(path: string): ProvisionDocument {
  let text: string;
  try {
    if (statSync(path).size > YAML_BYTES_MAX) {
      throw new AppError('MX1401', `${path} has more than ${YAML_BYTES_MAX} octets`, {
        next: 'put rate decks into CSV files and name them with file:',
      });
    }
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('MX1401', `${path} cannot be read`, { cause, next: 'check the path and its rights' });
  }
  return parseProvisionText(text, basename(path), dirname(resolve(path)));
}

/** MX1401 when it is no YAML. */
export function parseProvisionText(text: string, file: string, folder: string): ProvisionDocument {
  const yaml = new YamlFile(file, text);
  const content = yaml.read(z.record(z.string(), z.unknown(), { error: 'must hold tenants, decks, plans, …' }));
  if (content === undefined) throw provisionError(yaml.faults);
  return { file, folder, content, lines: yaml.lines(LINES_DEPTH_MAX) };
}

export const provisionError = (faults: readonly FileFault[]): AppError =>
  faultsError('MX1401', faults, 'nothing was changed; correct the lines above and apply again');

/** Collects what is wrong with a document. */
export class DocumentFaults {
  readonly list: FileFault[] = [];
  readonly #document: ProvisionDocument;

  constructor(document: ProvisionDocument) {
    this.#document = document;
  }

  add(path: FieldPath, message: string): void {
    this.list.push({ file: this.#document.file, line: this.#lineOf(path), field: formatPath(path), message });
  }

  addElsewhere(fault: FileFault): void {
    this.list.push(fault);
  }

  throwIfAny(): void {
    if (this.list.length > 0) throw provisionError(this.list);
  }

  #lineOf(path: FieldPath): number {
    for (let length = path.length; length > 0; length--) {
      const line = this.#document.lines[formatPath(path.slice(0, length))];
      if (line !== undefined) return line;
    }
    return 0;
  }
}
