// One spelling for an upstream's message id, whether it came in a submit_sm_resp or in a receipt.

/**
 * How an upstream writes its ids. `text`: the same string both times, but for case, blanks and leading zeros.
 * `decimal` and `hex`: numbers, padded or not. The mixed ones write another base in receipts than in responses.
 */
export const ID_BASES = ['text', 'decimal', 'hex', 'hex-resp-decimal-receipt', 'decimal-resp-hex-receipt'] as const;
export type IdBase = (typeof ID_BASES)[number];

const isDecimal = (code: number): boolean => code >= 48 && code <= 57;
const isHex = (code: number): boolean => isDecimal(code) || (code >= 97 && code <= 102);

function isAll(text: string, test: (code: number) => boolean): boolean {
  for (let at = 0; at < text.length; at++) if (!test(text.charCodeAt(at))) return false;
  return text.length > 0;
}

/** Peers that keep ids in fixed-width numbers drop or add zeros at the left. */
function withoutZeros(text: string): string {
  let from = 0;
  while (from < text.length - 1 && text.charCodeAt(from) === 48) from++;
  return from === 0 ? text : text.slice(from);
}

/** For ids without a number's shape, and those not in the base they were said to have. */
function normaliseText(text: string): string {
  return isAll(text, isDecimal) ? withoutZeros(text) : text;
}

/** A hexadecimal number in decimal digits, exactly: ids have up to 64 digits, far more than a double keeps. */
function hexToDecimal(text: string): string {
  return isAll(text, isHex) ? BigInt(`0x${text}`).toString() : normaliseText(text);
}

/** The id as it is kept for matching; `isReceipt`: it came in a receipt. */
export function normaliseUpstreamId(raw: string, base: IdBase, isReceipt: boolean): string {
  // Most ids are plain numbers already in their one spelling.
  if ((base === 'text' || base === 'decimal') && raw.charCodeAt(0) !== 48 && isAll(raw, isDecimal)) return raw;
  const text = raw.trim().toLowerCase();
  switch (base) {
    case 'text':
    case 'decimal':
      return normaliseText(text);
    case 'hex':
      return isAll(text, isHex) ? withoutZeros(text) : text;
    case 'hex-resp-decimal-receipt':
      return isReceipt ? normaliseText(text) : hexToDecimal(text);
    case 'decimal-resp-hex-receipt':
      return isReceipt ? hexToDecimal(text) : normaliseText(text);
  }
}
