// One framed PDU by its place in a buffer, and the 16 octets of its header (SMPP 3.4 §3.2).

/** Octets of every header: command_length, command_id, command_status, sequence_number. */
export const HEADER_BYTES = 16;

export const readU32 = (buffer: Uint8Array, at: number): number =>
  ((buffer[at]! << 24) | (buffer[at + 1]! << 16) | (buffer[at + 2]! << 8) | buffer[at + 3]!) >>> 0;

export function writeU32(out: Uint8Array, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}

const nothing = Buffer.alloc(0);

/** Reused for every PDU of one session: valid only until the next one is framed. Keep octets by copying them. */
export class PduView {
  buffer: Buffer = nothing;
  start = 0;
  end = 0;
  commandId = 0;
  commandStatus = 0;
  sequenceNumber = 0;

  get bodyStart(): number {
    return this.start + HEADER_BYTES;
  }

  /** Points at a whole PDU and reads its header. The framer has judged the length. */
  point(buffer: Buffer, start: number, end: number): void {
    this.buffer = buffer;
    this.start = start;
    this.end = end;
    this.commandId = readU32(buffer, start + 4);
    this.commandStatus = readU32(buffer, start + 8);
    this.sequenceNumber = readU32(buffer, start + 12);
  }

  /** Lets go of the buffer, so that an idle session does not keep a chunk alive. */
  clear(): void {
    this.buffer = nothing;
    this.start = 0;
    this.end = 0;
  }
}

/** Writes a header with command_length 0, patched by `endPdu`; answers where the body begins. */
export function beginPdu(
  out: Uint8Array,
  at: number,
  commandId: number,
  commandStatus: number,
  sequenceNumber: number,
): number {
  writeU32(out, at, 0);
  writeU32(out, at + 4, commandId);
  writeU32(out, at + 8, commandStatus);
  writeU32(out, at + 12, sequenceNumber);
  return at + HEADER_BYTES;
}

/** Patches the command_length of the PDU that began at `at`; answers `end`. */
export function endPdu(out: Uint8Array, at: number, end: number): number {
  writeU32(out, at, end - at);
  return end;
}
