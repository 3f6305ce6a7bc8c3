// One batch under construction: octets, how many records, and who wants to be told.

import { JOURNAL_BATCH_BYTES_MAX } from '#core';
import type { DurableTarget } from '../contract.js';
import { BatchHead, RECORD_HEAD_BYTES, RECORD_MAY_FAIL } from './frame.js';

/** Starting size: about 150 messages; larger bursts grow into bigger buffers that are kept. */
const BUFFER_BYTES = 262_144;
/** Buffers kept for reuse: one filling, one in flight, the rest with the projector. */
const BUFFERS_KEPT_MAX = 16;
const NO_BYTES = Buffer.alloc(0);
const NO_VIEW = new DataView(new ArrayBuffer(0));

export class BatchBuffer {
  bytes: Buffer = NO_BYTES;
  view: DataView = NO_VIEW;
  batch = 0;
  /** Where the next record begins. */
  at: number = BatchHead.bytes;
  records = 0;
  mayFailRecords = 0;
  readonly #targets: (DurableTarget | undefined)[] = [];

  get recordBytes(): number {
    return this.at - BatchHead.bytes;
  }

  attach(buffer: ArrayBuffer): void {
    this.bytes = Buffer.from(buffer);
    this.view = new DataView(buffer);
  }

  detach(): ArrayBuffer {
    const buffer = this.bytes.buffer as ArrayBuffer;
    this.bytes = NO_BYTES;
    this.view = NO_VIEW;
    return buffer;
  }

  ended(offset: number, target: DurableTarget | undefined): void {
    if (((this.bytes[this.at] as number) & RECORD_MAY_FAIL) !== 0) this.mayFailRecords++;
    this.#targets[this.records++] = target;
    this.at = offset;
  }

  tellDurable(): void {
    const targets = this.#targets;
    for (let index = 0; index < this.records; index++) {
      const target = targets[index];
      targets[index] = undefined;
      if (target !== undefined) target.durable();
    }
  }

  /** Takes every record out that may fail, closing the gaps; answers their targets. */
  dropMayFail(): DurableTarget[] {
    const refused: DurableTarget[] = [];
    let from: number = BatchHead.bytes;
    let to = from;
    let kept = 0;
    for (let index = 0; index < this.records; index++) {
      const length = RECORD_HEAD_BYTES + this.bytes.readUIntLE(from + 1, 3);
      const target = this.#targets[index];
      if (((this.bytes[from] as number) & RECORD_MAY_FAIL) !== 0) {
        if (target !== undefined) refused.push(target);
      } else {
        this.bytes.copyWithin(to, from, from + length);
        this.#targets[kept++] = target;
        to += length;
      }
      from += length;
    }
    this.#targets.length = kept;
    this.records = kept;
    this.mayFailRecords = 0;
    this.at = to;
    return refused;
  }

  reset(): void {
    this.at = BatchHead.bytes;
    this.records = 0;
    this.mayFailRecords = 0;
    this.#targets.length = 0;
  }
}

/** Buffers and their shells, used again and again. */
export class BatchPool {
  readonly #buffers: ArrayBuffer[] = [];
  readonly #shells: BatchBuffer[] = [];

  take(): BatchBuffer {
    const shell = this.#shells.pop() ?? new BatchBuffer();
    shell.attach(this.#buffers.pop() ?? new ArrayBuffer(BUFFER_BYTES));
    return shell;
  }

  giveShell(shell: BatchBuffer): void {
    shell.reset();
    if (this.#shells.length < BUFFERS_KEPT_MAX) this.#shells.push(shell);
  }

  give(buffer: ArrayBuffer): void {
    if (this.#buffers.length < BUFFERS_KEPT_MAX) this.#buffers.push(buffer);
  }

  /** Moves what the shell holds into a buffer of at least this size. */
  grow(shell: BatchBuffer, bytes: number): void {
    let size = shell.bytes.length;
    while (size < bytes) size *= 2;
    const old = shell.bytes;
    shell.attach(new ArrayBuffer(Math.min(size, JOURNAL_BATCH_BYTES_MAX)));
    old.copy(shell.bytes, 0, 0, shell.at);
  }
}
