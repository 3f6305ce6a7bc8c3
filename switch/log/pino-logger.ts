// Core's Logger on pino: one JSON line per event on stdout or stderr, secrets cut out and numbers masked.

import { pino } from 'pino';
import type { DestinationStream, Logger as PinoLogger } from 'pino';
import { maskNumber } from '#core';
import type { LogFields, Logger } from '#core';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Fields that are never written, wherever they stand. */
const HIDDEN = new Set(['password', 'secret', 'text', 'body', 'key', 'authorization', 'passwordhash', 'keyhash']);
/** Fields that hold a subscriber's number. */
const NUMBERS = new Set(['source', 'destination', 'from', 'to', 'number', 'msisdn', 'sourceaddr', 'destinationaddr']);
/** Fields nested deeper than this are left out: a log line is an event, not a dump. */
const DEPTH_MAX = 4;

export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    messageKey: 'event',
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return new MaskingLogger(destination === undefined ? pino(options) : pino(options, destination));
}

class MaskingLogger implements Logger {
  readonly #pino: PinoLogger;

  constructor(inner: PinoLogger) {
    this.#pino = inner;
  }

  debug(fields: LogFields, event: string): void {
    if (this.#pino.isLevelEnabled('debug')) this.#pino.debug(maskFields(fields), event);
  }

  info(fields: LogFields, event: string): void {
    if (this.#pino.isLevelEnabled('info')) this.#pino.info(maskFields(fields), event);
  }

  warn(fields: LogFields, event: string): void {
    if (this.#pino.isLevelEnabled('warn')) this.#pino.warn(maskFields(fields), event);
  }

  error(fields: LogFields, event: string): void {
    if (this.#pino.isLevelEnabled('error')) this.#pino.error(maskFields(fields), event);
  }

  child(fields: LogFields): Logger {
    return new MaskingLogger(this.#pino.child(maskFields(fields)));
  }
}

/** A copy without secrets and with masked numbers; errors become their name, code and sentence. */
export function maskFields(fields: LogFields): Record<string, unknown> {
  return maskRecord(fields, 0);
}

function maskRecord(fields: Readonly<Record<string, unknown>>, depth: number): Record<string, unknown> {
  const masked: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    const lower = name.toLowerCase();
    if (HIDDEN.has(lower)) masked[name] = '[hidden]';
    else if (NUMBERS.has(lower) && typeof value === 'string') masked[name] = maskAddress(value);
    else masked[name] = maskValue(value, depth);
  }
  return masked;
}

/** Alphanumeric senders are names, not subscribers. */
const maskAddress = (text: string): string => (/^\+?\d/.test(text) ? maskNumber(text) : text);

function maskValue(value: unknown, depth: number): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Error) return maskError(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Buffer.isBuffer(value) || ArrayBuffer.isView(value)) return `[${value.byteLength} octets]`;
  if (depth >= DEPTH_MAX) return '[deep]';
  if (Array.isArray(value)) return value.map((item: unknown) => maskValue(item, depth + 1));
  return maskRecord(value as Record<string, unknown>, depth + 1);
}

function maskError(error: Error): Record<string, unknown> {
  const code = (error as { code?: unknown }).code;
  return { name: error.name, code, message: error.message, stack: error.stack };
}
