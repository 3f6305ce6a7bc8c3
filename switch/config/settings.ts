// The settings of one switch process: what they are, their bounds and their defaults.

import { z } from 'zod';
import { NODE_MAX, UNBOUND_CONNECTIONS_MAX } from '#core';
import { LOG_LEVELS } from '../log/index.js';

const whole = (min: number, max: number) =>
  z
    .number({ error: `must be a whole number from ${min} to ${max}` })
    .int(`must be a whole number from ${min} to ${max}`)
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`);

const host = z.string({ error: 'must be an address or a host name' }).min(1, 'must not be empty').max(253);
const path = z.string({ error: 'must be a path' }).max(4_096);
const port = whole(0, 65_535);
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;

const listener = z.strictObject({
  host: host.default('127.0.0.1'),
  port: port.default(2775),
  advertised: z.string().max(260).default(''),
  tls: z.strictObject({ cert: path.min(1), key: path.min(1) }).optional(),
});

const smppDefaults = { listeners: [listener.parse({})] };

export const settingsSchema = z.strictObject({
  node: whole(0, NODE_MAX).default(1),
  dataFolder: path.min(1, 'must not be empty').default('./data'),
  keyFile: path.default(''),
  adminSocket: path.default(''),
  sandbox: z.boolean({ error: 'must be true or false' }).default(true),
  smpp: z
    .strictObject({
      listeners: z.array(listener).min(1, 'needs at least one listener').max(16).default(smppDefaults.listeners),
      systemId: z.string().min(1).max(15, 'has at most 15 octets (SMPP 3.4 §4.1.2)').default('matrioska'),
      unboundConnectionsMax: whole(1, 100_000).default(UNBOUND_CONNECTIONS_MAX),
      connectionsMax: whole(1, 1_000_000).default(20_000),
      initTimeoutMs: whole(SECOND_MS, HOUR_MS).default(10_000),
      responseTimeoutMs: whole(SECOND_MS, HOUR_MS).default(30_000),
      enquireLinkMs: whole(SECOND_MS, HOUR_MS).default(30_000),
      enquireLinkTimeoutMs: whole(SECOND_MS, HOUR_MS).default(10_000),
      inactivityMs: whole(SECOND_MS, 24 * HOUR_MS).default(600_000),
      readStallMs: whole(SECOND_MS, HOUR_MS).default(15_000),
      receiptWindowMax: whole(1, 10_000).default(100),
    })
    .prefault({}),
  http: z
    .strictObject({
      enabled: z.boolean({ error: 'must be true or false' }).default(true),
      host: host.default('127.0.0.1'),
      port: port.default(8080),
    })
    .prefault({}),
  log: z
    .strictObject({ level: z.enum(LOG_LEVELS, { error: `must be one of ${LOG_LEVELS.join(', ')}` }).default('info') })
    .prefault({}),
  drainMs: whole(0, HOUR_MS).default(10_000),
  retentionDays: whole(1, 3_650).default(90),
  pool: z.strictObject({ threads: whole(0, 256).default(0) }).prefault({}),
});

export type Settings = z.infer<typeof settingsSchema>;
export type SmppListenerSettings = Settings['smpp']['listeners'][number];

/** `matrioska config --defaults` prints this; a test holds it equal to the schema's own defaults. */
export const DEFAULT_SETTINGS_TEXT = `# Matrioska: settings of one switch process. Every setting is shown with its default; leave out what you do not change.
# Each single value can also be set in the environment: MATRIOSKA_ and its path in capitals, words parted by _ :
# MATRIOSKA_DATA_FOLDER, MATRIOSKA_HTTP_PORT, MATRIOSKA_LOG_LEVEL, MATRIOSKA_SMPP_ENQUIRE_LINK_MS. MATRIOSKA_SMPP_HOST,
# MATRIOSKA_SMPP_PORT and MATRIOSKA_SMPP_ADVERTISED set the first SMPP listener. The environment wins over this file.

# Number of this node, 0 to 999: the last three digits of every message id it hands out.
node: 1

# Where journal, records, key file and admin socket live. Relative paths start at this file's folder.
dataFolder: ./data

# 32 random octets that encrypt stored upstream passwords; made at the first start. Empty: "key" in the data folder.
keyFile: ''

# Unix socket on which the command line reaches the running switch. Empty: "admin.sock" in the data folder.
adminSocket: ''

# On an empty data folder, start with a sandbox: tenants, an account, simulated carriers, prices, a balance.
sandbox: true

smpp:
  # Where ESMEs bind. Add tls: { cert: FILE, key: FILE } (PEM) to a listener for SMPP over TLS.
  # "advertised" is the host:port that customers are told, where it differs (behind NAT or a balancer).
  # Only this machine can reach 127.0.0.1; use 0.0.0.0 or :: to serve a network.
  listeners:
    - host: 127.0.0.1
      port: 2775
      advertised: ''
  # What the switch calls itself in bind responses.
  systemId: matrioska
  # Connections that have not bound yet, and connections in all.
  unboundConnectionsMax: 1000
  connectionsMax: 20000
  # How long a new connection may take to bind.
  initTimeoutMs: 10000
  # How long a peer may take to answer a request of ours.
  responseTimeoutMs: 30000
  # Ask a silent peer for a sign of life after this long, and close when none comes.
  enquireLinkMs: 30000
  enquireLinkTimeoutMs: 10000
  # Close a session that carried no message for this long.
  inactivityMs: 600000
  # Close a session that leaves a half-sent PDU, or does not read what it is sent, for this long.
  readStallMs: 15000
  # Receipts sent to one bind and not acknowledged yet.
  receiptWindowMax: 100

http:
  # Serves /health, /ready and /metrics.
  enabled: true
  host: 127.0.0.1
  port: 8080

log:
  # debug, info, warn, error or silent.
  level: info

# How long a stop waits for messages in flight.
drainMs: 10000

# Message records older than this are dropped, day by day; their totals are kept.
retentionDays: 90

pool:
  # Threads that compile tables and import decks. 0: one fewer than the machine has cores, at least one.
  threads: 0
`;
