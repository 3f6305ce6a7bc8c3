// Small writers and readers of the journal's strings and numbers. Little-endian, latin1, no allocation on writing.

/** Writes a u8 length and the text (at most 255 octets); answers the offset behind it. */
export function putText(buffer: Buffer, at: number, text: string): number {
  const length = text.length > 255 ? 255 : text.length;
  buffer[at] = length;
  // Short ASCII: a loop beats the call into native code.
  for (let i = 0; i < length; i++) buffer[at + 1 + i] = text.charCodeAt(i);
  return at + 1 + length;
}

/** The text written by `putText` at this offset. */
export function getText(buffer: Buffer, at: number): string {
  return buffer.latin1Slice(at + 1, at + 1 + (buffer[at] as number));
}

/** The offset behind the text at `at`. */
export const skipText = (buffer: Buffer, at: number): number => at + 1 + (buffer[at] as number);

/** Below this a loop beats the call that copies memory. */
const LOOP_OCTETS_MAX = 256;

/** Copies octets between buffers; answers the offset behind them. */
export function copyOctets(from: Buffer, start: number, end: number, to: Buffer, at: number): number {
  if (end - start > LOOP_OCTETS_MAX) from.copy(to, at, start, end);
  else for (let i = start; i < end; i++) to[at + i - start] = from[i] as number;
  return at + end - start;
}
