// Which country a number is in, for sender rights: one digit trie made from libphonenumber's tables at start.
// Territories that share both calling code and numbering with a larger neighbour (Guernsey with the United Kingdom,
// Vatican City numbers under +39 outside 06698) count as that neighbour.

import {
  getCountries,
  getCountryCallingCode,
  isSupportedCountry,
  Metadata,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max';
import type { CountryCode } from 'libphonenumber-js/max';
import { buildPrefixTable } from '#core';
import type { PrefixTable } from '#core';

/** Longest leading digits that tell one territory from another under one calling code (Jersey's neighbours need 5). */
const LEADING_DIGITS_MAX = 5;
const NANP = '1';

/** The trie and, per ordinal, a small number for the country. */
export class CountryTable {
  readonly #prefixes: PrefixTable;
  readonly #countryAt: Int16Array;
  readonly #indexes: ReadonlyMap<string, number>;

  constructor(countryOfPrefix: ReadonlyMap<string, string>) {
    this.#prefixes = buildPrefixTable(countryOfPrefix.keys());
    this.#countryAt = new Int16Array(this.#prefixes.size);
    const indexes = new Map<string, number>();
    for (let ordinal = 0; ordinal < this.#prefixes.size; ordinal++) {
      const country = countryOfPrefix.get(this.#prefixes.prefixAt(ordinal)) ?? '';
      const index = indexes.get(country) ?? indexes.size;
      indexes.set(country, index);
      this.#countryAt[ordinal] = index;
    }
    this.#indexes = indexes;
  }

  /** The country's number, −1 when the digits begin with no calling code. */
  indexOf(digits: string): number {
    const ordinal = this.#prefixes.lookup(digits);
    return ordinal < 0 ? -1 : (this.#countryAt[ordinal] as number);
  }

  /** The number of a country given by its ISO 3166 code; of its larger neighbour when they cannot be told apart. */
  indexOfIso(iso: string): number {
    const known = this.#indexes.get(iso);
    if (known !== undefined) return known;
    return isSupportedCountry(iso) ? this.indexOf(getCountryCallingCode(iso)) : -1;
  }
}

/** True for an ISO 3166-1 alpha-2 code that has telephone numbers. */
export const isCountry = (iso: string): boolean => isSupportedCountry(iso);

let shared: CountryTable | undefined;

/** The one table of this process, made when first asked for (about 50 ms). */
export function countryTable(): CountryTable {
  shared ??= new CountryTable(prefixesOfCountries());
  return shared;
}

function prefixesOfCountries(): Map<string, string> {
  const sharing = new Map<string, CountryCode[]>();
  for (const iso of getCountries()) {
    const callingCode = getCountryCallingCode(iso);
    const others = sharing.get(callingCode);
    if (others === undefined) sharing.set(callingCode, [iso]);
    else others.push(iso);
  }
  const prefixes = new Map<string, string>();
  for (const [callingCode, countries] of sharing) {
    prefixes.set(callingCode, mainCountry(callingCode, countries));
    if (callingCode === NANP) addAreaCodes(prefixes);
    else if (countries.length > 1) for (const iso of countries) addLeadingDigits(prefixes, callingCode, iso);
  }
  return prefixes;
}

/** libphonenumber lists the main country of a shared code first in its own table; for these the names say it. */
const MAIN: Readonly<Record<string, string>> = {
  '1': 'US',
  '7': 'RU',
  '39': 'IT',
  '44': 'GB',
  '47': 'NO',
  '61': 'AU',
  '212': 'MA',
  '262': 'RE',
  '290': 'SH',
  '358': 'FI',
  '590': 'GP',
  '599': 'CW',
};

const mainCountry = (callingCode: string, countries: readonly CountryCode[]): string =>
  MAIN[callingCode] ?? countries[0] ?? '';

/** The North American plan tells countries apart by area code alone: ask about one number of each. */
function addAreaCodes(prefixes: Map<string, string>): void {
  for (let area = 200; area <= 999; area++) {
    const country = parsePhoneNumberFromString(`+1${area}2345678`)?.country;
    if (country !== undefined && country !== 'US') prefixes.set(`${NANP}${area}`, country);
  }
}

/** Lists the digit strings that a territory's `leadingDigits` pattern accepts, shortest first. */
function addLeadingDigits(prefixes: Map<string, string>, callingCode: string, iso: CountryCode): void {
  const pattern = leadingDigitsOf(iso);
  if (pattern === undefined || iso === MAIN[callingCode]) return;
  const whole = new RegExp(`^(?:${pattern})$`);
  for (let length = 1; length <= LEADING_DIGITS_MAX; length++) {
    for (let value = 0; value < 10 ** length; value++) {
      const digits = String(value).padStart(length, '0');
      if (whole.test(digits)) prefixes.set(`${callingCode}${digits}`, iso);
    }
  }
}

function leadingDigitsOf(iso: CountryCode): string | undefined {
  const metadata = new Metadata();
  metadata.selectNumberingPlan(iso);
  // The typings leave this reader out; it is part of the library's Metadata class.
  const plan = metadata.numberingPlan as unknown as { leadingDigits?: () => string | undefined } | undefined;
  const pattern = plan?.leadingDigits?.();
  return typeof pattern === 'string' ? pattern : undefined;
}
