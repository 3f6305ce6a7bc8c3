import assert from 'node:assert/strict';
import { AppError, BALANCE_MICROS_MAX } from '#core';
import {
  adjust,
  Balance,
  chargeStep,
  compileTables,
  packDeckRows,
  quote,
  Quote,
  RateTables,
  release,
  reserve,
  restoreHold,
  Sale,
  settle,
  settleLevel,
  topUp,
} from '#rating';

/** Deck n sells `39` at the nth rate. */
function tablesOf(...ratesNanos: bigint[]): RateTables {
  const decks = ratesNanos.map((priceNanos, at) => ({
    ref: at + 1,
    version: 1,
    rows: packDeckRows([{ prefix: '39', priceNanos, effectiveFromMs: 0 }]),
  }));
  return new RateTables(compileTables(decks, 0));
}

/** Tenants 1, 2, …, each buying from the next by the deck of its own number. */
function chainOf(levels: number, balanceMicros: bigint, forbidLoss = false, currency = 'EUR'): Sale[] {
  return Array.from(
    { length: levels },
    (_, at) =>
      new Sale(new Balance(at + 1, currency, balanceMicros), {
        sellerRef: at + 2,
        deckRef: at + 1,
        planRef: 1,
        chargeOn: 'accepted',
        forbidLoss,
      }),
  );
}

describe('a quote', () => {
  it('prices every level per segment and rounds up once, over all segments', () => {
    const tables = tablesOf(37_500_100n, 20_000_000n);
    const into = new Quote();
    assert.equal(quote(tables, chainOf(2, 0n), 2, tables.index.lookup('39333'), 3, into), 'ok');
    assert.deepEqual(into.rateNanos.slice(0, 2), [37_500_100n, 20_000_000n]);
    // 3 × 37,500.1 micros = 112,500.3, rounded up.
    assert.deepEqual(into.amountMicros.slice(0, 2), [112_501n, 60_000n]);
    assert.deepEqual([into.result, into.levels, into.failedLevel], ['ok', 2, -1]);
  });

  it('prices only the levels below the owner of the trunk', () => {
    const tables = tablesOf(10n);
    assert.equal(quote(tables, chainOf(3, 0n), 1, 0, 1, new Quote()), 'ok');
  });

  it('names the level that has no rate', () => {
    const tables = tablesOf(10n);
    const into = new Quote();
    assert.equal(quote(tables, chainOf(2, 0n), 2, 0, 1, into), 'no-rate');
    assert.equal(into.failedLevel, 1);
    assert.equal(quote(tables, chainOf(2, 0n), 2, -1, 1, into), 'no-rate');
    assert.equal(into.failedLevel, 0);
  });

  it('names the level that sells below its own purchase, when that level forbids it', () => {
    const tables = tablesOf(30n, 10n, 20n);
    const into = new Quote();
    const chain = chainOf(3, 0n, true);
    assert.equal(quote(tables, chain, 3, 0, 1, into), 'loss-making');
    assert.equal(into.failedLevel, 1);
    (chain[1] as Sale).forbidLoss = false;
    assert.equal(quote(tables, chain, 3, 0, 1, into), 'ok');
    assert.equal(into.failedLevel, -1);
  });

  it('lets a level sell at its purchase price', () => {
    assert.equal(quote(tablesOf(10n, 10n), chainOf(2, 0n, true), 2, 0, 1, new Quote()), 'ok');
  });

  it('refuses two currencies under a ban on losses, since nothing proves the margin', () => {
    const chain = chainOf(2, 0n, true);
    (chain[1] as Sale).currency = 'USD';
    assert.equal(quote(tablesOf(20n, 10n), chain, 2, 0, 1, new Quote()), 'loss-making');
  });
});

describe('a reservation', () => {
  it('holds at all levels or at none, and names the level that refused', () => {
    const chain = chainOf(3, 100n);
    (chain[1] as Sale).balance.balanceMicros = 49n;
    assert.equal(reserve(chain, 3, [10n, 50n, 10n]), 1);
    assert.deepEqual(
      chain.map((sale) => sale.balance.heldMicros),
      [0n, 0n, 0n],
    );
    (chain[1] as Sale).balance.balanceMicros = 50n;
    assert.equal(reserve(chain, 3, [10n, 50n, 10n]), -1);
    assert.deepEqual(
      chain.map((sale) => sale.balance.heldMicros),
      [10n, 50n, 10n],
    );
    assert.deepEqual(
      chain.map((sale) => sale.balance.availableMicros),
      [90n, 0n, 90n],
    );
  });

  it('may use the credit limit, to the last micro', () => {
    const chain = chainOf(1, 0n);
    (chain[0] as Sale).balance.creditLimitMicros = 20n;
    assert.equal(reserve(chain, 1, [21n]), 0);
    assert.equal(reserve(chain, 1, [20n]), -1);
    assert.equal(reserve(chain, 1, [1n]), 0);
  });

  it('is refused by a closed tenant, even for nothing', () => {
    const chain = chainOf(2, 100n);
    (chain[1] as Sale).balance.closed = true;
    assert.equal(reserve(chain, 2, [0n, 0n]), 1);
  });

  it('of a free message is not refused for credit', () => {
    const chain = chainOf(1, -5n);
    assert.equal(reserve(chain, 1, [0n]), -1);
    assert.equal(reserve(chain, 1, [1n]), 0);
  });

  it('counts twice when one balance stands twice in the chain', () => {
    const [sale] = chainOf(1, 100n) as [Sale];
    assert.equal(reserve([sale, sale], 2, [60n, 60n]), 1);
    assert.equal(sale.balance.heldMicros, 0n);
  });

  it('given back leaves everything as it was', () => {
    const chain = chainOf(2, 100n);
    reserve(chain, 2, [10n, 20n]);
    release(chain, 2, [10n, 20n]);
    assert.deepEqual(
      chain.map((sale) => [sale.balance.heldMicros, sale.balance.balanceMicros]),
      [
        [0n, 100n],
        [0n, 100n],
      ],
    );
  });

  it('is taken up again after a restart, whatever is left by then', () => {
    const balance = new Balance(1, 'EUR', 5n);
    balance.closed = true;
    restoreHold(balance, 50n);
    assert.deepEqual([balance.heldMicros, balance.availableMicros], [50n, -45n]);
  });
});

