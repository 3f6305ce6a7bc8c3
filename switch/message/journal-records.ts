// Layouts of the journal's records. All numbers little-endian; strings latin1 behind a length octet. The heads have
// fixed offsets, because the projector (store thread) reads them without knowing messages.

/** Bumped when a layout changes; a reader keeps every older version readable. */
export const JOURNAL_VERSION = 1;

/** `open` (type 1): a message's whole state. Head, upstreamId (u8 + text), then what only switch/message reads. */
export const OpenHead = {
  key: 0, // f64
  flags: 8, // u8, OpenFlag bits
  phase: 9, // u8, Phase
  accountRef: 10, // u32
  tenantRef: 14, // u32
  trunkRef: 18, // u32: the trunk it waits for, or was submitted to
  /** f64, epoch ms: end of validity, or of the wait for a receipt. */
  dueMs: 22,
  /** f64, epoch ms. */
  acceptedMs: 30,
  /** u8 length of the upstream's id, then its text. */
  upstreamIdLen: 38,
  bytes: 38,
} as const;

export const OpenFlag = {
  /** Keep it as a row and forget it in memory: the projector inserts or replaces the spilled row. */
  spill: 1,
  wantsReceipt: 2,
  /** It may have been sent before: found unresolved after a crash, or its link was lost. */
  mayRepeat: 4,
} as const;

/** Only `queued` rows are read back by trunk; `waiting` ones (retry back-off) come back when due. */
export const Phase = { queued: 0, awaitingReceipt: 1, waiting: 2 } as const;

/** `submitted` (type 2). */
export const SubmittedHead = {
  key: 0, // f64
  trunkRef: 8, // u32
  atMs: 12, // f64 epoch ms
  upstreamIdLen: 20, // u8, then text, then u8: OpenFlag bits (mayRepeat)
} as const;

/** `attempt-failed` (type 3), fixed size. */
export const AttemptFailedHead = {
  key: 0, // f64
  trunkRef: 8, // u32
  atMs: 12, // f64
  commandStatus: 20, // u32
  outcome: 24, // u8, AttemptOutcome
  nextCandidate: 25, // u8: index of the candidate that is tried next
  nextAtMs: 26, // f64 epoch ms: when
  bytes: 34,
} as const;

/**
 * `finish` (type 5): self-contained. Head; source, destination, upstreamId, errorCode (u8 + text each); u8 count of
 * postings and the postings; the decision; the attempt log; then u32 length of the owed receipt's deliver_sm body and
 * the body. The MDR's `detail` is the payload up to `receiptAt`.
 */
export const FinishHead = {
  key: 0, // f64
  flags: 8, // u8, FinishFlag bits
  state: 9, // u8, MessageState
  segments: 10, // u8
  attempts: 11, // u8
  accountRef: 12, // u32
  tenantRef: 16, // u32
  trunkRef: 20, // u32, 0 when none took it
  acceptedMs: 24, // f64 epoch ms
  submittedMs: 32, // f64, 0 when never
  doneMs: 40, // f64
  /** i64 micros: what the customer pays. */
  chargeMicros: 48,
  /** u32: last command_status that an upstream or we gave it. */
  commandStatus: 56,
  /** u32: offset, from the payload's start, of the u32 length of the receipt body. */
  receiptAt: 60,
  bytes: 64,
} as const;

export const FinishFlag = {
  /** A receipt is owed to the ESME: open until `receipt-done`. */
  receiptOwed: 1,
  /** Keep the owed receipt as a row: the projector inserts it into pending receipts. */
  receiptSpill: 2,
  /** The message had a spilled row: the projector deletes it. */
  wasSpilled: 4,
  mayHaveRepeated: 8,
  /** Only moves the owed receipt to disk: the message was finished by an earlier record. No MDR, no postings. */
  receiptOnly: 16,
} as const;

/** One posting inside `finish` and `posting`: buyer owes seller. */
export const PostingHead = {
  kind: 0, // u8, PostingKind
  currency: 1, // 3 octets, ISO 4217
  buyerRef: 4, // u32 tenant
  sellerRef: 8, // u32 tenant, or trunk for carrier cost
  deckRef: 12, // u32
  deckVersion: 16, // u32
  /** f64: the matched prefix with a leading 1 (so `39` is 139), 0 when none. */
  prefix: 20,
  rateNanos: 28, // i64 per segment
  heldMicros: 36, // i64
  /** i64: moves from buyer's to seller's side; the buyer's balance falls by it. 0 = released. */
  chargedMicros: 44,
  bytes: 52,
} as const;

export const PostingKind = {
  /** A tenant bought from its parent: changes the buyer's balance. */
  sale: 0,
  /** The trunk's owner owes the carrier: no balance to change, a ledger row. */
  carrierCost: 1,
  /** Top-up: chargedMicros is negative, the buyer's balance rises. */
  topUp: 2,
  adjustment: 3,
} as const;

/** `receipt-done` (type 6). */
export const ReceiptDoneHead = {
  key: 0, // f64
  flags: 8, // u8: 1 = it had a row in pending receipts
  /** u8: 1 acknowledged, 2 expired unread. */
  how: 9,
  bytes: 10,
} as const;

/** `posting` (type 7): f64 id (a key), f64 atMs, one PostingHead, u8 + text reason, u8 + text actor. */
export const PostingRecordHead = { id: 0, atMs: 8, posting: 16, bytes: 16 + PostingHead.bytes } as const;

/** `receipt-parked` (type 4): f64 token, u32 trunkRef, f64 atMs, u8 + upstreamId, u8 state, u8 + destination, u8 + errorCode, f64 doneMs. */
export const ReceiptParkedHead = { token: 0, trunkRef: 8, atMs: 12, bytes: 20 } as const;

/** `receipt-unparked` (type 8): f64 token. */
export const ReceiptUnparkedHead = { token: 0, bytes: 8 } as const;
