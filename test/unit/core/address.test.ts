import assert from 'node:assert/strict';
import { classifySource, maskNumber, parseE164, Ton } from '#core';

describe('E.164 numbers', () => {
  it('are read with +, with 00, and bare', () => {
    assert.equal(parseE164('+393331234567'), '393331234567');
    assert.equal(parseE164('00393331234567'), '393331234567');
    assert.equal(parseE164('393331234567'), '393331234567');
  });

  it('have 7 to 15 digits and no country code that begins with 0', () => {
    assert.equal(parseE164('6834000'), '6834000');
    assert.equal(parseE164('123456789012345'), '123456789012345');
    for (const text of ['', '+', '123456', '1234567890123456', '0393331234567', '+0393331234567', '000393331234']) {
      assert.equal(parseE164(text), undefined, text);
    }
  });

  it('hold digits only', () => {
    for (const text of ['39 3331234567', '39333-1234567', '39333123456a', '++393331234567']) {
      assert.equal(parseE164(text), undefined, text);
    }
  });
});

describe('source addresses', () => {
  it('are told apart by type of number and characters', () => {
    assert.equal(classifySource('393331234567', Ton.international), 'e164');
    assert.equal(classifySource('+393331234567', Ton.unknown), 'e164');
    assert.equal(classifySource('48100', Ton.unknown), 'short-code');
    assert.equal(classifySource('MyBank', Ton.alphanumeric), 'alphanumeric');
    assert.equal(classifySource('MyBank', Ton.unknown), 'alphanumeric');
  });

  it('of eight digits are a number when the ESME says international', () => {
    assert.equal(classifySource('68340001', Ton.international), 'e164');
    assert.equal(classifySource('68340001', Ton.unknown), 'short-code');
  });

  it('are refused when they are none of the three', () => {
    assert.equal(classifySource('', Ton.alphanumeric), undefined);
    assert.equal(classifySource('TwelveLetter', Ton.alphanumeric), undefined);
    assert.equal(classifySource('Line\nbreak', Ton.alphanumeric), undefined);
    assert.equal(classifySource('MyBank', Ton.international), undefined);
  });
});

describe('a masked number', () => {
  it('shows country and network and hides the subscriber', () => {
    assert.equal(maskNumber('393331234567'), '39333***');
    assert.equal(maskNumber('48100'), '4***');
    assert.equal(maskNumber('112'), '***');
  });
});
