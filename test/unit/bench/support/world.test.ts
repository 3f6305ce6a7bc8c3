import assert from 'node:assert/strict';

import { DESTINATIONS, destinationOf } from '../../../../bench/support/chance.js';
import { SinkMark } from '../../../../bench/support/control.js';
import type { RunLogs } from '../../../../bench/support/logs.js';
import { World } from '../../../../bench/support/world.js';

const world = new World({
  seed: 3,
  accounts: 40,
  deckRows: 500,
  ports: [1, 2],
  receipts: true,
  trunkWindowMax: 10,
  accountWindowMax: 10,
  accountBindMax: 1,
  passwordCost: 16,
});

/** The rows of a deck as its file has them, priced by trying every row: slow and plain. */
function plainMicros(deckId: string, digits: string): number {
  const deck = world.decks.find((each) => each.id === deckId);
  assert.ok(deck !== undefined);
  let best = '';
  let price = '';
  for (const line of [...world.deckCsv(deck)].join('').split('\n').slice(1)) {
    const [prefix = '', text = ''] = line.split(',');
    if (prefix !== '' && digits.startsWith(prefix) && prefix.length > best.length) [best, price] = [prefix, text];
  }
  return Math.ceil(Number(BigInt(price.replace('0.', ''))) / 1_000);
}

describe('world of a run', () => {
  it('prices every destination as a plain search of the deck file does', () => {
    for (const deck of world.decks.slice(0, 4)) {
      const micros = world.prices.microsByDestination(deck);
      for (let at = 0; at < DESTINATIONS; at += 4_001) {
        assert.equal(micros[at], plainMicros(deck.id, world.prices.destinations[at] ?? ''));
      }
    }
  });

  it('lets every level earn on every destination', () => {
    const micros = (id: string): Float64Array =>
      world.prices.microsByDestination(world.decks.find((deck) => deck.id === id) ?? assert.fail(id));
    const chain = ['buy-0', 'sell-region-0', 'sell-reseller-0', 'sell-of-reseller-0'].map(micros);
    for (let at = 0; at < DESTINATIONS; at++) {
      for (let level = 1; level < chain.length; level++)
        assert.ok((chain[level]?.[at] ?? 0) > (chain[level - 1]?.[at] ?? 0));
    }
  });

  it('charges each level by its own plan: on submission, or on delivery alone', () => {
    const logs: RunLogs = {
      serials: 2,
      outcomes: new Uint8Array(2),
      accounts: new Uint16Array(2),
      sentTicks: new Uint32Array(2),
      receiptStates: new Uint8Array(2),
      receiptCounts: new Uint8Array(2),
      receiptTicks: new Uint32Array(2),
      sinkCounts: Uint8Array.from([1, 1]),
      sinkTicks: new Uint32Array(2),
      sinkTrunks: new Uint8Array(2),
      sinkMarks: Uint8Array.from([SinkMark.delivered, SinkMark.undeliverable]),
    };
    const charges = world.expectedChargesMicros(logs, 9);
    const [customer] = world.accounts;
    assert.equal(customer?.tenant.plan?.chargeOn, 'delivered');
    const sell = world.prices.microsByDestination(customer.tenant.plan.deck);
    assert.equal(charges.get(customer.tenant.id), sell[destinationOf(0, 9)]);
    const region = world.tenants.find((tenant) => tenant.id === 'region-0');
    assert.equal(region?.plan?.chargeOn, 'submitted');
    const buy = world.prices.microsByDestination(region.plan.deck);
    assert.equal(charges.get('region-0'), (buy[destinationOf(0, 9)] ?? 0) + (buy[destinationOf(1, 9)] ?? 0));
    assert.equal(charges.get('operator'), 0);
  });
});
