// Which source addresses an account may send from: what it or its tenant owns as resources, never patterns.

import { buildPrefixTable } from '#core';
import type { AddressKind, PrefixTable } from '#core';
import type { CountryTable } from './countries.js';
import type { ResourceBody } from './bodies.js';

/** Spellings of registered alphanumerics remembered per account, so that a usual spelling costs one look-up. */
const SPELLINGS_MAX = 256;
const PLUS = 43;

interface Registration {
  everywhere: boolean;
  readonly countries: Set<number>;
}

/** Changed in place: sessions hold it through their account. */
export class SenderRights {
  readonly #countries: CountryTable;
  #numbers = new Set<string>();
  #ranges: PrefixTable | undefined;
  #alphanumerics = new Map<string, Registration>();
  /** Every spelling met so far of a registered alphanumeric, as it came. */
  #spellings = new Map<string, Registration>();

  constructor(countries: CountryTable) {
    this.#countries = countries;
  }

  /** Numbers and short codes exactly; alphanumerics in any case, where registered for the destination's country. */
  maySend(source: string, kind: AddressKind, destination: string): boolean {
    switch (kind) {
      case 'alphanumeric':
        return this.#mayShow(source, destination);
      case 'short-code':
        return this.#numbers.has(source);
      case 'e164':
        return this.#mayCallItself(source.charCodeAt(0) === PLUS ? source.slice(1) : source);
    }
  }

  /** Takes the place of all earlier rights at once. */
  replace(resources: readonly ResourceBody[]): void {
    this.#numbers = new Set();
    this.#alphanumerics = new Map();
    this.#spellings = new Map();
    const ranges: string[] = [];
    for (const resource of resources) {
      switch (resource.type) {
        case 'number':
        case 'short-code':
          this.#numbers.add(resource.value);
          break;
        case 'number-range':
          ranges.push(resource.value);
          break;
        case 'alphanumeric':
          this.#register(resource.value, resource.countries ?? []);
          break;
      }
    }
    this.#ranges = ranges.length === 0 ? undefined : buildPrefixTable(ranges);
  }

  #register(value: string, countries: readonly string[]): void {
    const key = value.toLowerCase();
    const registration = this.#alphanumerics.get(key) ?? { everywhere: false, countries: new Set<number>() };
    for (const iso of countries) {
      if (iso === '*') registration.everywhere = true;
      else registration.countries.add(this.#countries.indexOfIso(iso));
    }
    this.#alphanumerics.set(key, registration);
    this.#spellings.set(value, registration);
  }

  #mayCallItself(digits: string): boolean {
    return this.#numbers.has(digits) || (this.#ranges !== undefined && this.#ranges.lookup(digits) >= 0);
  }

  #mayShow(source: string, destination: string): boolean {
    const registration = this.#spellings.get(source) ?? this.#unusualSpelling(source);
    if (registration === undefined) return false;
    return registration.everywhere || registration.countries.has(this.#countries.indexOf(destination));
  }

  #unusualSpelling(source: string): Registration | undefined {
    const registration = this.#alphanumerics.get(source.toLowerCase());
    if (registration !== undefined && this.#spellings.size < SPELLINGS_MAX) this.#spellings.set(source, registration);
    return registration;
  }
}
