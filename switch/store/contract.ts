// The store's two faces: a journal (hot: bytes in, durable out) and records (SQL projections of it, provisioned data).
// One conformance suite runs against every implementation.

import type { Histogram, MessageKey } from '#core';

// ── journal ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** Told when all that it appended is on disk, or that it never will be. Objects, not closures: there are many. */
export interface DurableTarget {
  durable(): void;
  /** The disk refused this record and it is gone: only asked of records appended with `mayFail`. */
  notDurable(): void;
}

/** Types of journal record. Layouts: switch/message/journal-records.ts. Numbers are never reused. */
export const RecordType = {
  /** A message's whole open state: on acceptance, and again when it is spilled. */
  open: 1,
  /** An upstream accepted it. */
  submitted: 2,
  /** An attempt failed; where it goes next. */
  attemptFailed: 3,
  /** A receipt that cannot be matched yet. */
  receiptParked: 4,
  /** A message ended: its MDR, its postings, and the receipt it owes. Self-contained. */
  finish: 5,
  /** The ESME acknowledged the receipt of a finished message. */
  receiptDone: 6,
  /** A balance changed for another reason than a message: top-up, adjustment. */
  posting: 7,
  /** A parked receipt found its message or expired. */
  receiptUnparked: 8,
} as const;
export type RecordType = (typeof RecordType)[keyof typeof RecordType];

export type JournalState = 'ok' | 'failing' | 'closed';

export interface Journal {
  readonly state: JournalState;
  /** Octets appended and not durable yet. */
  readonly pendingBytes: number;
  /** The number of the segment that the next record goes to; grows by one per file. */
  readonly segment: number;
  /** The batch that the next record belongs to; grows by one per commit group, over restarts too. */
  readonly batch: number;
  /**
   * Starts a record and returns where its payload goes in `buffer`; the caller writes at most `bytesMax` octets and
   * then calls `end`. `mayFail`: on a disk error the record is dropped and its target told (new messages); all other
   * records are kept and retried until the disk takes them.
   */
  begin(type: RecordType, bytesMax: number, mayFail?: boolean): number;
  /** The batch buffer; valid between `begin` and `end` only: it changes from batch to batch. */
  readonly buffer: Buffer;
  /** The same octets for numbers (little-endian); changes together with `buffer`. */
  readonly view: DataView;
  /** Ends the record at this offset. `target`, if any, is told once it is durable. */
  end(offset: number, target?: DurableTarget): void;
  /** Bids the journal commit soon: called by it at the end of a turn; tests may call it. */
  flush(): void;
  /** Everything up to this batch is projected to SQL and synced there. */
  readonly projectedBatch: number;
  /** Segments below this number are no longer needed by the open messages; files go once projected too. */
  releaseSegmentsBelow(segment: number): void;
  readonly counters: JournalCounters;
  close(): Promise<void>;
}

export interface JournalCounters {
  records: number;
  bytes: number;
  syncs: number;
  failures: number;
  /** Milliseconds from hand-over to durable, of the latest batches: see Histogram in #core. */
  commitMs: Histogram;
}

/** Heard while a journal is read at start. `payload` is valid during the call only. */
export type ReplayVisitor = (
  type: RecordType,
  buffer: Buffer,
  start: number,
  end: number,
  segment: number,
  batch: number,
) => void;

// ── records: what SQL keeps ─────────────────────────────────────────────────────────────────────────────────────────

/** Who reads: every query is confined to this tenant and those below it. `operator` scope is the root tenant's. */
export interface Scope {
  readonly tenantRef: number;
  /** The tenant and all its descendants, by ref. */
  readonly tenantRefs: readonly number[];
}

/** A row of provisioned data: one tenant, account, trunk, carrier, deck, plan, resource or key. */
export interface ProvisionedRow {
  /** Durable small number, unique over all kinds: what the journal uses. Assigned by the store. */
  readonly ref: number;
  readonly kind: string;
  readonly id: string;
  /** Ref of the owning tenant; 0 for the root tenant's own row. */
  readonly tenantRef: number;
  readonly version: number;
  /** JSON text of the body, secrets already hashed or encrypted. */
  readonly body: string;
}

export type ProvisionChange =
  | { readonly op: 'put'; readonly kind: string; readonly id: string; readonly tenantId: string; readonly body: string }
  | { readonly op: 'delete'; readonly kind: string; readonly id: string }
  /** A new version of a deck: its rows as one packed blob (layout: rating's). */
  | { readonly op: 'deck-version'; readonly id: string; readonly rows: Uint8Array; readonly source: string }
  /** The caller's name for a posting that is about to be made. A key that is known refuses the whole change: MX1402. */
  | { readonly op: 'posting-key'; readonly key: string; readonly intent: string; readonly postingId: number }
  /** A recurring job runs now. */
  | { readonly op: 'job-run'; readonly name: string; readonly atMs: number };

/** Who did what under which permission, and why: one record per command, in the command's transaction. */
export interface AuditEntry {
  readonly atMs: number;
  readonly actor: string;
  readonly tenantId: string;
  readonly permission: string;
  readonly command: string;
  readonly reason: string;
  /** JSON text: what changed, without secrets. */
  readonly detail: string;
}

/** What was announced under a posting's key. */
export interface PostingKeyRow {
  readonly intent: string;
  readonly postingId: number;
  /** The posting itself reached the journal: its balance has moved. */
  readonly isPosted: boolean;
}

