import assert from 'node:assert/strict';

import { TraceReader } from '../../crash/durability-trace.js';

const KEY = 1_000_000_000_003;
const hex = (bytes: Buffer): string => bytes.toString('hex').replace(/../g, '\\x$&');

function answer(): string {
  const id = Buffer.from(`${KEY}001\0`, 'latin1');
  const head = Buffer.from('00000000800000040000000000000007', 'hex');
  head.writeUInt32BE(head.length + id.length);
  return hex(Buffer.concat([head, id]));
}

function record(): string {
  const bytes = Buffer.alloc(24);
  bytes.writeDoubleLE(KEY, 8);
  return hex(bytes);
}

const WRITE = `11 write(26</data/journal/1>, "${record()}", 24) = 24`;
const SYNC = '11 fdatasync(26</data/journal/1>) = 0';
const ANSWER = `10 write(25<TCP:[127.0.0.1:1->127.0.0.1:2]>, "${answer()}", 33) = 33`;

function prove(lines: readonly string[]): ReturnType<TraceReader['proof']> {
  const reader = new TraceReader();
  for (const line of lines) reader.line(line);
  return reader.proof();
}

describe('durability trace', () => {
  it('accepts an answer after record and sync', () => {
    const proof = prove([WRITE, SYNC, ANSWER]);
    assert.deepEqual([proof.answers, proof.proved, proof.violations.length], [1, 1, 0]);
  });

  it('accuses an answer whose record was never written', () => {
    assert.equal(prove([SYNC, ANSWER]).violations.length, 1);
  });

  it('accuses an answer before the sync', () => {
    assert.equal(prove([WRITE, ANSWER, SYNC]).violations.length, 1);
  });

  it('does not take a sync that began before the record was written', () => {
    const begun = '11 fdatasync(26</data/journal/1> <unfinished ...>';
    const write = WRITE.replace(/^11/, '12');
    assert.equal(prove([begun, write, '11 <... fdatasync resumed>) = 0', ANSWER]).violations.length, 1);
  });

  it('does not take a sync of another file, or one that failed', () => {
    const failed = '11 fdatasync(26</data/journal/1>) = -1 EIO (Input/output error)';
    const other = '11 fdatasync(27</data/records>) = 0';
    assert.equal(prove([WRITE, failed, other, ANSWER]).violations.length, 1);
  });

  it('counts an answer from the instant it begins to leave', () => {
    const half = `10 write(25<TCP:[127.0.0.1:1->127.0.0.1:2]>, "${answer()}", 33 <unfinished ...>`;
    assert.equal(prove([WRITE, half, SYNC, '10 <... write resumed>) = 33']).violations.length, 1);
  });
});
