// Reads test/corpus/smpp: one PDU per file in hexadecimal, '#' comments, and one line 'expect: …'.

import { readdirSync, readFileSync } from 'node:fs';
import { Status, type StatusName } from '#smpp';

export interface CorpusEntry {
  readonly name: string;
  readonly octets: Buffer;
  /** A status name, or a framing fault. */
  readonly expect: string;
}

const folder = new URL('../../../corpus/smpp/', import.meta.url);

export function readCorpus(): CorpusEntry[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.hex'))
    .sort()
    .map((file) => {
      const lines = readFileSync(new URL(file, folder), 'utf8').split('\n');
      const expect = lines
        .find((line) => line.startsWith('expect:'))
        ?.slice(7)
        .trim();
      if (expect === undefined) throw new Error(`${file} has no expectation`);
      const hex = lines
        .filter((line) => !line.startsWith('expect:'))
        .map((line) => line.replace(/#.*/u, ''))
        .join('')
        .replace(/\s/gu, '');
      return { name: file, octets: Buffer.from(hex, 'hex'), expect };
    });
}

export const statusOf = (name: string): number => Status[name as StatusName];

export const hexOf = (octets: Buffer): string => octets.toString('hex');
