// Loss-making traffic: what a trunk's owner earns from the level below it, per destination, when that owner forbids
// losses. Comparable only within one currency; across currencies the check waits for exchange rates.

import type { RateTables, Sale } from '#rating';
import type { Account } from '../directory/index.js';

const NO_CEILING = -1n;

export class Ceilings {
  readonly #answer: bigint[] = [];

  /** For each of the account's owner refs the most that a carrier may cost, in nanos per segment; −1n: any. */
  of(account: Account, rates: RateTables, ordinal: number): readonly bigint[] {
    const answer = this.#answer;
    const { chain } = account;
    answer[0] = NO_CEILING;
    for (let level = 0; level < chain.length; level++) {
      const sale = chain[level] as Sale;
      answer[level + 1] = sale.forbidLoss ? rates.priceNanos(sale.deckRef, ordinal) : NO_CEILING;
    }
    return answer;
  }
}
