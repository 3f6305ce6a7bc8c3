// Money is bigint: rates in 10⁻⁹ of the currency unit (nanos), ledger amounts in 10⁻⁶ (micros). Never a float.

export const MICROS_PER_UNIT = 1_000_000n;
export const NANOS_PER_UNIT = 1_000_000_000n;
export const NANOS_PER_MICRO = 1_000n;

/** Divides rounding away from zero for positive results: up, in the seller's favour. `divisor` must be positive. */
export function divCeil(amount: bigint, divisor: bigint): bigint {
  const quotient = amount / divisor;
  return amount > 0n && quotient * divisor !== amount ? quotient + 1n : quotient;
}

/** Rate to ledger precision, rounded up. */
export const nanosToMicrosCeil = (nanos: bigint): bigint => divCeil(nanos, NANOS_PER_MICRO);

const DECIMAL = /^(-?)(\d{1,12})(?:\.(\d+))?$/;

function parseDecimal(text: string, places: number): bigint | undefined {
  const match = DECIMAL.exec(text.trim());
  if (match === null) return undefined;
  const fraction = match[3] ?? '';
  if (fraction.length > places && /[1-9]/.test(fraction.slice(places))) return undefined;
  const magnitude = BigInt((match[2] ?? '') + fraction.slice(0, places).padEnd(places, '0'));
  return match[1] === '-' ? -magnitude : magnitude;
}

/** Reads a decimal string such as `0.0375` exactly; undefined when it is no number or finer than 10⁻⁹. */
export const parseNanos = (text: string): bigint | undefined => parseDecimal(text, 9);

/** Reads a decimal string such as `100.00` exactly; undefined when it is no number or finer than 10⁻⁶. */
export const parseMicros = (text: string): bigint | undefined => parseDecimal(text, 6);

function formatDecimal(amount: bigint, places: number, keep: number): string {
  const digits = (amount < 0n ? -amount : amount).toString().padStart(places + 1, '0');
  let fraction = digits.slice(-places);
  while (fraction.length > keep && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
  return `${amount < 0n ? '-' : ''}${digits.slice(0, -places)}.${fraction}`;
}

/** `12.34`, `0.037501`: at least two places, no trailing zeros beyond. */
export const formatMicros = (amount: bigint): string => formatDecimal(amount, 6, 2);
export const formatNanos = (amount: bigint): string => formatDecimal(amount, 9, 2);

/** An ISO 4217 code: three upper-case letters. */
export const isCurrency = (text: string): boolean => /^[A-Z]{3}$/.test(text);
