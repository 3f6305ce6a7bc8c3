// Every bound in the program, in one place, each with the reason for its size. Nothing grows without one of these.

/** SMPP 3.4 §3.2: a header is 16 octets; a shorter command_length cannot be framed. */
export const PDU_BYTES_MIN = 16;
/** message_payload carries up to 64 KiB (SMPP 5.0 §4.8.4.36); 1 KiB more leaves room for the fields around it. */
export const PDU_BYTES_MAX = 66_560;
/** Unsent octets on one SMPP session before its peer is read no further; 256 KiB is about 1,000 receipts. */
export const SESSION_OUTBOUND_BYTES_MAX = 262_144;
/** Unsent octets on one SMPP session before it is closed: the peer does not read at all. */
export const SESSION_OUTBOUND_BYTES_FATAL = 4_194_304;
/** TLVs kept of one PDU; SMPP 5.0 defines fewer than 80. */
export const TLV_COUNT_MAX = 128;
/** Connections that have not bound yet, per listener: a scanner must not hold the descriptors of customers. */
export const UNBOUND_CONNECTIONS_MAX = 1_000;
/** Password checks waiting for a scrypt thread; a storm above this is told ESME_RTHROTTLED and comes back. */
export const PASSWORD_QUEUE_MAX = 4_096;
/** Digits in an E.164 number (ITU-T E.164 §6.2.1). */
export const E164_DIGITS_MAX = 15;
/** Octets of an alphanumeric sender (3GPP TS 23.040 §9.1.2.5: 11 septet characters). */
export const ALPHANUMERIC_CHARS_MAX = 11;
/** Segments of one message: an 8-bit concatenation reference counts to 255 (3GPP TS 23.040 §9.2.3.24.1). */
export const SEGMENTS_MAX = 255;
/** Candidates that one decision keeps: more attempts than this never saved a message, and each costs memory. */
export const CANDIDATES_MAX = 8;
/** Tenants in one chain of sales. */
export const TENANT_DEPTH_MAX = 8;
/** Attempts for one message over all its candidates before it fails. */
export const ATTEMPTS_MAX = 32;
/** Messages held in memory for one trunk; the rest of its queue waits on disk and is read back in order. */
export const TRUNK_QUEUE_MAX = 20_000;
/** Messages in memory over all trunks, in any state; above this the oldest are spilled. */
export const OPEN_MESSAGES_MAX = 400_000;
/** Octets of one journal batch: one write, one sync. */
export const JOURNAL_BATCH_BYTES_MAX = 4_194_304;
/** Octets of one journal segment file. */
export const JOURNAL_SEGMENT_BYTES = 67_108_864;
/** Octets handed to the store thread and not durable yet before new messages are refused ESME_RMSGQFUL. */
export const JOURNAL_PENDING_BYTES_MAX = 33_554_432;
/** Receipts that beat their submit_sm_resp, parked per trunk. */
export const EARLY_RECEIPTS_MAX = 10_000;
/** Rows of one deck file. */
export const DECK_ROWS_MAX = 2_000_000;
/** Octets of one provisioning file read by `apply`. */
export const PROVISION_FILE_BYTES_MAX = 268_435_456;
/** Errors listed for one bad file before the rest is only counted. */
export const FILE_ERRORS_MAX = 100;
/** Rows one query may answer. */
export const QUERY_ROWS_MAX = 10_000;
/** One look at message records with a filter, in milliseconds: other reports wait behind it in the same thread. */
export const QUERY_SCAN_MS = 500;
/** Requests on the admin socket at once. */
export const ADMIN_CLIENTS_MAX = 32;
/** Dearest rate of a deck row, in nanos: a million units per segment; beyond it a column was mapped wrongly. */
export const RATE_NANOS_MAX = 1_000_000_000_000_000n;
/** Largest balance or credit limit, in micros: records keep 64 signed bits, and sums of two must fit. */
export const BALANCE_MICROS_MAX = 4_000_000_000_000_000_000n;
/** Skipped candidates that one decision lists; the rest is only counted. */
export const SKIPPED_MAX = 16;
/** Trunks in one rank table: a rank is a 16-bit trunk index. */
export const TRUNKS_MAX = 65_535;
/** Columns of one deck file: the widest carriers' price lists have fewer than 60. */
export const DECK_COLUMNS_MAX = 256;
