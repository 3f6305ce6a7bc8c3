// Opens the door of a message centre: TCP or TLS, IPv4 or IPv6.

import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { TlsOptions } from 'node:tls';

export interface TlsServerOptions {
  readonly cert: string;
  readonly key: string;
  /** PEM of the authorities for ESMEs' certificates; when given, an ESME without a valid one is not let in. */
  readonly clientCa?: string | undefined;
  /** For the handshake, before the session's own timers begin. */
  readonly handshakeTimeoutMs?: number | undefined;
}

export interface ListenOptions {
  /** `::` takes IPv6 and IPv4. */
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly tls?: TlsServerOptions | undefined;
  /** Connections at once; more are closed by the kernel's hand-over without a word. */
  readonly connectionsMax: number;
}

/** An open door. */
export interface SmppListener {
  readonly server: Server;
  /** Address and port as bound. */
  readonly address: AddressInfo;
  /** Lets nobody in any more; connections that are in stay. */
  close(): Promise<void>;
}

/** Waits for a handshake by default: a slow link needs a few round trips, a scanner gets no more. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Connections the kernel may hold for us during a rebind storm. */
const BACKLOG = 1_024;

/** Listens; `onStream` gets every connection that is ready for a session. Rejects with the system's error. */
export function listenSmpp(options: ListenOptions, onStream: (stream: Socket) => void): Promise<SmppListener> {
  const server = options.tls === undefined ? tcpServer(onStream) : tlsServer(options.tls, onStream);
  server.maxConnections = options.connectionsMax;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: options.host, port: options.port, backlog: BACKLOG }, () => {
      server.removeListener('error', reject);
      // A failed accept (no descriptors left) is the kernel's to retry; it must not end the process.
      server.on('error', () => undefined);
      resolve({ server, address: server.address() as AddressInfo, close: () => closed(server) });
    });
  });
}

function tcpServer(onStream: (stream: Socket) => void): Server {
  return createTcpServer({ noDelay: true }, onStream);
}

function tlsServer(tls: TlsServerOptions, onStream: (stream: Socket) => void): Server {
  const settings: TlsOptions = {
    cert: tls.cert,
    key: tls.key,
    handshakeTimeout: tls.handshakeTimeoutMs ?? HANDSHAKE_TIMEOUT_MS,
  };
  if (tls.clientCa !== undefined) {
    settings.ca = tls.clientCa;
    settings.requestCert = true;
    settings.rejectUnauthorized = true;
  }
  const server = createTlsServer(settings, (socket) => {
    socket.setNoDelay(true);
    onStream(socket);
  });
  // A handshake that fails for its time is reported by Node, and its socket left open.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return server;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}
