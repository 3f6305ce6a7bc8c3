// What the program says about itself: events with fields. No password, no message text, no full number ever.

export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  debug(fields: LogFields, event: string): void;
  info(fields: LogFields, event: string): void;
  warn(fields: LogFields, event: string): void;
  error(fields: LogFields, event: string): void;
  child(fields: LogFields): Logger;
}

/** Says nothing. For tests and benches. */
export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => silentLogger,
};

/** Keeps the first digits, which tell country and network, and hides the subscriber: `39333***`. */
export function maskNumber(text: string): string {
  return text.length <= 4 ? '***' : `${text.slice(0, Math.min(5, text.length - 4))}***`;
}
