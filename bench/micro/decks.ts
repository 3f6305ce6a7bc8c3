// Rate decks as carriers write them: country code, then areas and operators below it, more of them where people live.

import { seededRandom } from '#core';

/** Sorted distinct prefixes that begin with real country codes. */
export function deckPrefixes(count: number, seed: number): string[] {
  const random = seededRandom(seed);
  const codes = ['1', '20', '27', '30', '31', '32', '33', '34', '36', '39', '40', '44', '46', '48', '49', '52', '54'];
  codes.push('55', '60', '61', '62', '63', '66', '7', '81', '84', '86', '90', '91', '92', '212', '234', '254', '351');
  codes.push('353', '358', '380', '420', '852', '880', '886', '966', '971', '972', '998');
  const prefixes = new Set(codes.slice(0, count));
  while (prefixes.size < count) {
    const code = codes[Math.floor(random() ** 2 * codes.length)] as string;
    const digits = 2 + Math.floor(random() * 5);
    prefixes.add(code + String(Math.floor(random() * 10 ** digits)).padStart(digits, '0'));
  }
  return [...prefixes].sort();
}

/** The lines of one deck over these prefixes, dearer or cheaper by its seed. */
export function deckCsv(prefixes: readonly string[], seed: number): Buffer {
  const random = seededRandom(seed);
  const lines = ['prefix,price,effective'];
  for (const prefix of prefixes) lines.push(`${prefix},${(0.001 + random() * 0.12).toFixed(5)},2026-01-01`);
  return Buffer.from(`${lines.join('\n')}\n`);
}
