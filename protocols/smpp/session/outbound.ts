// What a session has to say: PDUs are written straight into pooled chunks, and a turn's worth leaves in one write.

import type { Duplex } from 'node:stream';

/** SMPP 3.4 §3.2: command_length, command_id, command_status, sequence_number. */
const HEADER_BYTES = 16;
/** One write of a busy session. */
const LARGE_CHUNK_BYTES = 65_536;
/** One write of an idle session: 5,000 binds that answer enquire_link in one turn take 10 MB, not 320. */
const SMALL_CHUNK_BYTES = 2_048;
/** Chunks kept for reuse: 16 MiB and 8 MiB, over all sessions. */
const LARGE_CHUNKS_KEPT = 256;
const SMALL_CHUNKS_KEPT = 4_096;

const NO_OCTETS = Buffer.alloc(0);

/** Octets of one write, from the first PDU put in until the stream has taken them. */
class Chunk {
  readonly buffer: Buffer;
  /** The write callback; made once per chunk, not per write. */
  readonly taken: (error?: Error | null) => void;
  owner: Outbound | undefined;
  used = 0;

  constructor(bytes: number) {
    this.buffer = Buffer.allocUnsafeSlow(bytes);
    this.taken = (error): void => {
      const owner = this.owner;
      const bytesTaken = this.used;
      this.owner = undefined;
      // After an error the kernel may still hold the octets: that chunk is left to the garbage collector.
      if (error === undefined || error === null) release(this);
      owner?.chunkTaken(bytesTaken);
    };
  }
}

const largeChunks: Chunk[] = [];
const smallChunks: Chunk[] = [];

function acquire(bytes: number, owner: Outbound): Chunk {
  let chunk: Chunk | undefined;
  if (bytes <= SMALL_CHUNK_BYTES) chunk = smallChunks.pop() ?? new Chunk(SMALL_CHUNK_BYTES);
  else if (bytes <= LARGE_CHUNK_BYTES) chunk = largeChunks.pop() ?? new Chunk(LARGE_CHUNK_BYTES);
  else chunk = new Chunk(bytes);
  chunk.owner = owner;
  chunk.used = 0;
  return chunk;
}

function release(chunk: Chunk): void {
  const bytes = chunk.buffer.length;
  if (bytes === LARGE_CHUNK_BYTES && largeChunks.length < LARGE_CHUNKS_KEPT) largeChunks.push(chunk);
  else if (bytes === SMALL_CHUNK_BYTES && smallChunks.length < SMALL_CHUNKS_KEPT) smallChunks.push(chunk);
}

/** Sessions that have something to say, process-wide; all of them speak once when the event loop's turn ends. */
let dirty: Outbound[] = [];
let spare: Outbound[] = [];
let isFlushDue = false;

/** Writes what all sessions have put in so far. The event loop calls it once a turn; tests may call it sooner. */
export function flushSessions(): void {
  isFlushDue = false;
  const batch = dirty;
  dirty = spare;
  for (let at = 0; at < batch.length; at++) batch[at]!.flush();
  batch.length = 0;
  spare = batch;
}

/** Told, from the event loop, that the stream has taken octets. */
export interface OutboundOwner {
  outboundTaken(): void;
}

/** One session's way out. */
export class Outbound {
  /** Where the PDU that was begun is written; valid until its `end`. */
  out: Buffer = NO_OCTETS;
  /** Octets put in and not yet taken by the stream. */
  bytes = 0;
  /** Counted for tests and metrics: how well PDUs share writes. */
  writes = 0;
  readonly #stream: Duplex;
  readonly #owner: OutboundOwner;
  #chunk: Chunk | undefined = undefined;
  #isDirty = false;
  #lastWriteBytes = 0;

  constructor(stream: Duplex, owner: OutboundOwner) {
    this.#stream = stream;
    this.#owner = owner;
  }

  /** Writes a header with an open length and answers where the body goes. A PDU begun and not ended is forgotten. */
  begin(commandId: number, commandStatus: number, sequenceNumber: number, bodyBytesMax: number): number {
    const bytes = HEADER_BYTES + bodyBytesMax;
    const chunk = this.#room(bytes);
    const at = chunk.used;
    const out = this.out;
    putUint32(out, at + 4, commandId);
    putUint32(out, at + 8, commandStatus);
    putUint32(out, at + 12, sequenceNumber);
    return at + HEADER_BYTES;
  }

  /** The body ends before `offset`: patches command_length and lets the PDU leave at the end of this turn. */
  end(offset: number): void {
    const chunk = this.#chunk!;
    const bytes = offset - chunk.used;
    putUint32(chunk.buffer, chunk.used, bytes);
    chunk.used = offset;
    this.bytes += bytes;
    if (this.#isDirty) return;
    this.#isDirty = true;
    dirty.push(this);
    if (isFlushDue) return;
    isFlushDue = true;
    setImmediate(flushSessions);
  }

  flush(): void {
    this.#isDirty = false;
    const chunk = this.#chunk;
    if (chunk === undefined || chunk.used === 0) return;
    this.#lastWriteBytes = chunk.used;
    this.#write(chunk);
  }

  /** The stream has taken a chunk. */
  chunkTaken(bytes: number): void {
    this.bytes -= bytes;
    this.#owner.outboundTaken();
  }

  #room(bytes: number): Chunk {
    let chunk = this.#chunk;
    if (chunk === undefined) {
      chunk = acquire(this.#lastWriteBytes > SMALL_CHUNK_BYTES ? LARGE_CHUNK_BYTES : bytes, this);
      // A session's first busy turn meets a small last write; a PDU above the large size gets a chunk of its own.
      if (chunk.buffer.length < bytes) {
        release(chunk);
        chunk = acquire(bytes, this);
      }
    } else if (chunk.used + bytes > chunk.buffer.length) {
      chunk = this.#nextChunk(chunk, bytes);
    } else {
      return chunk;
    }
    this.#chunk = chunk;
    this.out = chunk.buffer;
    return chunk;
  }

  #nextChunk(full: Chunk, bytes: number): Chunk {
    const next = acquire(Math.max(bytes, LARGE_CHUNK_BYTES), this);
    if (full.used + bytes <= next.buffer.length && full.buffer.length === SMALL_CHUNK_BYTES) {
      full.buffer.copy(next.buffer, 0, 0, full.used);
      next.used = full.used;
      full.owner = undefined;
      release(full);
    } else {
      this.#write(full);
    }
    return next;
  }

  #write(chunk: Chunk): void {
    this.#chunk = undefined;
    this.out = NO_OCTETS;
    this.writes++;
    const octets = chunk.used === chunk.buffer.length ? chunk.buffer : chunk.buffer.subarray(0, chunk.used);
    this.#stream.write(octets, chunk.taken);
  }
}

function putUint32(out: Buffer, at: number, value: number): void {
  out[at] = value >>> 24;
  out[at + 1] = value >>> 16;
  out[at + 2] = value >>> 8;
  out[at + 3] = value;
}
