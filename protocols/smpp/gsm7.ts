// The GSM 7-bit default alphabet and its extension (3GPP TS 23.038 §6.2.1), one septet per octet as SMPP carries them.

/** Position is the septet. 0x1b is the escape to the extension table. */
const basic =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';

const extension: readonly (readonly [septet: number, char: string])[] = [
  [0x0a, '\f'],
  [0x14, '^'],
  [0x28, '{'],
  [0x29, '}'],
  [0x2f, '\\'],
  [0x3c, '['],
  [0x3d, '~'],
  [0x3e, ']'],
  [0x40, '|'],
  [0x65, '€'],
];

export const ESCAPE = 0x1b;
const ESCAPED = 0x100;
const NONE = 0xffff;

/** By UTF-16 unit: the septet, with ESCAPED set when it stands behind an escape. */
const septets = new Uint16Array(0x2100).fill(NONE);
for (let septet = 0; septet < basic.length; septet++) {
  if (septet !== ESCAPE) septets[basic.charCodeAt(septet)] = septet;
}
const extended: string[] = [];
for (const [septet, char] of extension) {
  septets[char.charCodeAt(0)] = ESCAPED | septet;
  extended[septet] = char;
}

const septetOf = (unit: number): number => septets[unit] ?? NONE;

/** Septets that the character takes: 1, 2 with its escape, or 0 when the alphabet lacks it. */
export function septetsOf(unit: number): number {
  const septet = septetOf(unit);
  return septet === NONE ? 0 : septet < ESCAPED ? 1 : 2;
}

/** Septets of the whole text, or −1 when the alphabet lacks one of its characters. */
export function gsm7Length(text: string): number {
  let length = 0;
  for (let i = 0; i < text.length; i++) {
    const septet = septetsOf(text.charCodeAt(i));
    if (septet === 0) return -1;
    length += septet;
  }
  return length;
}

/** The octets, or undefined when the alphabet lacks a character. '@' is octet 0: never treat them as a C-string. */
export function encodeGsm7(text: string): Buffer | undefined {
  const length = gsm7Length(text);
  if (length === -1) return undefined;
  const octets = Buffer.allocUnsafe(length);
  let at = 0;
  for (let i = 0; i < text.length; i++) {
    const septet = septetOf(text.charCodeAt(i));
    if (septet >= ESCAPED) octets[at++] = ESCAPE;
    octets[at++] = septet & 0x7f;
  }
  return octets;
}

/**
 * The text. An escape before a septet that the extension lacks is a space by the standard's §6.2.1.1 note 1, followed by
 * the basic character for phones that do not know the table: only that character is given. Octets above 0x7f are no
 * septets and read as latin1, which is what peers that send them mean.
 */
export function decodeGsm7(octets: Uint8Array, start = 0, end = octets.length): string {
  let text = '';
  for (let at = start; at < end; at++) {
    const octet = octets[at]!;
    if (octet === ESCAPE) {
      if (at + 1 >= end) break;
      const septet = octets[++at]!;
      text += extended[septet] ?? charOf(septet);
    } else {
      text += charOf(octet);
    }
  }
  return text;
}

const charOf = (octet: number): string => (octet > 0x7f ? String.fromCharCode(octet) : basic.charAt(octet));
