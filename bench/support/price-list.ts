// The independent price list: what every deck says of every prefix, from a seed, with a longest-prefix search of its
// own. The same functions write the deck files, so nobody needs to ask the switch what a message should cost.

import { DESTINATIONS, mix32 } from './chance.js';
import { DESTINATION_DIGITS } from './wire.js';

const COUNTRY_CODES =
  '1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98 211 212 213 216 218 220 221 225 228 229 233 234 237 254 255 256 260 263 351 353 355 358 359 370 371 372 380 381 385 420 421 502 506 591 593 595 598 852 855 880 961 962 966 971 972 977 992 994 995 998'.split(
    ' ',
  );
const PREFIX_DIGITS_MAX = 8;
/** Of 100 prefixes a deck leaves out this many: their price is inherited from a shorter one. */
const LEFT_OUT_PERCENT = 5;

/** Mark-up over the base price of a country, per kind of deck: each level earns on every prefix. */
export const Markup = { carrier: 0.8, operator: 1.4, region: 1.75, reseller: 2.2 } as const;

export interface DeckShape {
  readonly id: string;
  /** Makes this deck differ from the others. */
  readonly salt: number;
  readonly markup: number;
  /** Carriers also differ by country: the cheapest one is another everywhere. */
  readonly countrySpread: number;
}

export class PriceList {
  readonly prefixes: readonly string[];
  readonly destinations: readonly string[];
  readonly #seed: number;
  readonly #countryOf: Uint16Array;
  readonly #indexOf = new Map<string, number>();

  /** @param rows about how many rows each deck has */
  constructor(seed: number, rows: number) {
    this.#seed = seed;
    const total = Math.ceil((rows * 100) / (100 - LEFT_OUT_PERCENT));
    for (const code of COUNTRY_CODES) this.#indexOf.set(code, this.#indexOf.size);
    for (let draw = 0; this.#indexOf.size < total; draw++) this.#addPrefix(draw);
    this.prefixes = [...this.#indexOf.keys()];
    this.#countryOf = Uint16Array.from(this.prefixes, (prefix) => countryIndexOf(prefix));
    this.destinations = Array.from({ length: DESTINATIONS }, (_, at) => this.#destination(at));
  }

  /** Nanos per segment that this deck itself lists for the prefix; −1 when it leaves the prefix out. */
  priceNanos(deck: DeckShape, prefix: number): number {
    const isCountry = prefix < COUNTRY_CODES.length;
    const chance = this.#mix(deck.salt, prefix);
    if (!isCountry && chance % 100 < LEFT_OUT_PERCENT) return -1;
    const country = this.#countryOf[prefix] as number;
    const baseNanos = 2_000_000 + (this.#mix(77, country) % 58_000_000);
    const byCountry = 1 + deck.countrySpread * fractionOf(this.#mix(deck.salt + 1_000, country));
    const byPrefix = 0.9 + 0.2 * fractionOf(mix32(chance));
    return Math.floor(baseNanos * deck.markup * byCountry * byPrefix);
  }

  /** Micros for one segment to each destination of the pool, rounded up as the rate sheet promises. */
  microsByDestination(deck: DeckShape): Float64Array {
    return Float64Array.from(this.destinations, (digits) => Math.ceil(this.#ratedNanos(deck, digits) / 1_000));
  }

  #ratedNanos(deck: DeckShape, digits: string): number {
    for (let length = PREFIX_DIGITS_MAX; length > 0; length--) {
      const prefix = this.#indexOf.get(digits.slice(0, length));
      const nanos = prefix === undefined ? -1 : this.priceNanos(deck, prefix);
      if (nanos >= 0) return nanos;
    }
    throw new Error(`deck ${deck.id} has no price for a destination of the pool`);
  }

  #addPrefix(draw: number): void {
    const chance = this.#mix(1, draw);
    const code = COUNTRY_CODES[chance % COUNTRY_CODES.length] ?? '';
    const digits = 2 + (this.#mix(2, draw) % (PREFIX_DIGITS_MAX - code.length - 1));
    const prefix = code + String(this.#mix(3, draw) % 10 ** digits).padStart(digits, '0');
    if (!this.#indexOf.has(prefix)) this.#indexOf.set(prefix, this.#indexOf.size);
  }

  #destination(at: number): string {
    const prefix = this.prefixes[this.#mix(4, at) % this.prefixes.length] ?? '';
    const digits = DESTINATION_DIGITS - prefix.length;
    return (
      prefix +
      String(this.#mix(5, at) * 16 + (this.#mix(6, at) % 16))
        .padStart(digits, '0')
        .slice(-digits)
    );
  }

  #mix(stream: number, value: number): number {
    return mix32(mix32(this.#seed + Math.imul(stream, 0x9e3779b1)) ^ Math.imul(value, 0x85ebca6b));
  }
}

const fractionOf = (chance: number): number => chance / 2 ** 32;

function countryIndexOf(prefix: string): number {
  for (let length = 3; length > 0; length--) {
    const at = COUNTRY_CODES.indexOf(prefix.slice(0, length));
    if (at >= 0) return at;
  }
  throw new Error(`prefix ${prefix} lies in no country`);
}
