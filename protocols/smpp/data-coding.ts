// What data_coding says about the octets of a message: SMPP 3.4 §5.2.19 below 0x10, 3GPP TS 23.038 §4 above.

export type Alphabet = 'gsm7' | 'ascii' | 'latin1' | 'ucs2' | 'octets';

export const DataCoding = { default: 0, ascii: 1, octets: 2, latin1: 3, octets8: 4, ucs2: 8 } as const;

/** SMPP's own values; the low nibble means this only while the high one is 0. */
function smppAlphabet(dataCoding: number): Alphabet {
  switch (dataCoding) {
    case 0x00:
      return 'gsm7';
    case 0x01:
      return 'ascii';
    case 0x03:
      return 'latin1';
    case 0x08:
      return 'ucs2';
    default:
      // Binary, and national sets (JIS, Cyrillic, Hebrew, Korean) that only the two ends need to understand.
      return 'octets';
  }
}

/** The alphabet that a message's octets are in. */
export function alphabetOf(dataCoding: number): Alphabet {
  const group = dataCoding >>> 4;
  if (group === 0) return smppAlphabet(dataCoding);
  // General and automatic-deletion groups 00xx, 01xx: bit 5 is compression, bits 3 and 2 the alphabet.
  if (group < 8) return (dataCoding & 0x20) !== 0 ? 'octets' : generalAlphabet(dataCoding);
  switch (group) {
    case 0xe:
      // Message waiting, store, UCS2.
      return 'ucs2';
    case 0xf:
      return (dataCoding & 0x04) === 0 ? 'gsm7' : 'octets';
    default:
      // 0xC and 0xD are message waiting in the default alphabet; reserved groups are read as the default alphabet.
      return 'gsm7';
  }
}

function generalAlphabet(dataCoding: number): Alphabet {
  switch (dataCoding & 0x0c) {
    case 0x04:
      return 'octets';
    case 0x08:
      return 'ucs2';
    default:
      return 'gsm7';
  }
}
