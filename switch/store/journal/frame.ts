// Layout of the journal's files: a head per segment, a frame per batch, a head per record. All numbers little-endian.

import { crc32 } from 'node:zlib';

/** `MXJS` and `MXJB`, read as little-endian numbers. */
const SEGMENT_MAGIC = 0x534a584d;
const BATCH_MAGIC = 0x424a584d;

/** Version of the files' own layout, beside the version of the records inside. */
export const FRAME_VERSION = 1;

/** Segment file head. */
export const SegmentHead = {
  magic: 0, // u32
  frameVersion: 4, // u16
  recordVersion: 6, // u16: JOURNAL_VERSION of its records
  node: 8, // u32
  segment: 12, // u32
  firstBatch: 16, // f64
  crc: 24, // u32 over octets 0 to 23
  bytes: 32,
} as const;

/** Batch frame head; the records follow at once. */
export const BatchHead = {
  magic: 0, // u32
  crc: 4, // u32 over everything behind this field
  batch: 8, // f64
  length: 16, // u32: octets of records
  records: 20, // u32
  atMs: 24, // f64 epoch ms of the commit
  bytes: 32,
} as const;

/** Record head: u8 type, its top bit set when it may be dropped; u24 length of the payload. */
export const RECORD_HEAD_BYTES = 4;
export const RECORD_MAY_FAIL = 0x80;
export const RECORD_BYTES_MAX = 0xff_ff_ff;

export interface SegmentFacts {
  readonly recordVersion: number;
  readonly node: number;
  readonly segment: number;
  readonly firstBatch: number;
}

export function encodeSegmentHead(facts: SegmentFacts): Buffer {
  const head = Buffer.alloc(SegmentHead.bytes);
  head.writeUInt32LE(SEGMENT_MAGIC, SegmentHead.magic);
  head.writeUInt16LE(FRAME_VERSION, SegmentHead.frameVersion);
  head.writeUInt16LE(facts.recordVersion, SegmentHead.recordVersion);
  head.writeUInt32LE(facts.node, SegmentHead.node);
  head.writeUInt32LE(facts.segment, SegmentHead.segment);
  head.writeDoubleLE(facts.firstBatch, SegmentHead.firstBatch);
  head.writeUInt32LE(crc32(head.subarray(0, SegmentHead.crc)), SegmentHead.crc);
  return head;
}

/** What a segment's head says; undefined when the head is torn, `newer` when a later program wrote it. */
export function decodeSegmentHead(bytes: Buffer): SegmentFacts | 'newer' | undefined {
  if (bytes.length < SegmentHead.bytes || bytes.readUInt32LE(SegmentHead.magic) !== SEGMENT_MAGIC) return undefined;
  if (bytes.readUInt32LE(SegmentHead.crc) !== crc32(bytes.subarray(0, SegmentHead.crc))) return undefined;
  if (bytes.readUInt16LE(SegmentHead.frameVersion) > FRAME_VERSION) return 'newer';
  return {
    recordVersion: bytes.readUInt16LE(SegmentHead.recordVersion),
    node: bytes.readUInt32LE(SegmentHead.node),
    segment: bytes.readUInt32LE(SegmentHead.segment),
    firstBatch: bytes.readDoubleLE(SegmentHead.firstBatch),
  };
}

/** Fills the frame head in front of a batch's records: `frame` is head and records, exactly. */
export function sealFrame(frame: Buffer, facts: { batch: number; records: number; atMs: number }): void {
  frame.writeUInt32LE(BATCH_MAGIC, BatchHead.magic);
  frame.writeDoubleLE(facts.batch, BatchHead.batch);
  frame.writeUInt32LE(frame.length - BatchHead.bytes, BatchHead.length);
  frame.writeUInt32LE(facts.records, BatchHead.records);
  frame.writeDoubleLE(facts.atMs, BatchHead.atMs);
  frame.writeUInt32LE(crc32(frame.subarray(BatchHead.batch)), BatchHead.crc);
}

/** Octets of the whole frame at `at`, or 0 when no intact frame stands there. */
export function intactFrameBytes(bytes: Buffer, at: number): number {
  if (at + BatchHead.bytes > bytes.length || bytes.readUInt32LE(at + BatchHead.magic) !== BATCH_MAGIC) return 0;
  const end = at + BatchHead.bytes + bytes.readUInt32LE(at + BatchHead.length);
  if (end > bytes.length) return 0;
  return bytes.readUInt32LE(at + BatchHead.crc) === crc32(bytes.subarray(at + BatchHead.batch, end)) ? end - at : 0;
}

export const frameBatch = (bytes: Buffer, at: number): number => bytes.readDoubleLE(at + BatchHead.batch);

/** Where an intact frame of this batch or a later one begins behind `from`; −1 when there is none. */
export function findLaterFrame(bytes: Buffer, from: number, batchMin: number): number {
  const magic = Buffer.alloc(4);
  magic.writeUInt32LE(BATCH_MAGIC);
  for (let at = bytes.indexOf(magic, from); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    if (intactFrameBytes(bytes, at) > 0 && frameBatch(bytes, at) >= batchMin) return at;
  }
  return -1;
}