describe('a settlement', () => {
  it('takes what is charged and frees the rest', () => {
    const balance = new Balance(1, 'EUR', 100n);
    restoreHold(balance, 30n);
    settle(balance, 30n, 20n);
    assert.deepEqual([balance.balanceMicros, balance.heldMicros], [80n, 0n]);
  });

  it('above its reservation is refused, unless an overrun is declared', () => {
    const balance = new Balance(1, 'EUR', 100n);
    restoreHold(balance, 30n);
    assert.throws(() => settle(balance, 30n, 31n), AppError);
    assert.deepEqual([balance.balanceMicros, balance.heldMicros], [100n, 30n]);
    settle(balance, 30n, 31n, 'allow');
    assert.deepEqual([balance.balanceMicros, balance.heldMicros], [69n, 0n]);
  });

  it('never frees more than is held, nor pays out', () => {
    const balance = new Balance(1, 'EUR', 100n);
    assert.throws(() => settle(balance, 1n, 0n), AppError);
    assert.throws(() => settle(balance, 0n, -1n), AppError);
    assert.throws(() => settle(balance, -1n, 0n), AppError);
    assert.throws(() => restoreHold(balance, -1n), AppError);
  });

  it('of one level happens once', () => {
    const balance = new Balance(1, 'EUR', 100n);
    restoreHold(balance, 60n);
    const message = { settledLevels: 0 };
    assert.equal(settleLevel(message, 1, balance, 30n, 30n), true);
    assert.equal(settleLevel(message, 1, balance, 30n, 30n), false);
    assert.deepEqual([balance.balanceMicros, balance.heldMicros, message.settledLevels], [70n, 30n, 2]);
    assert.equal(settleLevel(message, 0, balance, 30n, 0n), true);
    assert.deepEqual([balance.balanceMicros, balance.heldMicros, message.settledLevels], [70n, 0n, 3]);
  });
});

describe('a top-up', () => {
  it('adds money, also to a closed tenant', () => {
    const balance = new Balance(1, 'EUR', -5n);
    balance.closed = true;
    assert.equal(topUp(balance, 10n), 'ok');
    assert.equal(balance.balanceMicros, 5n);
  });

  it('of nothing or less is refused; an adjustment may take', () => {
    const balance = new Balance(1, 'EUR', 5n);
    assert.equal(topUp(balance, 0n), 'not-positive');
    assert.equal(topUp(balance, -1n), 'not-positive');
    assert.equal(adjust(balance, -10n), 'ok');
    assert.equal(balance.balanceMicros, -5n);
  });

  it('never passes what a record can hold', () => {
    const balance = new Balance(1, 'EUR', BALANCE_MICROS_MAX);
    assert.equal(topUp(balance, 1n), 'too-large');
    assert.equal(adjust(balance, -2n * BALANCE_MICROS_MAX - 1n), 'too-large');
    assert.equal(balance.balanceMicros, BALANCE_MICROS_MAX);
  });
});

describe('the charging moment', () => {
  it('decides what each outcome does with the hold', () => {
    const steps = (['accepted', 'submitted', 'delivered'] as const).map((chargeOn) =>
      (['accepted', 'submitted', 'delivered', 'undelivered', 'failed-unsubmitted', 'no-receipt'] as const).map(
        (event) => chargeStep(chargeOn, event, 'release'),
      ),
    );
    assert.deepEqual(steps, [
      ['charge', 'charge', 'charge', 'charge', 'charge', 'charge'],
      ['hold', 'charge', 'charge', 'charge', 'release', 'charge'],
      ['hold', 'hold', 'charge', 'release', 'release', 'release'],
    ]);
    assert.equal(chargeStep('delivered', 'no-receipt', 'charge'), 'charge');
  });
});
