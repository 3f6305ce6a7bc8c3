// Reads strace's output (-f -y -xx) call by call, in the order in which they began and ended.

import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';

import { parseMessageId } from '#core';

export interface DurabilityProof {
  /** submit_sm_resp with ESME_ROK that were written to a socket. */
  readonly answers: number;
  /** Those whose record was written, then synced, before they began to leave. */
  readonly proved: number;
  readonly violations: readonly string[];
  readonly writes: number;
  readonly syncs: number;
}

/** submit_sm_resp, ESME_ROK (SMPP 3.4 §4.4.2). */
const ANSWER_OK = Buffer.from('8000000400000000', 'hex');
const HEADER_BYTES = 16;
const SYNC_CALLS = new Set(['fsync', 'fdatasync']);
const WRITE_CALLS = new Set(['write', 'writev', 'pwrite64', 'pwritev', 'sendto', 'sendmsg']);
/** `tid  call(args) = result`, or its first or second half when another thread's call came between. */
const LINE = /^(\d+)\s+(?:<\.\.\. (\w+) resumed>(.*)|(\w+)\((.*))$/s;

interface OpenCall {
  readonly name: string;
  readonly args: string;
  /** Place of its beginning in the order of all beginnings and ends. */
  readonly began: number;
}

interface JournalWrite {
  readonly path: string;
  readonly bytes: Buffer;
  readonly ended: number;
}

interface Sync {
  readonly path: string;
  readonly began: number;
  readonly ended: number;
}

export async function readTrace(file: string): Promise<DurabilityProof> {
  const reader = new TraceReader();
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) reader.line(line);
  return reader.proof();
}

export class TraceReader {
  readonly #open = new Map<string, OpenCall>();
  readonly #writes: JournalWrite[] = [];
  readonly #syncs: Sync[] = [];
  readonly #violations: string[] = [];
  #order = 0;
  #answers = 0;
  #proved = 0;

  line(text: string): void {
    const match = LINE.exec(text);
    if (match === null) return;
    const [, tid = '', resumed, rest = '', name = '', args = ''] = match;
    this.#order++;
    if (resumed !== undefined) {
      const call = this.#open.get(tid);
      this.#open.delete(tid);
      if (call !== undefined) this.#ended(call, call.args + rest);
      return;
    }
    const call: OpenCall = { name, args, began: this.#order };
    if (args.endsWith('<unfinished ...>')) {
      this.#open.set(tid, call);
      // An answer counts from the instant it begins to leave.
      this.#answersIn(call);
      return;
    }
    this.#answersIn(call);
    this.#ended(call, args);
  }

  proof(): DurabilityProof {
    return {
      answers: this.#answers,
      proved: this.#proved,
      violations: this.#violations,
      writes: this.#writes.length,
      syncs: this.#syncs.length,
    };
  }

  #ended(call: OpenCall, text: string): void {
    const path = pathOf(call.args);
    const result = /\)\s+= (-?\d+)/.exec(text)?.[1];
    if (call.name === 'io_uring_enter') this.#violations.push('the switch uses io_uring: strace cannot see its writes');
    if (SYNC_CALLS.has(call.name) && result === '0') this.#syncs.push({ path, began: call.began, ended: this.#order });
    // Only regular files below the data folder; sockets and pipes carry a word and a colon.
    if (WRITE_CALLS.has(call.name) && path.startsWith('/') && Number(result) > 0) {
      this.#writes.push({ path, bytes: bytesOf(call.args), ended: this.#order });
    }
  }

  #answersIn(call: OpenCall): void {
    if (!WRITE_CALLS.has(call.name) || pathOf(call.args).startsWith('/')) return;
    const bytes = bytesOf(call.args);
    for (let at = bytes.indexOf(ANSWER_OK); at >= 0; at = bytes.indexOf(ANSWER_OK, at + 1)) {
      const from = at - 4 + HEADER_BYTES;
      const end = bytes.indexOf(0, from);
      const id = bytes.toString('latin1', from, end);
      const key = parseMessageId(id)?.key;
      if (at < 4 || key === undefined) continue;
      this.#answers++;
      this.#prove(id, key, call.began);
    }
  }

  #prove(id: string, key: number, leftAt: number): void {
    const record = Buffer.alloc(8);
    record.writeDoubleLE(key);
    const write = this.#writes.find((each) => each.bytes.includes(record));
    if (write === undefined) {
      this.#violations.push(`${id} was answered before its record was written`);
      return;
    }
    const sync = this.#syncs.find(
      (each) => each.path === write.path && each.began > write.ended && each.ended < leftAt,
    );
    if (sync === undefined)
      this.#violations.push(`${id} was answered before a sync that began after its record was written`);
    else this.#proved++;
  }
}

/** `12</path>, ...` or `12<TCP:[1.2.3.4:5->6.7.8.9:10]>, ...`. strace escapes paths too under -xx. */
function pathOf(args: string): string {
  const text = /^\d+<(.*?)>(?:[,)]|$)/.exec(args)?.[1] ?? '';
  return text.includes('\\x') ? unescape(text).toString('latin1') : text;
}

/** All quoted strings of a call, joined: one for write and sendto, several for writev. */
function bytesOf(args: string): Buffer {
  const parts: Buffer[] = [];
  for (const match of args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)) parts.push(unescape(match[1] ?? ''));
  return Buffer.concat(parts);
}

const unescape = (text: string): Buffer => Buffer.from(text.replaceAll('\\x', ''), 'hex');
