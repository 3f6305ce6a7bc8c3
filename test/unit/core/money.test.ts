import assert from 'node:assert/strict';
import { divCeil, formatMicros, formatNanos, isCurrency, nanosToMicrosCeil, parseMicros, parseNanos } from '#core';

describe('money', () => {
  it('rounds up only what does not divide', () => {
    assert.equal(divCeil(10n, 5n), 2n);
    assert.equal(divCeil(11n, 5n), 3n);
    assert.equal(divCeil(0n, 5n), 0n);
    assert.equal(nanosToMicrosCeil(1n), 1n);
    assert.equal(nanosToMicrosCeil(1_000n), 1n);
    assert.equal(nanosToMicrosCeil(1_001n), 2n);
  });

  it('reads decimals exactly', () => {
    assert.equal(parseNanos('0.0375'), 37_500_000n);
    assert.equal(parseNanos('0.000000001'), 1n);
    assert.equal(parseMicros('100.00'), 100_000_000n);
    assert.equal(parseMicros('-0.5'), -500_000n);
    assert.equal(parseMicros(' 7 '), 7_000_000n);
  });

  it('takes trailing zeros beyond its precision, but no digits', () => {
    assert.equal(parseMicros('0.0375010'), 37_501n);
    assert.equal(parseMicros('0.0375019'), undefined);
    assert.equal(parseNanos('0.0000000001'), undefined);
  });

  it('refuses what is no decimal', () => {
    for (const text of ['', '.', '.5', '5.', '1e3', '1,5', '0x10', 'NaN', '--1', '1234567890123']) {
      assert.equal(parseNanos(text), undefined, text);
    }
  });

  it('writes at least two places and no zeros beyond', () => {
    assert.equal(formatMicros(12_340_000n), '12.34');
    assert.equal(formatMicros(37_501n), '0.037501');
    assert.equal(formatMicros(-500_000n), '-0.50');
    assert.equal(formatMicros(0n), '0.00');
    assert.equal(formatNanos(1n), '0.000000001');
  });

  it('reads back what it writes', () => {
    for (const micros of [0n, 1n, -1n, 999_999n, 1_000_000n, -123_456_789_012n]) {
      assert.equal(parseMicros(formatMicros(micros)), micros);
    }
  });

  it('knows a currency by three capitals', () => {
    assert.ok(isCurrency('EUR'));
    for (const text of ['eur', 'EU', 'EURO', 'E1R']) assert.ok(!isCurrency(text), text);
  });
});
