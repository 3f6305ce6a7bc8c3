// What a provisioning file may hold, kind by kind. Everything is given by id; what is left out keeps its default.

import { isIP } from 'node:net';
import { z } from 'zod';
import { E164_DIGITS_MAX, isCurrency, parseE164, parseMicros, BALANCE_MICROS_MAX, ALPHANUMERIC_CHARS_MAX } from '#core';
import { isCountry, parseNetwork } from '../directory/index.js';
import { isKey, isKeyHash, isPasswordHash } from '../secrets/index.js';

const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
export const isId = (text: string): boolean => ID.test(text);

/** YAML reads `1.10` and `393331234567` as numbers; ids, numbers and money are text all the same. */
const text = (what: string) =>
  z.union([z.string(), z.number()], { error: `must be ${what}` }).transform((value) => String(value));
const checked = (what: string, holds: (value: string) => boolean) =>
  text(what).refine(holds, { error: `must be ${what}` });

const id = checked('an id: letters, digits, point, dash or underscore, at most 63', isId);
const bool = z.boolean({ error: 'must be true or false' });
const whole = (min: number, max: number) => {
  const error = `must be a whole number from ${min} to ${max}`;
  return z.number({ error }).int({ error }).min(min, { error }).max(max, { error });
};
const oneOf = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` });
const name = text('a name').pipe(z.string().min(1, 'must not be empty').max(120, 'has at most 120 characters'));
const currency = checked('a currency such as EUR (ISO 4217)', isCurrency);
const country = checked('a country such as IT (ISO 3166)', isCountry);
const money = checked('an amount such as 100.00, exact to a millionth', (value) => {
  const micros = parseMicros(value);
  return micros !== undefined && micros >= 0n && micros <= BALANCE_MICROS_MAX;
});

const DAY_SEC = 86_400;

const tenant = z.strictObject({
  parent: id.optional(),
  name: name.optional(),
  currency: currency.optional(),
  plan: id.optional(),
  creditLimit: money.default('0'),
  forbidLoss: bool.default(false),
  enabled: bool.optional(),
});

const column = z.union([z.string().min(1), z.number().int().min(1)], { error: 'must be a column name or number' });
export const deckMappingSchema = z.strictObject({
  prefix: column.optional(),
  price: column.optional(),
  effective: column.optional(),
  delimiter: oneOf([',', ';', '\t', '|']).optional(),
  decimal: oneOf(['.', ',']).optional(),
  header: bool.optional(),
  dateFormat: z.string().max(40).optional(),
  blocked: oneOf(['accept', 'refuse']).optional(),
});

const deck = z.strictObject({
  tenant: id.optional(),
  currency: currency.optional(),
  file: z.string({ error: 'must be a path' }).min(1, 'must not be empty').optional(),
  columns: deckMappingSchema.optional(),
});

const plan = z.strictObject({
  tenant: id.optional(),
  deck: id,
  chargeOn: oneOf(['accepted', 'submitted', 'delivered']).default('submitted'),
  noReceipt: oneOf(['charge', 'release']).default('charge'),
});

const carrier = z.strictObject({
  tenant: id.optional(),
  name: name.optional(),
  country,
  enabled: bool.optional(),
});

const trunk = z.strictObject({
  carrier: id,
  adapter: checked('an adapter such as smpp or loopback', isId),
  options: z.record(z.string(), z.unknown(), { error: 'must hold the settings of the adapter' }).default({}),
  secrets: z
    .record(
      checked('a name', (value) => /^[A-Za-z]{1,40}$/.test(value)),
      text('a secret'),
    )
    .default({}),
  deck: id.optional(),
  receipts: oneOf(['asked', 'always']).default('always'),
  receiptTimeoutSec: whole(1, 30 * DAY_SEC).default(3 * DAY_SEC),
  enabled: bool.optional(),
});

const network = checked(
  'an address or network such as 192.0.2.0/24',
  (value) => isIP(value) > 0 || parseNetwork(value) !== undefined,
);

/** Octets, because that is what the wire counts. */
const octets = (max: number, clause: string) =>
  text('text').refine((value) => value !== '' && Buffer.byteLength(value) <= max, {
    error: `must have 1 to ${max} octets (${clause})`,
  });

const account = z
  .strictObject({
    tenant: id,
    systemId: octets(15, 'SMPP 3.4 §4.1.1').optional(),
    password: octets(8, 'SMPP 3.4 §4.1.1').optional(),
    passwordHash: checked('a hash that `matrioska export` wrote', isPasswordHash).optional(),
    enabled: bool.optional(),
    bindMax: whole(1, 1_000).default(10),
    bindKinds: z
      .array(oneOf(['tx', 'rx', 'trx']))
      .min(1, 'must allow at least one kind')
      .max(3)
      .default(['tx', 'rx', 'trx']),
    windowMax: whole(1, 10_000).default(100),
    segmentsPerSec: whole(1, 1_000_000).default(100),
    burstSegments: whole(1, 1_000_000).optional(),
    allowFrom: z.array(network).max(1_000).default([]),
    validityMaxSec: whole(60, 30 * DAY_SEC).default(3 * DAY_SEC),
    validityDefaultSec: whole(60, 30 * DAY_SEC).default(DAY_SEC),
    receiptRetentionSec: whole(60, 30 * DAY_SEC).default(3 * DAY_SEC),
  })
  .refine((value) => value.password === undefined || value.passwordHash === undefined, {
    error: 'give either password or passwordHash',
    path: ['passwordHash'],
  })
  .refine((value) => value.validityDefaultSec <= value.validityMaxSec, {
    error: 'must not exceed validityMaxSec',
    path: ['validityDefaultSec'],
  });

const isNumber = (value: string): boolean => parseE164(value) === value;
const DIGITS = /^\d+$/;

const resource = z
  .strictObject({
    tenant: id,
    type: oneOf(['number', 'short-code', 'alphanumeric', 'number-range']),
    value: text('a number or a name'),
    countries: z
      .array(z.union([z.literal('*'), country], { error: 'must be a country such as IT (ISO 3166) or *' }))
      .min(1, 'must name at least one')
      .max(300)
      .optional(),
    account: id.optional(),
  })
  .superRefine((value, context) => {
    const why = resourceFault(value.type, value.value);
    if (why !== undefined) context.addIssue({ code: 'custom', path: ['value'], message: why });
    if ((value.type === 'alphanumeric') !== (value.countries !== undefined)) {
      const message =
        value.type === 'alphanumeric' ? 'must say where it is registered' : 'only concern alphanumeric senders';
      context.addIssue({ code: 'custom', path: ['countries'], message });
    }
  });

function resourceFault(type: string, value: string): string | undefined {
  switch (type) {
    case 'number':
      return isNumber(value) ? undefined : 'must be an international number, digits only, country code first';
    case 'number-range':
      return DIGITS.test(value) && value.length >= 3 && value.length < E164_DIGITS_MAX && !value.startsWith('0')
        ? undefined
        : 'must be the first 3 to 14 digits of international numbers';
    case 'short-code':
      return DIGITS.test(value) && value.length >= 2 && value.length <= 8 ? undefined : 'must have 2 to 8 digits';
    default:
      return value !== '' && Buffer.byteLength(value) <= ALPHANUMERIC_CHARS_MAX && !DIGITS.test(value)
        ? undefined
        : `must have 1 to ${ALPHANUMERIC_CHARS_MAX} characters and not digits alone`;
  }
}

export const PERMISSION = /^(\*|[a-z]+(\.[a-z-]+)*(\.\*)?)$/;

const key = z
  .strictObject({
    tenant: id,
    name: name.optional(),
    key: z.string().refine(isKey, { error: 'must be a key that the switch made (mxk_…)' }).optional(),
    keyHash: z.string().refine(isKeyHash, { error: 'must be a hash that `matrioska export` wrote' }).optional(),
    permissions: z
      .array(z.string().regex(PERMISSION, 'must be a permission such as messages.send'))
      .max(100)
      .default([]),
    enabled: bool.optional(),
  })
  .refine((value) => value.key === undefined || value.keyHash === undefined, {
    error: 'give either key or keyHash',
    path: ['keyHash'],
  });

const byId = <T extends z.ZodType>(schema: T) =>
  z.record(z.string().refine(isId, { error: 'is no id' }), schema, { error: 'must be a list of ids' }).default({});

export const fileSchema = z.strictObject({
  tenants: byId(tenant),
  decks: byId(deck),
  plans: byId(plan),
  carriers: byId(carrier),
  trunks: byId(trunk),
  accounts: byId(account),
  resources: byId(resource),
  keys: byId(key),
});

export type ProvisionFile = z.infer<typeof fileSchema>;
export type TenantInput = z.infer<typeof tenant>;
export type DeckInput = z.infer<typeof deck>;
export type TrunkInput = z.infer<typeof trunk>;
export type AccountInput = z.infer<typeof account>;
export type KeyInput = z.infer<typeof key>;

/** The file's word for each kind. */
export const SECTIONS = {
  tenant: 'tenants',
  deck: 'decks',
  plan: 'plans',
  carrier: 'carriers',
  trunk: 'trunks',
  account: 'accounts',
  resource: 'resources',
  key: 'keys',
} as const;
