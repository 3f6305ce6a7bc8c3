import assert from 'node:assert/strict';
import {
  alphabetOf,
  chooseEncoding,
  countSegments,
  DataCoding,
  decodeGsm7,
  decodeText,
  encodeGsm7,
  encodeText,
  gsm7Length,
  splitText,
} from '#smpp';

const octets = (count: number, fill = 0x61): Buffer => Buffer.alloc(count, fill);

describe('data_coding', () => {
  const cases = [
    [0x00, 'gsm7'],
    [0x01, 'ascii'],
    [0x02, 'octets'],
    [0x03, 'latin1'],
    [0x04, 'octets'],
    [0x06, 'octets'],
    [0x08, 'ucs2'],
    [0x10, 'gsm7'],
    [0x14, 'octets'],
    [0x18, 'ucs2'],
    [0x20, 'octets'],
    [0x58, 'ucs2'],
    [0x88, 'gsm7'],
    [0xc8, 'gsm7'],
    [0xe0, 'ucs2'],
    [0xf0, 'gsm7'],
    [0xf4, 'octets'],
    [0xf8, 'gsm7'],
  ] as const;
  for (const [dataCoding, alphabet] of cases) {
    it(`H16: 0x${dataCoding.toString(16)} is ${alphabet} by its group, not by its low nibble`, () => {
      assert.equal(alphabetOf(dataCoding), alphabet);
    });
  }
});

describe('text', () => {
  it('writes @ as octet 0 and reads it back', () => {
    assert.deepEqual(encodeGsm7('@a@'), Buffer.from([0, 0x61, 0]));
    assert.equal(decodeGsm7(Buffer.from([0, 0x61, 0])), '@a@');
  });

  it('writes extension characters behind an escape', () => {
    assert.deepEqual(encodeGsm7('€[]'), Buffer.from('1b651b3c1b3e', 'hex'));
    assert.equal(gsm7Length('€uro'), 5);
    assert.equal(encodeGsm7('ы'), undefined);
  });

  it('reads an escape at the end, and one before a septet without extension, without failing', () => {
    assert.equal(decodeGsm7(Buffer.from('611b', 'hex')), 'a');
    assert.equal(decodeGsm7(Buffer.from('1b61', 'hex')), 'a');
  });

  it('H16: reads IA5 as IA5, not through the GSM tables', () => {
    const text = 'a@b_c$';
    assert.equal(decodeText(Buffer.from(text, 'latin1'), 0, text.length, DataCoding.ascii), text);
  });

  it('carries characters beyond the basic plane as pairs, and shows half a character', () => {
    const coded = encodeText('a🚀', 'ucs2')!;
    assert.deepEqual(coded, Buffer.from('0061d83dde80', 'hex'));
    assert.equal(decodeText(coded, 0, coded.length, 8), 'a🚀');
    assert.equal(decodeText(coded, 0, 3, 8), 'a\ufffd');
  });

  it('refuses what an alphabet lacks', () => {
    assert.equal(encodeText('é', 'ascii'), undefined);
    assert.equal(encodeText('€', 'latin1'), undefined);
    assert.deepEqual(encodeText('é', 'latin1'), Buffer.from([0xe9]));
  });
});

describe('segments', () => {
  const counts: readonly (readonly [name: string, dataCoding: number, octets: Buffer, segments: number])[] = [
    ['nothing', 0, octets(0), 1],
    ['160 septets', 0, octets(160), 1],
    ['161 septets', 0, octets(161), 2],
    ['306 septets', 0, octets(306), 2],
    ['307 septets', 0, octets(307), 3],
    ['140 octets', 4, octets(140), 1],
    ['141 octets', 4, octets(141), 2],
    ['269 octets', 4, octets(269), 3],
    ['70 UCS2 characters', 8, octets(140), 1],
    ['71 UCS2 characters', 8, octets(142), 2],
    ['135 UCS2 characters', 8, octets(270), 3],
    ['80 braces in ASCII, two septets each', 1, octets(80, 0x7b), 1],
    ['81 braces in ASCII', 1, octets(81, 0x7b), 2],
    ['160 letters in ASCII', 1, octets(160), 1],
  ];
  for (const [name, dataCoding, message, segments] of counts) {
    it(`counts ${segments} for ${name}`, () => assert.equal(countSegments(dataCoding, 0, message), segments));
  }

  it('never halves an escape pair: 152 letters and 77 euro signs need a third part', () => {
    // The first pair would straddle septets 153 and 154, so part one ends a septet early.
    const message = encodeGsm7('a'.repeat(152) + '€'.repeat(77))!;
    assert.equal(message.length, 306);
    assert.equal(countSegments(0, 0, message), 3);
  });

  it('never halves a surrogate pair', () => {
    const message = encodeText('a'.repeat(66) + '🚀' + 'b'.repeat(66), 'ucs2')!;
    assert.equal(message.length, 268);
    assert.equal(countSegments(8, 0, message), 3);
  });

  it('counts a part that brings its own header as one when it fits', () => {
    const header = Buffer.from('050003010201', 'hex');
    assert.equal(countSegments(0, 0x40, Buffer.concat([header, octets(153)])), 1);
    assert.equal(countSegments(0, 0x40, Buffer.concat([header, octets(154)])), 2);
    assert.equal(countSegments(8, 0x40, Buffer.concat([header, octets(134)])), 1);
    assert.equal(countSegments(8, 0x40, Buffer.concat([header, octets(136)])), 2);
    assert.equal(countSegments(4, 0x40, Buffer.concat([header, octets(134)])), 1);
  });

  it('counts a header that claims more than there is as octets', () => {
    assert.equal(countSegments(0, 0x40, Buffer.from([255, 1, 2])), 1);
    assert.equal(countSegments(0, 0x40, octets(254, 139)), 2);
  });
});

describe('splitting', () => {
  it('takes the default alphabet when it holds the text, else UCS2', () => {
    assert.equal(chooseEncoding('hello €')?.dataCoding, 0);
    assert.equal(chooseEncoding('привет')?.dataCoding, 8);
  });

  it('leaves a short text whole and without a header', () => {
    const encoded = chooseEncoding('hi');
    assert.deepEqual(encoded, { dataCoding: 0, esmClass: 0, octets: [Buffer.from('hi')] });
  });

  it('numbers its parts behind an 8-bit reference', () => {
    const encoded = chooseEncoding('a'.repeat(161), 0x1cc)!;
    assert.equal(encoded.esmClass, 0x40);
    assert.deepEqual(
      encoded.octets.map((part) => part.subarray(0, 6).toString('hex')),
      ['050003cc0201', '050003cc0202'],
    );
  });

  it('answers undefined above 255 parts', () => {
    assert.equal(splitText('a'.repeat(153 * 255), 0, 0)?.octets.length, 255);
    assert.equal(splitText('a'.repeat(153 * 255 + 1), 0, 0), undefined);
  });
});