export interface BalanceRow {
  readonly tenantRef: number;
  readonly currency: string;
  readonly balanceMicros: bigint;
}

/** Filters of a message-record query; all optional, all bound as parameters. */
export interface MdrQuery {
  readonly accountRef?: number;
  readonly trunkRef?: number;
  readonly state?: number;
  readonly destinationPrefix?: string;
  readonly fromMs?: number;
  readonly toMs?: number;
  /** Continue after this key (keys ascend with time); newest first. */
  readonly beforeKey?: MessageKey;
  readonly limit: number;
}

/** What one bounded look at the message records found. */
export interface MdrPage {
  readonly rows: readonly MdrRow[];
  /** Where to go on (as `beforeKey`) when the time was up before the rows were enough; undefined when all was seen. */
  readonly nextKey: MessageKey | undefined;
}

/** One message's record, as stored. Money per level is in `detail`. */
export interface MdrRow {
  readonly key: MessageKey;
  readonly accountRef: number;
  readonly tenantRef: number;
  readonly trunkRef: number;
  readonly state: number;
  readonly source: string;
  readonly destination: string;
  readonly segments: number;
  readonly acceptedMs: number;
  readonly submittedMs: number;
  readonly doneMs: number;
  readonly upstreamId: string;
  /** Customer's charge in micros of its currency. */
  readonly chargeMicros: bigint;
  /** The rest of the finish record, packed: attempts, decision, levels. Decoded by switch/message/mdr.ts. */
  readonly detail: Uint8Array;
}

/** A message or receipt that waits on disk instead of in memory. */
export interface SpilledRow {
  readonly key: MessageKey;
  /** The payload of its `open` (message) or `finish` (receipt) record. */
  readonly image: Uint8Array;
}

/** Everything asynchronous that the switch asks of SQL. Runs on other threads; never on the path of one event. */
export interface Records {
  provisioned(): Promise<readonly ProvisionedRow[]>;
  deckVersions(): Promise<readonly { readonly id: string; readonly version: number; readonly rows: Uint8Array }[]>;
  /** The packed rows of one version of a deck. */
  deckVersion(id: string, version: number): Promise<Uint8Array | undefined>;
  postingKey(key: string): Promise<PostingKeyRow | undefined>;
  /** When each recurring job last ran. */
  jobRuns(): Promise<readonly { readonly name: string; readonly atMs: number }[]>;
  /** All changes and their audit record in one transaction; answers the rows as they are now. */
  change(changes: readonly ProvisionChange[], audit: AuditEntry): Promise<readonly ProvisionedRow[]>;
  audit(scope: Scope, limit: number): Promise<readonly AuditEntry[]>;
  balances(): Promise<readonly BalanceRow[]>;
  mdr(scope: Scope, key: MessageKey): Promise<MdrRow | undefined>;
  /** As many pages as it takes. */
  mdrs(scope: Scope, query: MdrQuery): Promise<readonly MdrRow[]>;
  /** Looks for at most QUERY_SCAN_MS: filters have no index, and other questions wait behind this one. */
  mdrPage(scope: Scope, query: MdrQuery): Promise<MdrPage>;
  /** Keys and holds of every spilled message, streamed at start to rebuild what is held. */
  spilledHolds(each: (image: Uint8Array) => void): Promise<void>;
  /**
   * Spilled messages waiting for this trunk, oldest first, after `afterKey`. This and the next two see what is
   * projected, which may lag behind what is durable: `journal.projectedBatch` tells how far it is.
   */
  spilledQueue(trunkRef: number, afterKey: MessageKey, limit: number): Promise<readonly SpilledRow[]>;
  /** Spilled messages by upstream id, in batches: one answer per pair, undefined when none. */
  spilledByUpstreamId(
    pairs: readonly { readonly trunkRef: number; readonly upstreamId: string }[],
  ): Promise<readonly (SpilledRow | undefined)[]>;
  /** Spilled messages whose deadline (validity, receipt time-out) lies before `nowMs`. */
  spilledDue(nowMs: number, limit: number): Promise<readonly SpilledRow[]>;
  /** One open (spilled) message by key, for traces. */
  spilledMessage(key: MessageKey): Promise<SpilledRow | undefined>;
  /** Whether any message of this account, or submitted to or waiting for this trunk, is a row. */
  hasSpilled(of: { readonly accountRef: number } | { readonly trunkRef: number }): Promise<boolean>;
  /** Receipts owed to an account that wait on disk, oldest first, after `afterKey`. */
  pendingReceipts(accountRef: number, afterKey: MessageKey, limit: number): Promise<readonly SpilledRow[]>;
  /** Number of receipts on disk per account. */
  pendingReceiptCounts(): Promise<readonly { readonly accountRef: number; readonly count: number }[]>;
  /** Whether the receipt of this message waits on disk, or was given up unread; undefined when neither. */
  receiptOnDisk(key: MessageKey): Promise<'owed' | 'expired' | undefined>;
  /** Drops day partitions older than this and seals their totals; answers the days dropped. */
  retain(olderThanMs: number): Promise<readonly string[]>;
  /** A consistent copy of everything into an empty folder, while running. */
  backup(folder: string): Promise<void>;
}

export interface Store {
  readonly journal: Journal;
  readonly records: Records;
  /**
   * Reads the journal from its oldest segment after the projection has caught up. To be called once, before the first
   * `begin`.
   */
  replay(visit: ReplayVisitor): Promise<void>;
  close(): Promise<void>;
}
