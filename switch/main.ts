// The composition root: one running switch from its settings, and its orderly end. The command line starts it.

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { AppError, type Logger, systemClock } from '#core';
import { loopbackAdapterKind } from '#adapters/loopback';
import { smppAdapterKind } from '#adapters/smpp';
import type { TlsServerOptions } from '#smpp';
import { listenError, type Settings, type SmppListenerSettings } from './config/index.js';
import { type HttpServer, openHttpServer } from './http/index.js';
import { PrometheusMetrics } from './metrics/index.js';
import { offerMetrics } from './node-metrics.js';
import { SwitchNode } from './node.js';
import { openTrunkSecret } from './provision/index.js';
import { openKeyFile, SecretBox } from './secrets/index.js';
import type { SmppDoor } from './smpp/server.js';
import { openStore } from './store/index.js';
import { TablesPool } from './tables/index.js';
import type { RecoveryReport } from './message/recovery.js';

export interface Running {
  readonly node: SwitchNode;
  readonly metrics: PrometheusMetrics;
  readonly box: SecretBox;
  readonly recovery: RecoveryReport;
  readonly doors: readonly { readonly host: string; readonly port: number; readonly isTls: boolean }[];
  readonly pool: TablesPool;
  /** 0 when switched off. */
  readonly httpPort: number;
  /** Drains and closes everything; may be called twice. */
  stop(): Promise<void>;
}

/** Opens everything in the order in which it depends on each other; what was open is closed again on a failure. */
export async function startSwitch(settings: Settings, log: Logger, version: string): Promise<Running> {
  const { dataFolder } = settings;
  openFolder(dataFolder);
  const box = new SecretBox(openKeyFile(settings.keyFile === '' ? join(dataFolder, 'key') : settings.keyFile));
  const closers: (() => Promise<void>)[] = [];
  try {
    const store = await openStore({ folder: dataFolder, node: settings.node, log, clock: systemClock });
    closers.push(() => store.close());
    const pool = new TablesPool(settings.pool.threads === 0 ? {} : { threadsMax: settings.pool.threads });
    closers.push(() => pool.close());
    const node = new SwitchNode({
      node: settings.node,
      store,
      pool,
      log,
      kinds: [smppAdapterKind, loopbackAdapterKind],
      smpp: smppOptions(settings),
      secret: (trunk, name) => openTrunkSecret(box, trunk, name),
    });
    const started = await node.start().catch((cause: unknown) => {
      throw isListenFault(cause) ? listenError(cause, describeDoors(settings)) : cause;
    });
    closers.unshift(() => node.stop(0));
    const metrics = new PrometheusMetrics(true);
    offerMetrics(metrics, node);
    const http = await openHttp(settings, node, metrics, version);
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> =>
      (stopped ??= http?.close().then(() => node.stop(settings.drainMs)) ?? node.stop(settings.drainMs));
    return {
      node,
      metrics,
      box,
      pool,
      recovery: started.recovery,
      doors: started.doors,
      httpPort: http?.port ?? 0,
      stop,
    };
  } catch (error) {
    for (const close of closers) await close().catch(() => undefined);
    throw error;
  }
}

async function openHttp(
  settings: Settings,
  node: SwitchNode,
  metrics: PrometheusMetrics,
  version: string,
): Promise<HttpServer | undefined> {
  const { enabled, host, port } = settings.http;
  if (!enabled) return undefined;
  try {
    return await openHttpServer({ readiness: () => node.readiness(), metrics, version }, host, port);
  } catch (cause) {
    throw listenError(cause, `HTTP on ${host}:${port}`);
  }
}

function openFolder(folder: string): void {
  try {
    // Only the switch's own user reads traffic records and keys.
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new AppError('MX1301', `the data folder ${folder} cannot be created`, {
      cause,
      next: 'set dataFolder (MATRIOSKA_DATA_FOLDER) to a folder that this user may write',
    });
  }
}

function smppOptions(settings: Settings): ConstructorParameters<typeof SwitchNode>[0]['smpp'] {
  const { smpp } = settings;
  return {
    doors: smpp.listeners.map(openDoor),
    systemId: smpp.systemId,
    connectionsMax: smpp.connectionsMax,
    initTimeoutMs: smpp.initTimeoutMs,
    enquireLinkMs: smpp.enquireLinkMs,
    enquireLinkTimeoutMs: smpp.enquireLinkTimeoutMs,
    inactivityMs: smpp.inactivityMs,
    responseTimeoutMs: smpp.responseTimeoutMs,
  };
}

function openDoor(listener: SmppListenerSettings): SmppDoor {
  const { host, port, tls } = listener;
  return { host, port, tls: tls === undefined ? undefined : readTls(tls) };
}

function readTls(tls: { readonly cert: string; readonly key: string }): TlsServerOptions {
  const read = (path: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch (cause) {
      throw new AppError('MX1102', `the TLS file ${path} cannot be read`, {
        cause,
        next: existsSync(path)
          ? 'let the switch user read it'
          : `put a PEM file there${isAbsolute(path) ? '' : ', or give its whole path'}`,
      });
    }
  };
  return { cert: read(tls.cert), key: read(tls.key) };
}

const LISTEN_FAULTS = new Set(['EADDRINUSE', 'EACCES', 'EPERM', 'EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN']);
const isListenFault = (cause: unknown): boolean =>
  LISTEN_FAULTS.has((cause as NodeJS.ErrnoException | undefined)?.code ?? '') &&
  (cause as NodeJS.ErrnoException).syscall !== 'open';

const describeDoors = (settings: Settings): string =>
  `SMPP on ${settings.smpp.listeners.map(({ host, port }) => `${host}:${port}`).join(', ')}`;
