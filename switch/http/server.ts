// The HTTP listener: /health, /ready and /metrics.

import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';

/** Nothing served here takes a body; what comes with one is cut short. */
const BODY_BYTES_MAX = 1_024;
const REQUEST_TIMEOUT_MS = 10_000;
/** Scrapers and health checks are few; more connections than this are a mistake or an attack. */
const CONNECTIONS_MAX = 256;

/** Whether the switch may be sent traffic, and if not, one sentence why. */
export interface Readiness {
  readonly isReady: boolean;
  readonly why: string;
}

export interface HttpParts {
  readonly readiness: () => Readiness;
  readonly metrics: { readonly contentType: string; exposition(): Promise<string> };
  readonly version: string;
}

export interface HttpServer {
  /** The port, once listening. */
  readonly port: number;
  close(): Promise<void>;
}

/** Listens; rejects with the system's error when it may not (see `listenError` in switch/config). */
export async function openHttpServer(parts: HttpParts, host: string, port: number): Promise<HttpServer> {
  const app = createHttpApp(parts);
  app.server.maxConnections = CONNECTIONS_MAX;
  try {
    await app.listen({ host, port });
  } catch (cause) {
    await app.close();
    throw cause;
  }
  const address = app.server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () => app.close(),
  };
}

/** The routes without a listener. */
export function createHttpApp(parts: HttpParts): FastifyInstance {
  const app = fastify({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    logger: false,
    forceCloseConnections: true,
  });
  // The process runs: whoever restarts it on failure needs no more.
  app.get('/health', () => ({ status: 'ok', version: parts.version }));
  app.get('/ready', (_request, reply) => {
    const { isReady, why } = parts.readiness();
    return reply.code(isReady ? 200 : 503).send({ ready: isReady, why });
  });
  app.get('/metrics', async (_request, reply) => {
    const text = await parts.metrics.exposition();
    return reply.type(parts.metrics.contentType).send(text);
  });
  return app;
}
