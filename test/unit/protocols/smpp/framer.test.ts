import assert from 'node:assert/strict';
import { beginPdu, Command, endPdu, Framer, PduView } from '#smpp';
import { hexOf, readCorpus } from './corpus.js';

const PDU_BYTES_MAX = 66_560;

function pdu(sequenceNumber: number, bodyBytes = 0): Buffer {
  const out = Buffer.alloc(16 + bodyBytes, 0x61);
  endPdu(out, 0, beginPdu(out, 0, Command.enquire_link, 0, sequenceNumber) + bodyBytes);
  return out;
}

/** Everything the framer gives for these chunks, as copies. */
function frames(framer: Framer, ...chunks: Buffer[]): Buffer[] {
  const view = new PduView();
  const found: Buffer[] = [];
  for (const chunk of chunks) {
    framer.push(chunk);
    while (framer.next(view)) found.push(Buffer.from(view.buffer.subarray(view.start, view.end)));
  }
  return found;
}

describe('framer', () => {
  it('frames a stream one octet at a time as it does whole', () => {
    const stream = Buffer.concat([pdu(1), pdu(2, 300), pdu(3, 5_000), pdu(4)]);
    const whole = frames(new Framer(PDU_BYTES_MAX), stream);
    const octets = frames(new Framer(PDU_BYTES_MAX), ...Array.from(stream, (octet) => Buffer.from([octet])));
    assert.equal(whole.length, 4);
    assert.deepEqual(octets, whole);
    assert.deepEqual(Buffer.concat(whole), stream);
  });

  it('copies nothing of a PDU that lies within one chunk', () => {
    const chunk = Buffer.concat([pdu(1), pdu(2)]);
    const framer = new Framer(PDU_BYTES_MAX);
    const view = new PduView();
    framer.push(chunk);
    assert.ok(framer.next(view));
    assert.ok(framer.next(view));
    assert.equal(view.buffer, chunk);
    assert.equal(view.start, 16);
    assert.equal(view.sequenceNumber, 2);
  });

  it('keeps what was not taken in front of the next chunk', () => {
    const framer = new Framer(PDU_BYTES_MAX);
    const view = new PduView();
    framer.push(Buffer.concat([pdu(1), pdu(2)]));
    assert.ok(framer.next(view));
    framer.push(pdu(3));
    assert.ok(framer.next(view));
    assert.equal(view.sequenceNumber, 2);
    assert.ok(framer.next(view));
    assert.equal(view.sequenceNumber, 3);
    assert.ok(!framer.next(view));
    assert.equal(framer.bufferedBytes, 0);
  });

  it('lets go of a chunk once its PDUs were seen', () => {
    const framer = new Framer(PDU_BYTES_MAX);
    frames(framer, Buffer.concat([pdu(1), pdu(2).subarray(0, 5)]));
    assert.equal(framer.bufferedBytes, 5);
  });

  it('H1: stops at a command_length above the limit and says so, as for an HTTP request', () => {
    const framer = new Framer(PDU_BYTES_MAX);
    assert.deepEqual(frames(framer, Buffer.from('GET / HTTP/1.1\r\nHost: example.net\r\n\r\n')), []);
    assert.equal(framer.fault, 'length-too-large');
    assert.equal(framer.faultLength, 0x47455420);
    assert.deepEqual(frames(framer, pdu(1)), []);
    assert.equal(framer.bufferedBytes, 0);
  });

  for (const length of [0, 3, 4, 15]) {
    it(`H2: stops at a command_length of ${length} instead of going deaf`, () => {
      const bad = Buffer.alloc(16);
      bad.writeUInt32BE(length, 0);
      bad.writeUInt32BE(77, 12);
      const framer = new Framer(PDU_BYTES_MAX);
      assert.equal(frames(framer, pdu(1), bad).length, 1);
      assert.equal(framer.fault, 'length-too-small');
      assert.equal(framer.faultSequenceNumber, 77);
    });
  }

  it('H2: finds the same fault when the bad header comes octet by octet', () => {
    const framer = new Framer(PDU_BYTES_MAX);
    frames(framer, ...Array.from(Buffer.alloc(16), (octet) => Buffer.from([octet])));
    assert.equal(framer.fault, 'length-too-small');
  });

  it('H7: frames a PDU with a full 64 KiB message_payload, and takes its limit per framer', () => {
    const large = pdu(1, 65_535 + 60);
    assert.equal(frames(new Framer(PDU_BYTES_MAX), large).length, 1);
    assert.equal(frames(new Framer(PDU_BYTES_MAX), large.subarray(0, 1_000), large.subarray(1_000)).length, 1);
    const small = new Framer(1_024);
    assert.equal(frames(small, large).length, 0);
    assert.equal(small.fault, 'length-too-large');
  });

  it('H1: takes a PDU of exactly the limit and refuses one octet more, whole or in pieces', () => {
    for (const cut of [0, 3, 200]) {
      const exact = pdu(1, 1_024 - 16);
      const over = pdu(1, 1_025 - 16);
      const pieces = (wire: Buffer): Buffer[] => [wire.subarray(0, cut), wire.subarray(cut)];
      assert.equal(frames(new Framer(1_024), ...pieces(exact)).length, 1);
      assert.equal(frames(new Framer(1_024), ...pieces(over)).length, 0);
    }
  });

  it('H5: holds memory for the octets that came, not for the length that was claimed', () => {
    const framer = new Framer(PDU_BYTES_MAX);
    frames(framer, pdu(1, 60_000).subarray(0, 17));
    assert.equal(framer.bufferedBytes, 17);
  });

  for (const { name, octets } of readCorpus().filter((entry) => entry.expect.startsWith('length-'))) {
    it(`corpus: ${name}`, () => {
      const framer = new Framer(PDU_BYTES_MAX);
      assert.deepEqual(frames(framer, octets), [], hexOf(octets));
      assert.notEqual(framer.fault, 'none');
    });
  }
});
