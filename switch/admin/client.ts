// Asks the running switch to run a command.

import { request } from 'node:http';
import { createInterface } from 'node:readline';
import { AppError, errorCodes } from '#core';
import type { ErrorCode } from '#core';

export interface AdminCall {
  readonly command: string;
  readonly input: unknown;
  readonly actor: string;
  readonly reason: string;
  readonly progress?: (text: string) => void;
}

interface AnswerLine {
  readonly progress?: string;
  readonly result?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly next?: string };
}

/** The command's result; its own error as an AppError with the same code; MX1501 when nobody answers. */
export function callAdmin(socketPath: string, call: AdminCall): Promise<unknown> {
  const body = JSON.stringify({ input: call.input, actor: call.actor, reason: call.reason });
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath, method: 'POST', path: `/commands/${call.command}` }, (response) => {
      let last: AnswerLine | undefined;
      const lines = createInterface({ input: response });
      lines.on('line', (line) => {
        const parsed = readLine(line);
        if (parsed?.progress !== undefined) call.progress?.(parsed.progress);
        else if (parsed !== undefined) last = parsed;
      });
      // Ends also when the switch dies in between: then there is no last line.
      lines.on('close', () => {
        if (last?.error !== undefined) reject(errorOf(last.error));
        else if (last === undefined) reject(brokenOff());
        else resolve(last.result);
      });
      // readline hands errors of its input on; an answer cut short ends like one without a last line.
      lines.on('error', () => lines.close());
      response.on('error', () => lines.close());
    });
    asked.on('error', (cause: NodeJS.ErrnoException) => reject(notRunning(socketPath, cause)));
    asked.end(body);
  });
}

function readLine(line: string): AnswerLine | undefined {
  try {
    return JSON.parse(line) as AnswerLine;
  } catch {
    return undefined;
  }
}

function errorOf(error: NonNullable<AnswerLine['error']>): AppError {
  const code: ErrorCode = error.code in errorCodes ? (error.code as ErrorCode) : 'MX1001';
  return new AppError(code, error.message, error.next === undefined ? {} : { next: error.next });
}

const brokenOff = (): AppError =>
  new AppError('MX1501', 'the switch broke off before the command was done', {
    next: 'look at its log; ask again before repeating the command',
  });

function notRunning(socketPath: string, cause: NodeJS.ErrnoException): AppError {
  if (cause.code === 'EACCES' || cause.code === 'EPERM') {
    return new AppError('MX1404', `this user may not open the admin socket ${socketPath}`, {
      cause,
      next: 'run the command as the user that runs the switch',
    });
  }
  if (cause.code === 'ENOENT' || cause.code === 'ECONNREFUSED') {
    return new AppError('MX1501', `no switch answers on ${socketPath}`, {
      cause,
      next: 'start it with "matrioska start", or name its configuration with --config',
    });
  }
  return brokenOff();
}
