// A YAML file checked against a schema, with faults that name file, line and field.

import { isMap, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import type { Document, Node } from 'yaml';
import type { ZodType } from 'zod';
import type { $ZodIssue } from 'zod/v4/core';
import { AppError, FILE_ERRORS_MAX } from '#core';
import type { ErrorCode } from '#core';

/** One thing wrong with a file. */
export interface FileFault {
  readonly file: string;
  /** 0 when the fault has no place in the file. */
  readonly line: number;
  /** Path such as `smpp.listeners[0].port`; empty for the file as a whole. */
  readonly field: string;
  readonly message: string;
}

const formatFault = (fault: FileFault): string =>
  [fault.line > 0 ? `${fault.file}:${fault.line}` : fault.file, fault.field, fault.message]
    .filter((part) => part !== '')
    .join(': ');

/** All faults in one error, one line each, the first FILE_ERRORS_MAX of them. */
export function faultsError(code: ErrorCode, faults: readonly FileFault[], next: string): AppError {
  const lines = faults.slice(0, FILE_ERRORS_MAX).map(formatFault);
  if (faults.length > FILE_ERRORS_MAX) lines.push(`and ${faults.length - FILE_ERRORS_MAX} more`);
  return new AppError(code, lines.join('\n'), { next });
}

export type FieldPath = readonly (string | number)[];

/** A parsed YAML text that still knows where everything stood. */
export class YamlFile {
  readonly file: string;
  readonly faults: FileFault[] = [];
  readonly #document: Document.Parsed;
  readonly #lines = new LineCounter();

  constructor(file: string, text: string) {
    this.file = file;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    for (const error of this.#document.errors) {
      this.faults.push({ file, line: this.#lineAt(error.pos[0]), field: '', message: lowerFirst(error.message) });
    }
    keepNumbersAsWritten(this.#document);
  }

  /** The content when it fits the schema; otherwise undefined, and the faults say why. */
  read<T>(schema: ZodType<T>): T | undefined {
    if (this.faults.length > 0) return undefined;
    let content: unknown;
    try {
      // Aliases are resolved up to yaml's own bound, which stops exponential ones.
      content = this.#document.toJS() ?? {};
    } catch (cause) {
      this.fault([], cause instanceof Error ? lowerFirst(cause.message) : 'cannot be read');
      return undefined;
    }
    const result = schema.safeParse(content);
    if (result.success) return result.data;
    for (const issue of result.error.issues) this.#faultsOf(issue);
    return undefined;
  }

  /** Adds a fault found by a check that no schema can make. */
  fault(path: FieldPath, message: string): void {
    this.faults.push({ file: this.file, line: this.lineOf(path), field: formatPath(path), message });
  }

  /** The line of a field, or of the nearest thing around it that is in the file. */
  lineOf(path: FieldPath): number {
    for (let length = path.length; length > 0; length--) {
      const line = this.#lineOfExact(path.slice(0, length));
      if (line > 0) return line;
    }
    return 1;
  }

  /** The line of every field down to this depth, by its path as text. */
  lines(depthMax: number): Record<string, number> {
    const lines: Record<string, number> = {};
    const walk = (node: unknown, path: FieldPath): void => {
      if (path.length >= depthMax) return;
      if (isMap(node)) {
        for (const item of node.items) {
          if (!isScalar(item.key)) continue;
          const inner = [...path, String(item.key.value)];
          lines[formatPath(inner)] = this.#lineOfNode(item.key);
          walk(item.value, inner);
        }
      } else if (isSeq(node)) {
        node.items.forEach((item, at) => {
          lines[formatPath([...path, at])] = this.#lineOfNode(item as Node);
          walk(item, [...path, at]);
        });
      }
    };
    walk(this.#document.contents, []);
    return lines;
  }

  #faultsOf(issue: $ZodIssue): void {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) this.fault([...path, key], 'there is no such setting');
      return;
    }
    this.fault(path, lowerFirst(issue.message));
  }

  #lineOfExact(path: FieldPath): number {
    const parent = path.length === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, -1), true);
    const last = path.at(-1);
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(last));
      return pair === undefined ? 0 : this.#lineOfNode(pair.key as Node);
    }
    const node = this.#document.getIn(path, true) as Node | undefined;
    return node === undefined ? 0 : this.#lineOfNode(node);
  }

  #lineOfNode(node: Node): number {
    return node.range ? this.#lineAt(node.range[0]) : 0;
  }

  #lineAt(offset: number): number {
    return this.#lines.linePos(offset).line;
  }
}

/**
 * `0123`, `1.10` and `393331234567890123` are read by YAML as other numbers than were written; they stay text here, so
 * that telephone numbers and money arrive whole.
 */
function keepNumbersAsWritten(document: Document.Parsed): void {
  visit(document, {
    Scalar(_key, node) {
      const isNumber = typeof node.value === 'number' || typeof node.value === 'bigint';
      if (isNumber && node.source !== undefined && String(node.value) !== node.source) node.value = node.source;
    },
  });
}

export function formatPath(path: FieldPath): string {
  let text = '';
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : text === '' ? part : `.${part}`;
  return text;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
