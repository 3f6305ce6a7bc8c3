// A trunk to an SMPP upstream, as the operator writes it down.

import { z } from 'zod';
import { AppError } from '#core';
import { optionFaults } from '../option-faults.js';
import { isStatusName } from './status-classes.js';
import { ID_BASES } from './upstream-id.js';

const whole = (min: number, max: number): z.ZodNumber =>
  z
    .number({ error: `must be a whole number from ${min} to ${max}` })
    .int(`must be a whole number from ${min} to ${max}`)
    .min(min, `must be a whole number from ${min} to ${max}`)
    .max(max, `must be a whole number from ${min} to ${max}`);

const octets = (max: number): z.ZodString =>
  z.string({ error: 'must be text' }).max(max, `must have at most ${max} characters`);

const refusal = z.enum(['throttled', 'transient', 'trunk-permanent', 'permanent'], {
  error: 'must be throttled, transient, trunk-permanent or permanent',
});

const statusKey = z.string().refine((key) => isStatusName(key) || /^(0x[0-9a-f]{1,8}|\d{1,10})$/i.test(key));

/** A bad key is reported on the map itself. */
const statusMap = z.record(statusKey, refusal, {
  error: (issue) =>
    issue.code === 'invalid_key'
      ? 'must be the name of a command_status such as ESME_RSUBMITFAIL, or its number'
      : 'must map command_status to a class',
});

const schema = z.strictObject(
  {
    host: z.string({ error: 'must be a host name or address' }).min(1, 'must be a host name or address'),
    port: whole(1, 65_535).default(2775),
    localAddress: z.string().optional(),
    tls: z
      .strictObject({
        /** PEM of the authorities to believe; the system's when absent. */
        ca: z.string().optional(),
        cert: z.string().optional(),
        servername: z.string().optional(),
        /** Only false over a private line: any certificate is then believed. */
        verify: z.boolean().default(true),
      })
      .optional(),
    systemId: octets(15),
    systemType: octets(12).default(''),
    interfaceVersion: z.enum(['3.3', '3.4', '5.0'], { error: 'must be 3.3, 3.4 or 5.0' }).default('3.4'),
    addressTon: whole(0, 255).default(0),
    addressNpi: whole(0, 255).default(0),
    addressRange: octets(40).default(''),
    /** One transceiver bind, or a transmitter and a receiver together. */
    bindMode: z
      .enum(['transceiver', 'transmitter+receiver'], { error: 'must be transceiver or transmitter+receiver' })
      .default('transceiver'),
    /** Binds, or pairs of them, at once. */
    binds: whole(1, 64).default(1),
    /** Unanswered submit_sm per bind. */
    window: whole(1, 100_000).default(100),
    /** Unacknowledged deliver_sm per bind; more are told to come back. */
    peerWindow: whole(1, 100_000).default(1_000),
    /** Messages a second over all binds; 0 means no limit. */
    tps: whole(0, 1_000_000).default(0),
    enquireLinkMs: whole(0, 3_600_000).default(30_000),
    enquireLinkTimeoutMs: whole(100, 600_000).default(10_000),
    responseTimeoutMs: whole(100, 3_600_000).default(30_000),
    /** For the connection, and again for the bind. */
    connectTimeoutMs: whole(100, 600_000).default(10_000),
    reconnectMinMs: whole(10, 600_000).default(1_000),
    reconnectMaxMs: whole(10, 3_600_000).default(60_000),
    /** Pause after ESME_RTHROTTLED or ESME_RMSGQFUL, doubled while they go on. */
    throttlePauseMinMs: whole(10, 600_000).default(250),
    throttlePauseMaxMs: whole(10, 600_000).default(30_000),
    idBase: z.enum(ID_BASES, { error: `must be one of ${ID_BASES.join(', ')}` }).default('text'),
    /** Whether receipted_message_id is written as in receipts' text, or as in responses. */
    receiptTlvId: z
      .enum(['as-receipt', 'as-response'], { error: 'must be as-receipt or as-response' })
      .default('as-receipt'),
    statusClasses: statusMap.default({}),
  },
  { error: 'must be an object of trunk options' },
);

export type SmppTrunkOptions = z.output<typeof schema>;

/** Reads options; answers one sentence per fault. What it answers may be read again. */
export function parseSmppOptions(
  raw: unknown,
): { ok: true; value: SmppTrunkOptions } | { ok: false; why: readonly string[] } {
  const parsed = schema.safeParse(raw);
  if (!parsed.success) return { ok: false, why: optionFaults(parsed.error) };
  const { value, why } = { value: parsed.data, why: [] as string[] };
  if (value.reconnectMaxMs < value.reconnectMinMs) why.push('reconnectMaxMs: must not be below reconnectMinMs');
  if (value.throttlePauseMaxMs < value.throttlePauseMinMs) {
    why.push('throttlePauseMaxMs: must not be below throttlePauseMinMs');
  }
  return why.length === 0 ? { ok: true, value } : { ok: false, why };
}

/** Options that were checked before; anything else is our own fault. */
export function validOptions(trunkId: string, raw: unknown): SmppTrunkOptions {
  const parsed = parseSmppOptions(raw);
  if (!parsed.ok) throw new AppError('MX1402', `options of trunk ${trunkId} are not valid: ${parsed.why.join('; ')}`);
  return parsed.value;
}

/** Settings that a running trunk takes over without touching its binds. */
const LIVE_SETTINGS: ReadonlySet<string> = new Set([
  'window',
  'tps',
  'reconnectMinMs',
  'reconnectMaxMs',
  'throttlePauseMinMs',
  'throttlePauseMaxMs',
  'idBase',
  'receiptTlvId',
  'statusClasses',
]);

/** True when the change needs new binds: where, as whom, how many, or their timers. */
export function needsNewBinds(before: SmppTrunkOptions, after: SmppTrunkOptions): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof SmppTrunkOptions>;
  for (const name of names) {
    if (LIVE_SETTINGS.has(name)) continue;
    if (name === 'tls' ? !isSameTls(before.tls, after.tls) : before[name] !== after[name]) return true;
  }
  return false;
}

function isSameTls(before: SmppTrunkOptions['tls'], after: SmppTrunkOptions['tls']): boolean {
  return (
    (before === undefined) === (after === undefined) &&
    before?.ca === after?.ca &&
    before?.cert === after?.cert &&
    before?.servername === after?.servername &&
    before?.verify === after?.verify
  );
}
