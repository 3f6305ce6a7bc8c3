import assert from 'node:assert/strict';
import fc from 'fast-check';
import { RATE_NANOS_MAX, SEGMENTS_MAX } from '#core';
import {
  Balance,
  compileTables,
  packDeckRows,
  quote,
  Quote,
  RateTables,
  release,
  reserve,
  Sale,
  settleLevel,
} from '#rating';
import { seeded } from './seed.js';

const LEVELS = 4;

/** Messages of several customers below one tree of tenants, each at some stage of its life. */
interface Step {
  readonly customer: number;
  readonly message: number;
  readonly act: 'reserve' | 'settle' | 'release' | 'replay';
  readonly level: number;
  readonly part: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  customer: fc.nat(3),
  message: fc.nat(40),
  act: fc.constantFrom('reserve', 'settle', 'release', 'replay'),
  level: fc.nat(LEVELS - 1),
  part: fc.nat(100),
});

class OpenMessage {
  settledLevels = 0;
  readonly amounts: bigint[];
  readonly charged: bigint[] = new Array<bigint>(LEVELS).fill(0n);
  constructor(amounts: bigint[]) {
    this.amounts = amounts;
  }
}

/** Four customers with a parent each, two grandparents, one region: chains that share their upper balances. */
function treeOfSales(balances: readonly bigint[]): Sale[][] {
  let next = 0;
  const tenant = (): Balance => new Balance(next + 1, 'EUR', balances[next++ % balances.length]);
  const region = tenant();
  const resellers = [tenant(), tenant()];
  const parents = [tenant(), tenant(), tenant(), tenant()];
  return parents.map((parent, at) =>
    [tenant(), parent, resellers[at >> 1]!, region].map(
      (balance, level) =>
        new Sale(balance, { sellerRef: 0, deckRef: level, planRef: 0, chargeOn: 'delivered', forbidLoss: false }),
    ),
  );
}

describe('holds and settlements in any order', () => {
  it('never overdraw a balance, never lose or make money, and happen once', () => {
    const balances = fc.array(fc.bigInt(0n, 5_000n), { minLength: 11, maxLength: 11 });
    const amounts = fc.array(fc.bigInt(0n, 400n), { minLength: LEVELS, maxLength: LEVELS });
    const steps = fc.array(step, { maxLength: 400 });
    fc.assert(
      fc.property(balances, amounts, steps, (startMicros, prices, acts) => {
        const chains = treeOfSales(startMicros);
        const all = [...new Set(chains.flat().map((sale) => sale.balance))];
        const start = new Map(all.map((balance) => [balance, balance.balanceMicros]));
        const paid = new Map(all.map((balance) => [balance, 0n]));
        const held = new Map(all.map((balance) => [balance, 0n]));
        const open = new Map<string, OpenMessage>();
        const move = (map: Map<Balance, bigint>, balance: Balance, by: bigint) =>
          map.set(balance, (map.get(balance) ?? 0n) + by);

        for (const { customer, message, act, level, part } of acts) {
          const chain = chains[customer]!;
          const id = `${customer}/${message}`;
          const known = open.get(id);
          if (act === 'reserve' && known === undefined) {
            const before = all.map((balance) => balance.heldMicros);
            const refusedAt = reserve(chain, LEVELS, prices);
            if (refusedAt < 0) {
              open.set(id, new OpenMessage(prices));
              chain.forEach((sale, at) => move(held, sale.balance, prices[at]!));
            } else {
              assert.ok(prices[refusedAt]! > chain[refusedAt]!.balance.availableMicros);
              assert.deepEqual(
                all.map((balance) => balance.heldMicros),
                before,
              );
            }
          } else if (known !== undefined && act === 'release' && known.settledLevels === 0) {
            release(chain, LEVELS, known.amounts);
            chain.forEach((sale, at) => move(held, sale.balance, -known.amounts[at]!));
            known.settledLevels = (1 << LEVELS) - 1;
          } else if (known !== undefined && act !== 'reserve') {
            // `replay` repeats what was charged before, as a second receipt or a journal read twice does.
            const { balance } = chain[level]!;
            const charge = act === 'replay' ? known.charged[level]! : (known.amounts[level]! * BigInt(part)) / 100n;
            const wasSettled = (known.settledLevels & (1 << level)) !== 0;
            assert.equal(settleLevel(known, level, balance, known.amounts[level]!, charge), !wasSettled);
            if (!wasSettled) {
              known.charged[level] = charge;
              move(paid, balance, charge);
              move(held, balance, -known.amounts[level]!);
            }
          }
          for (const balance of all) {
            assert.ok(balance.availableMicros >= 0n, 'overdrawn');
            assert.equal(balance.heldMicros, held.get(balance));
            assert.equal(balance.balanceMicros, start.get(balance)! - paid.get(balance)!);
          }
        }
      }),
      seeded(400),
    );
  });

  it('exhaust a balance exactly: what is refused did not fit, and what fits is not refused', () => {
    fc.assert(
      fc.property(
        fc.bigInt(0n, 10_000n),
        fc.bigInt(0n, 500n),
        fc.array(fc.bigInt(1n, 900n)),
        (money, credit, holds) => {
          const balance = new Balance(1, 'EUR', money, credit);
          const terms = { sellerRef: 2, deckRef: 1, planRef: 1, chargeOn: 'accepted', forbidLoss: false } as const;
          const chain = [new Sale(balance, terms)];
          let left = money + credit;
          for (const amount of holds) {
            const fits = amount <= left;
            assert.equal(reserve(chain, 1, [amount]), fits ? -1 : 0);
            if (fits) left -= amount;
            assert.equal(balance.availableMicros, left);
          }
        },
      ),
      seeded(500),
    );
  });
});

describe('a quote of any rate', () => {
  const tablesOf = (rateNanos: bigint): RateTables => {
    const rows = packDeckRows([{ prefix: '39', priceNanos: rateNanos, effectiveFromMs: 0 }]);
    return new RateTables(compileTables([{ ref: 1, version: 1, rows }], 0));
  };
  const amountOf = (rateNanos: bigint, segments: number): bigint => {
    const chain = [
      new Sale(new Balance(1, 'EUR'), { sellerRef: 2, deckRef: 1, planRef: 1, chargeOn: 'accepted', forbidLoss: true }),
    ];
    const into = new Quote();
    assert.equal(quote(tablesOf(rateNanos), chain, 1, 0, segments, into), 'ok');
    return into.amountMicros[0]!;
  };
  const rate = fc.bigInt(0n, RATE_NANOS_MAX);
  const segments = fc.integer({ min: 1, max: SEGMENTS_MAX });

  it('never costs less for more segments, and never gains by splitting', () => {
    fc.assert(
      fc.property(rate, segments, segments, (rateNanos, first, second) => {
        const whole = amountOf(rateNanos, first + second);
        assert.ok(whole >= amountOf(rateNanos, first));
        assert.ok(amountOf(rateNanos, first) + amountOf(rateNanos, second) >= whole);
      }),
      seeded(300),
    );
  });

  it('is at most one micro above the exact price, and never below', () => {
    fc.assert(
      fc.property(rate, segments, (rateNanos, count) => {
        const overNanos = amountOf(rateNanos, count) * 1_000n - rateNanos * BigInt(count);
        assert.ok(overNanos >= 0n && overNanos < 1_000n);
      }),
      seeded(300),
    );
  });
});
