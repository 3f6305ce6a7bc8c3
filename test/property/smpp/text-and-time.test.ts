import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  chooseEncoding,
  countSegments,
  decodeText,
  encodeText,
  formatReceiptText,
  formatSmppTime,
  messageStateOf,
  parseReceiptText,
  parseSmppTime,
  splitText,
} from '#smpp';
import { seededRun } from './seed.js';

const gsmText = fc
  .array(
    fc.constantFrom(
      ...Array.from('@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡AZÄÖÑÜ§¿azäöñüà^{}\\[~]|€'),
    ),
    {
      maxLength: 700,
      size: 'max',
    },
  )
  .map((chars) => chars.join(''));
const anyText = fc.string({ unit: 'binary', maxLength: 400, size: 'max' });

function joined(parts: readonly Buffer[], esmClass: number, dataCoding: number): string {
  return parts.map((part) => decodeText(part, esmClass === 0 ? 0 : part[0]! + 1, part.length, dataCoding)).join('');
}

describe('texts', () => {
  it('survive encoding, splitting and joining, each part one segment, as many as were counted', () => {
    fc.assert(
      fc.property(fc.oneof(gsmText, anyText), fc.nat(1_000), (text, reference) => {
        const encoded = chooseEncoding(text, reference)!;
        const { dataCoding, esmClass } = encoded;
        // Each part on its own is whole text: no half character anywhere.
        assert.equal(joined(encoded.octets, esmClass, dataCoding), text);
        for (const part of encoded.octets) assert.equal(countSegments(dataCoding, esmClass, part), 1);
        const whole = encodeText(text, dataCoding === 0 ? 'gsm7' : 'ucs2')!;
        assert.equal(countSegments(dataCoding, 0, whole), encoded.octets.length);
      }),
      seededRun(500),
    );
  });

  it('in IA5 are counted as they are split', () => {
    const ascii = fc.string({ unit: 'binary-ascii', maxLength: 600, size: 'max' });
    fc.assert(
      fc.property(ascii, (text) => {
        const encoded = splitText(text, 1, 0)!;
        assert.equal(countSegments(1, 0, Buffer.from(text)), encoded.octets.length);
        assert.equal(joined(encoded.octets, encoded.esmClass, 1), text);
      }),
      seededRun(300),
    );
  });
});

const nowMs = fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2150, 0, 1) });
const YEARS_49_MS = 48 * 365 * 86_400_000;

describe('times', () => {
  it('absolute ones read back to the tenth of a second', () => {
    fc.assert(
      fc.property(nowMs, fc.integer({ min: -YEARS_49_MS, max: YEARS_49_MS }), (now, ahead) => {
        const atMs = Math.floor((now + ahead) / 100) * 100;
        const text = formatSmppTime({ kind: 'absolute', atMs }, now);
        assert.deepEqual(parseSmppTime(text!, now), { kind: 'absolute', atMs });
        const date = new Date(atMs).toISOString();
        assert.equal(text!.slice(0, 12), date.slice(2, 19).replace(/[-:T]/gu, ''));
      }),
      seededRun(1_000),
    );
  });

  it('relative ones read back to the second, never shortened', () => {
    fc.assert(
      fc.property(nowMs, fc.integer({ min: 0, max: 31 * 86_400_000 }), (now, durationMs) => {
        const text = formatSmppTime({ kind: 'relative', atMs: now + durationMs }, now);
        const read = parseSmppTime(text!, now);
        assert.equal(read?.kind, 'relative');
        assert.equal(read.atMs - now, Math.ceil(durationMs / 1_000) * 1_000);
      }),
      seededRun(1_000),
    );
  });

  it('of any 16 characters are a finite time or undefined', () => {
    const digit = fc.constantFrom(...Array.from('0123456789'));
    const shaped = fc
      .tuple(fc.array(digit, { minLength: 15, maxLength: 15 }), fc.constantFrom('+', '-', 'R', 'x'))
      .map(([head, sign]) => head.join('') + sign);
    fc.assert(
      fc.property(fc.oneof(shaped, fc.string({ maxLength: 20 })), nowMs, (text, now) => {
        const time = parseSmppTime(text, now);
        assert.ok(time === undefined || Number.isFinite(time.atMs));
      }),
      seededRun(1_000),
    );
  });
});

describe('receipts', () => {
  it('read back what was written, whatever the message says', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9-]{1,40}$/u);
    fc.assert(
      fc.property(word, nowMs, fc.integer({ min: 1, max: 9 }), fc.string({ maxLength: 40 }), (id, now, state, text) => {
        const written = formatReceiptText({
          id,
          sub: 1,
          dlvrd: 1,
          submitDateMs: now,
          doneDateMs: now,
          state,
          err: 7,
          text,
        });
        const octets = Buffer.from(written, 'latin1');
        const receipt = parseReceiptText(octets, 0, octets.length)!;
        assert.equal(receipt.id, id);
        assert.equal(messageStateOf(receipt.stat), state);
        assert.equal(receipt.err, '007');
        assert.equal(receipt.doneDate, new Date(now).toISOString().slice(2, 16).replace(/[-:T]/gu, ''));
      }),
      seededRun(500),
    );
  });
});
