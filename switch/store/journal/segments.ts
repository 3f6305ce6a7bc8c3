// The journal's segment files as the journal thread writes them: batch after batch, one write and one sync each.

import { JOURNAL_VERSION } from '../../message/journal-records.js';
import { failpoint, failpointsArmed } from '../../failpoints.js';
import { SegmentHead, encodeSegmentHead } from './frame.js';
import type { JournalFile, JournalFiles } from './files.js';

export const segmentName = (segment: number): string => `${String(segment).padStart(10, '0')}.seg`;
const SEGMENT_NAME = /^(\d{10})\.seg$/;
const SPARE_NAME = /^spare-\d+\.tmp$/;

/** Released files kept for reuse: their blocks are allocated, so a sync has no metadata to write. */
const SPARES_MAX = 3;
/** A fresh file grows by this much ahead of the batches: one metadata commit per step, not per batch. */
const GROW_BYTES = 1 << 20;
const ZEROS = Buffer.alloc(GROW_BYTES);

/** Segment numbers present, ascending. */
export function listSegments(files: JournalFiles): number[] {
  const found: number[] = [];
  for (const name of files.list()) {
    const match = SEGMENT_NAME.exec(name);
    if (match !== null) found.push(Number(match[1]));
  }
  return found.sort((a, b) => a - b);
}

export interface SegmentsOptions {
  readonly files: JournalFiles;
  readonly node: number;
  readonly segmentBytes: number;
  /** The number of the first segment to write: above every one on disk. */
  readonly nextSegment: number;
}

/** Writes frames. After any failure the open file is left behind and the same batch goes to a new one. */
export class Segments {
  readonly #files: JournalFiles;
  readonly #node: number;
  readonly #segmentBytes: number;
  readonly #spares: string[] = [];
  #next: number;
  #file: JournalFile | undefined;
  #segment = 0;
  #at = 0;
  #allocated = 0;
  /** Last batch of each closed segment that is still on disk, oldest first. */
  readonly #closed: { readonly segment: number; readonly lastBatch: number }[] = [];
  #lastBatch = 0;
  #spareSequence = 0;

  constructor(options: SegmentsOptions) {
    this.#files = options.files;
    this.#node = options.node;
    this.#segmentBytes = options.segmentBytes;
    this.#next = options.nextSegment;
    for (const name of options.files.list()) {
      if (SPARE_NAME.test(name)) options.files.remove(name);
    }
  }

  /** The segment that the latest batch went to, or that the first one will go to. */
  get segment(): number {
    return this.#file === undefined ? this.#next : this.#segment;
  }

  /** Told at start of what lies on disk from earlier runs. */
  remember(segment: number, lastBatch: number): void {
    this.#closed.push({ segment, lastBatch });
  }

  /** Writes and syncs one frame. Throws what the disk threw; then nothing of this batch counts as written. */
  append(frame: Buffer, batch: number): void {
    const from = this.#at;
    try {
      if (this.#file === undefined || this.#at + frame.length > this.#segmentBytes) this.#roll(batch);
      const file = this.#file as unknown as JournalFile;
      this.#grow(file, this.#at + frame.length);
      if (failpointsArmed) failpoint('journal.before-write');
      writeFully(file, frame, this.#at);
      if (failpointsArmed) failpoint('journal.after-write');
      file.sync();
      if (failpointsArmed) failpoint('journal.after-sync');
      this.#at += frame.length;
      this.#lastBatch = batch;
    } catch (cause) {
      this.#abandon(from);
      throw cause;
    }
  }

  /** Removes (or keeps as spares) closed segments below `segment` whose batches are all at or below `batch`. */
  release(segment: number, batch: number): number {
    let released = 0;
    for (let first = this.#closed[0]; first !== undefined; first = this.#closed[0]) {
      if (first.segment >= segment || first.lastBatch > batch) break;
      this.#discard(segmentName(first.segment));
      // One by one: an older segment must never come back after a crash while a newer one is gone.
      this.#files.syncFolder();
      this.#closed.shift();
      released++;
    }
    return released;
  }

  /** The oldest segment still on disk. */
  get oldest(): number {
    return this.#closed[0]?.segment ?? this.segment;
  }

  close(): void {
    this.#file?.close();
    this.#file = undefined;
  }

  #discard(name: string): void {
    if (this.#spares.length >= SPARES_MAX) {
      this.#files.remove(name);
      return;
    }
    const spare = `spare-${++this.#spareSequence}.tmp`;
    this.#files.rename(name, spare);
    this.#spares.push(spare);
  }

  #roll(firstBatch: number): void {
    this.#finishFile();
    const segment = this.#next;
    const name = segmentName(segment);
    const spare = this.#spares.pop();
    if (spare !== undefined) this.#files.rename(spare, name);
    const file = this.#files.open(name);
    this.#next = segment + 1;
    this.#file = file;
    this.#segment = segment;
    this.#at = SegmentHead.bytes;
    this.#lastBatch = firstBatch - 1;
    this.#allocated = Math.max(file.size(), SegmentHead.bytes);
    writeFully(file, encodeSegmentHead({ recordVersion: JOURNAL_VERSION, node: this.#node, segment, firstBatch }), 0);
    // Not a batch may be acknowledged before its file is sure to be found again.
    file.sync();
    this.#files.syncFolder();
  }

  #finishFile(): void {
    if (this.#file === undefined) return;
    this.#file.close();
    this.#file = undefined;
    this.#closed.push({ segment: this.#segment, lastBatch: this.#lastBatch });
  }

  #grow(file: JournalFile, needed: number): void {
    while (this.#allocated < needed) {
      const step = Math.min(GROW_BYTES, Math.max(this.#segmentBytes - this.#allocated, needed - this.#allocated));
      const from = this.#allocated;
      let done = 0;
      while (done < step) done += taken(file.write(ZEROS, done, step - done, from + done));
      this.#allocated += step;
    }
  }

  /**
   * After a failed write or sync nobody knows what the medium holds behind the last good batch. The file is cut there
   * if the disk lets us; the reader ignores what stays, because the next segment's head names its first batch.
   */
  #abandon(from: number): void {
    const file = this.#file;
    if (file === undefined) return;
    const isEmpty = this.#at === SegmentHead.bytes;
    attempt(() => file.truncate(isEmpty ? 0 : Math.max(from, SegmentHead.bytes)));
    attempt(() => file.sync());
    if (isEmpty) {
      // It holds no batch: gone if possible, and harmless where it cannot be removed.
      attempt(() => file.close());
      attempt(() => this.#files.remove(segmentName(this.#segment)));
      this.#file = undefined;
      return;
    }
    attempt(() => this.#finishFile());
    this.#file = undefined;
  }
}

function writeFully(file: JournalFile, bytes: Buffer, position: number): void {
  let done = 0;
  while (done < bytes.length) done += taken(file.write(bytes, done, bytes.length - done, position + done));
}

function taken(octets: number): number {
  if (octets <= 0) throw new Error('the disk took no octets');
  return octets;
}

function attempt(step: () => void): void {
  try {
    step();
  } catch {
    // The disk is failing already; the caller has the first error.
  }
}
