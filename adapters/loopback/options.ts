// A simulated carrier, as the operator describes it.

import { z } from 'zod';
import { AppError } from '#core';
import { optionFaults } from '../option-faults.js';

const rate = (): z.ZodNumber =>
  z
    .number({ error: 'must be a number from 0 to 1' })
    .min(0, 'must be a number from 0 to 1')
    .max(1, 'must be a number from 0 to 1');

const whole = (min: number, max: number): z.ZodNumber =>
  z
    .number({ error: `must be a whole number from ${min} to ${max}` })
    .int(`must be a whole number from ${min} to ${max}`)
    .min(min, `must be a whole number from ${min} to ${max}`)
    .max(max, `must be a whole number from ${min} to ${max}`);

const DAY_MS = 86_400_000;

const schema = z.strictObject(
  {
    /** From submit to the carrier's answer, and how much chance may add. */
    delayMs: whole(0, DAY_MS).default(20),
    delayJitterMs: whole(0, DAY_MS).default(10),
    /** From the answer to the receipt. */
    receiptDelayMs: whole(0, DAY_MS).default(1_000),
    receiptJitterMs: whole(0, DAY_MS).default(1_000),
    /** Of the messages taken, those delivered; the rest end undeliverable, and a few expire. */
    deliveryRate: rate().default(1),
    /** Of all messages, those refused for good by this carrier (ESME_RSUBMITFAIL). */
    refuseRate: rate().default(0),
    /** Those told to come back (ESME_RTHROTTLED). */
    throttleRate: rate().default(0),
    /** Those never answered; the window slot comes back after answerTimeoutMs. */
    silenceRate: rate().default(0),
    answerTimeoutMs: whole(1, DAY_MS).default(10_000),
    /** Receipts that beat the answer. */
    earlyReceiptRate: rate().default(0),
    /** Answers leave when they are ready, not in the order of the messages. */
    outOfOrder: z.boolean({ error: 'must be true or false' }).default(false),
    /** A receipt that was not acknowledged comes again after this. */
    receiptResendMs: whole(10, DAY_MS).default(30_000),
    /** Receipts not acknowledged yet; above this the carrier takes no message. */
    receiptsMax: whole(1, 1_000_000).default(100_000),
    window: whole(1, 100_000).default(1_000),
    tps: whole(0, 1_000_000).default(0),
    /** Replies that recipients send back, per message delivered. */
    replyRate: rate().default(0),
  },
  { error: 'must be an object of trunk options' },
);

export type LoopbackOptions = z.output<typeof schema>;

/** Reads options; answers one sentence per fault. What it answers may be read again. */
export function parseLoopbackOptions(
  raw: unknown,
): { ok: true; value: LoopbackOptions } | { ok: false; why: readonly string[] } {
  const parsed = schema.safeParse(raw);
  if (!parsed.success) return { ok: false, why: optionFaults(parsed.error) };
  const { refuseRate, throttleRate, silenceRate } = parsed.data;
  if (refuseRate + throttleRate + silenceRate > 1) {
    return { ok: false, why: ['refuseRate, throttleRate and silenceRate: must not add up to more than 1'] };
  }
  return { ok: true, value: parsed.data };
}

/** Options that were checked before; anything else is our own fault. */
export function validOptions(trunkId: string, raw: unknown): LoopbackOptions {
  const parsed = parseLoopbackOptions(raw);
  if (!parsed.ok) throw new AppError('MX1402', `options of trunk ${trunkId} are not valid: ${parsed.why.join('; ')}`);
  return parsed.value;
}
