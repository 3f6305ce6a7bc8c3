// What the main thread and the store's two kinds of threads say to each other.

import type { MessagePort } from 'node:worker_threads';
import type { ErrorCode } from '#core';
import type { AuditEntry, ProvisionChange } from '../contract.js';

export interface StoreThreadSetup {
  readonly folder: string;
  readonly node: number;
}

/** A closed segment on disk and the last batch in it. */
export interface ClosedSegment {
  readonly segment: number;
  readonly lastBatch: number;
}

export interface JournalThreadSetup {
  readonly folder: string;
  readonly node: number;
  readonly segmentBytes: number;
  /** The number of the first segment to write. */
  readonly nextSegment: number;
  readonly closed: readonly ClosedSegment[];
  /** To the store thread. */
  readonly projector: MessagePort;
}

/** Main thread → journal thread, which writes and syncs and does nothing else. */
export type JournalRequest =
  | {
      readonly op: 'commit';
      readonly batch: number;
      readonly buffer: ArrayBuffer;
      readonly bytes: number;
      readonly records: number;
    }
  | { readonly op: 'release'; readonly segment: number }
  /** Segments are kept, whatever is released, until the hold ends: a backup copies them. */
  | { readonly op: 'hold'; readonly id: number; readonly isHeld: boolean }
  | { readonly op: 'close'; readonly id: number };

/** Journal thread → main thread. */
export type JournalAnswer =
  | { readonly op: 'committed'; readonly segment: number }
  | { readonly op: 'failed'; readonly buffer: ArrayBuffer; readonly why: string }
  | ThreadAnswer;

/** Journal thread → store thread. */
export type ProjectRequest =
  | { readonly op: 'project'; readonly batch: number; readonly buffer: ArrayBuffer; readonly bytes: number }
  /** No batch follows. */
  | { readonly op: 'end' };

/** Store thread → journal thread: the note that everything up to this batch is synced is itself on the medium. */
export interface ReleasableNote {
  readonly batch: number;
}

/** Main thread → store thread. `id` comes back with the answer. */
export type StoreRequest =
  /** Where durable batches come from. */
  | { readonly op: 'journal'; readonly port: MessagePort }
  /** Answered when everything up to this batch is visible to readers. */
  | { readonly op: 'barrier'; readonly id: number; readonly batch: number }
  | {
      readonly op: 'change';
      readonly id: number;
      readonly changes: readonly ProvisionChange[];
      readonly audit: AuditEntry;
    }
  | { readonly op: 'retain'; readonly id: number; readonly olderThanMs: number }
  /** Answered when what has arrived is projected. */
  | { readonly op: 'drain'; readonly id: number }
  | { readonly op: 'close'; readonly id: number };

/** Store thread → main thread. */
export type StoreAnswer =
  | {
      readonly op: 'ready';
      readonly batch: number;
      readonly nextSegment: number;
      readonly closed: readonly ClosedSegment[];
      readonly projectedBatch: number;
    }
  | { readonly op: 'buffer'; readonly buffer: ArrayBuffer }
  | { readonly op: 'projected'; readonly batch: number }
  | {
      readonly op: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly fields: Record<string, unknown>;
      readonly event: string;
    }
  | ThreadAnswer;

/** The answer to any request with an id. */
export type ThreadAnswer =
  | { readonly op: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly op: 'refused'; readonly id: number; readonly refusal: Refusal };

/** An error in a form that crosses threads with its code. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly next: string | undefined;
}

export interface ReadThreadSetup {
  readonly folder: string;
  /** The report thread also moves the write-ahead logs into the databases. */
  readonly checkpoints: boolean;
}

/** Main thread → read thread. */
export type ReadRequest =
  | { readonly op: 'read'; readonly id: number; readonly name: ReadName; readonly args: readonly unknown[] }
  | { readonly op: 'close'; readonly id: number };

export type ReadName =
  | 'provisioned'
  | 'deckVersions'
  | 'deckVersion'
  | 'postingKey'
  | 'jobRuns'
  | 'audit'
  | 'balances'
  | 'mdr'
  | 'mdrPage'
  | 'spilledImages'
  | 'spilledQueue'
  | 'spilledByUpstreamId'
  | 'spilledDue'
  | 'spilledMessage'
  | 'hasSpilled'
  | 'pendingReceipts'
  | 'pendingReceiptCounts'
  | 'receiptOnDisk'
  | 'backup';
