// Opens the link of an ESME: TCP or TLS, IPv4 or IPv6. A TLS peer must prove who it is unless the operator says otherwise.

import { connect as connectTcp, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';

export interface TlsClientOptions {
  /** PEM of the authorities to believe; the system's when absent. */
  readonly ca?: string | undefined;
  /** Our certificate and key, PEM, for peers that ask. */
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  /** The name on the peer's certificate when it is not the host. */
  readonly servername?: string | undefined;
  /** False accepts any certificate; only for a peer reached over a private line. */
  readonly isVerified?: boolean | undefined;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  /** Own address to connect from. */
  readonly localAddress?: string | undefined;
  readonly tls?: TlsClientOptions | undefined;
}

/** A link being opened. */
export interface ConnectAttempt {
  /** Gives up; `done` is not called any more. */
  abort(): void;
}

/** Connects; `done` is called once, with the ready stream or with why there is none. The caller bounds the wait. */
export function connectSmpp(
  options: ConnectOptions,
  done: (error: Error | undefined, stream: Socket | undefined) => void,
): ConnectAttempt {
  const socket = options.tls === undefined ? openTcp(options) : openTls(options, options.tls);
  let isSettled = false;
  const settle = (error: Error | undefined): void => {
    if (isSettled) return;
    isSettled = true;
    socket.removeListener('error', settle);
    // An error between this moment and the session's own listener must not end the process.
    if (error !== undefined) socket.on('error', ignore);
    done(error, error === undefined ? socket : undefined);
  };
  socket.on('error', settle);
  socket.once(options.tls === undefined ? 'connect' : 'secureConnect', () => settle(undefined));
  socket.once('close', () => settle(new Error('the link closed before it was ready')));
  return {
    abort: () => {
      isSettled = true;
      socket.on('error', ignore);
      socket.destroy();
    },
  };
}

const ignore = (): void => undefined;

function openTcp(options: ConnectOptions): Socket {
  return connectTcp({ ...target(options), noDelay: true });
}

function openTls(options: ConnectOptions, tls: TlsClientOptions): Socket {
  const settings: ConnectionOptions = { ...target(options), rejectUnauthorized: tls.isVerified ?? true };
  // Server name indication takes no addresses (RFC 6066 §3).
  const servername = tls.servername ?? (isIP(options.host) === 0 ? options.host : undefined);
  if (servername !== undefined) settings.servername = servername;
  if (tls.ca !== undefined) settings.ca = tls.ca;
  if (tls.cert !== undefined) settings.cert = tls.cert;
  if (tls.key !== undefined) settings.key = tls.key;
  const socket = connectTls(settings);
  socket.setNoDelay(true);
  return socket;
}

function target(options: ConnectOptions): { host: string; port: number; localAddress?: string } {
  // `[::1]` is how people write an IPv6 host next to a port.
  const host = options.host.startsWith('[') ? options.host.slice(1, -1) : options.host;
  const { port, localAddress } = options;
  return localAddress === undefined ? { host, port } : { host, port, localAddress };
}
