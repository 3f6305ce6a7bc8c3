// 64-bit integers into a view without the slow call: split by a shared scratch, written as two halves.

const scratch = new BigInt64Array(1);
const halves = new Int32Array(scratch.buffer);

/** The same as `view.setBigInt64(at, value, true)`, which engines do not inline. */
export function putBigInt64(view: DataView, at: number, value: bigint): void {
  scratch[0] = value;
  view.setInt32(at, halves[0] as number, true);
  view.setInt32(at + 4, halves[1] as number, true);
}

/** The same as `buffer.readBigInt64LE(at)`. */
export function getBigInt64(buffer: Uint8Array, at: number): bigint {
  halves[0] = octets4(buffer, at);
  halves[1] = octets4(buffer, at + 4);
  return scratch[0] as bigint;
}

const octets4 = (buffer: Uint8Array, at: number): number =>
  (buffer[at] as number) |
  ((buffer[at + 1] as number) << 8) |
  ((buffer[at + 2] as number) << 16) |
  ((buffer[at + 3] as number) << 24);
