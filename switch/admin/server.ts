// The admin socket: commands over HTTP on a unix socket that only the switch's own user may open. Answers are lines of
// JSON, so that a long command can say what it is at: {progress} … then {result} or {error}.

import { chmodSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { ADMIN_CLIENTS_MAX, AppError } from '#core';
import type { Logger } from '#core';
import type { CommandRegistry } from '../command/index.js';
import type { Directory } from '../directory/index.js';

/** A provisioning file of YAML_BYTES_MAX as JSON with its line numbers. */
const BODY_BYTES_MAX = 67_108_864;
const HEADERS_TIMEOUT_MS = 10_000;
const BODY_TIMEOUT_MS = 60_000;
/** Unix socket paths end in a fixed-size field (sockaddr_un): 108 octets with its NUL on Linux, 104 elsewhere. */
const SOCKET_PATH_BYTES_MAX = 103;

export interface AdminParts {
  readonly commands: CommandRegistry;
  readonly directory: Directory;
  readonly log: Logger;
}

export interface AdminServer {
  close(): Promise<void>;
}

interface AdminRequest {
  readonly input: unknown;
  readonly actor: string;
  readonly reason: string;
}

export async function openAdminServer(path: string, parts: AdminParts): Promise<AdminServer> {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES_MAX) {
    throw new AppError('MX1202', `the admin socket's path has more than ${SOCKET_PATH_BYTES_MAX} octets: ${path}`, {
      next: 'set adminSocket (MATRIOSKA_ADMIN_SOCKET) to a shorter path',
    });
  }
  await removeStale(path);
  const server = createServer((request, response) => {
    answer(request, response, parts).catch((error: unknown) => {
      parts.log.error({ error }, 'admin request failed');
      response.destroy();
    });
  });
  server.maxConnections = ADMIN_CLIENTS_MAX;
  server.headersTimeout = HEADERS_TIMEOUT_MS;
  server.requestTimeout = BODY_TIMEOUT_MS;
  await listen(server, path);
  let closed: Promise<void> | undefined;
  return { close: () => (closed ??= close(server)) };
}

/** The socket is made with the rights of its owner alone, not narrowed afterwards. */
async function listen(server: Server, path: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // A unix socket is bound within this call, so nothing else is made under this mask.
    const umask = process.umask(0o177);
    server.listen(path, resolve);
    process.umask(umask);
  });
  chmodSync(path, 0o600);
}

async function close(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

/** A crash leaves its socket file; a switch that answers on it does not give it up. */
async function removeStale(path: string): Promise<void> {
  const isAnswered = await new Promise<boolean>((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', () => resolve(false));
  });
  if (isAnswered) {
    throw new AppError('MX1201', `the admin socket ${path} is in use by another switch`, {
      next: 'stop that switch, or give this one a data folder of its own',
    });
  }
  rmSync(path, { force: true });
}

async function answer(request: IncomingMessage, response: ServerResponse, parts: AdminParts): Promise<void> {
  const say = (line: object): void => {
    if (!response.destroyed) response.write(`${JSON.stringify(line, jsonValue)}\n`);
  };
  response.setHeader('content-type', 'application/x-ndjson');
  const name = /^\/commands\/([a-z.-]{1,40})$/.exec(request.url ?? '')?.[1];
  try {
    if (name === undefined || request.method !== 'POST') throw new AppError('MX1403', 'there is nothing at this path');
    const { input, actor, reason } = await readRequest(request);
    const scope = parts.directory.scopeOf(parts.directory.root?.ref ?? 0);
    const progress = (text: string): void => say({ progress: text });
    // Whoever may open the socket is the operator: the file's mode is the check.
    const result = await parts.commands.run(name, { actor, scope, permissions: ['*'], reason, progress }, input);
    say({ result: result ?? null });
  } catch (error) {
    if (error instanceof AppError) say({ error: { code: error.code, message: error.message, next: error.next } });
    else {
      parts.log.error({ error, command: name }, 'command failed');
      const message = error instanceof Error ? error.message : String(error);
      say({ error: { code: 'MX1001', message, next: 'see the log of the switch' } });
    }
  }
  response.end();
}

const jsonValue = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

async function readRequest(request: IncomingMessage): Promise<AdminRequest> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new AppError('MX1502', `the request has more than ${BODY_BYTES_MAX} octets`);
    chunks.push(chunk);
  }
  let body: Partial<Record<keyof AdminRequest, unknown>>;
  try {
    body = JSON.parse(Buffer.concat(chunks).toString('utf8')) as typeof body;
  } catch (cause) {
    throw new AppError('MX1502', 'the request is no JSON', { cause });
  }
  const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 500) : '');
  return { input: body.input ?? {}, actor: text(body.actor) || 'admin socket', reason: text(body.reason) };
}
