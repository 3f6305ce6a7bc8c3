import assert from 'node:assert/strict';
import { Directory, SenderRights, countryTable } from '../../../../switch/directory/index.js';
import type { Kind } from '../../../../switch/directory/index.js';
import type { ProvisionedRow } from '../../../../switch/store/contract.js';

const row = (ref: number, kind: Kind, id: string, tenantRef: number, body: object): ProvisionedRow => ({
  ref,
  kind,
  id,
  tenantRef,
  version: 1,
  body: JSON.stringify(body),
});
const tenant = (ref: number, id: string, parent: number, over: object = {}) =>
  row(ref, 'tenant', id, parent, {
    name: id,
    currency: 'EUR',
    creditLimit: '0',
    forbidLoss: false,
    enabled: true,
    ...(parent === 0 ? {} : { plan: 'p' }),
    ...over,
  });
const account = (over: object = {}) =>
  row(10, 'account', 'a', 3, {
    systemId: 'a',
    passwordHash: 'h',
    enabled: true,
    bindMax: 1,
    bindKinds: ['trx'],
    windowMax: 1,
    segmentsPerSec: 1,
    burstSegments: 1,
    allowFrom: [],
    validityMaxSec: 60,
    validityDefaultSec: 60,
    receiptRetentionSec: 60,
    ...over,
  });
const carrier = (enabled: boolean) => row(20, 'carrier', 'c', 1, { name: 'c', country: 'IT', enabled });
const trunk = (over: object = {}) =>
  row(21, 'trunk', 't', 1, {
    carrier: 'c',
    adapter: 'loopback',
    options: {},
    secrets: {},
    deck: 'd',
    receipts: 'asked',
    receiptTimeoutSec: 5,
    enabled: true,
    ...over,
  });
const base = (): ProvisionedRow[] => [
  // In an order that no one should rely on.
  account(),
  trunk(),
  tenant(3, 'shop', 2),
  tenant(2, 'reseller', 1, { forbidLoss: true }),
  tenant(1, 'operator', 0),
  row(5, 'plan', 'p', 1, { deck: 'd', chargeOn: 'submitted', noReceipt: 'charge' }),
  row(4, 'deck', 'd', 1, { currency: 'EUR' }),
  carrier(true),
  row(30, 'resource', 'n', 3, { type: 'number', value: '393331234567' }),
];

describe('the directory', () => {
  let directory: Directory;
  beforeEach(() => {
    directory = new Directory();
    directory.applyChange(base());
  });

  it('builds owners before what they own, whatever the order of the rows', () => {
    const found = directory.accountBySystemId('a')!;
    assert.deepEqual(found.ownerRefs, [3, 2, 1]);
    assert.deepEqual(
      found.chain.map((sale) => [sale.buyerRef, sale.sellerRef, sale.deckRef, sale.planRef]),
      [
        [3, 2, 4, 5],
        [2, 1, 4, 5],
      ],
    );
    assert.equal(found.tenant.depth, 2);
    assert.equal(directory.root?.id, 'operator');
  });

  it('lets the seller, not the buyer, forbid losses', () => {
    const { chain } = directory.accountBySystemId('a')!;
    assert.deepEqual(
      chain.map((sale) => sale.forbidLoss),
      [true, false],
    );
  });

  it('keeps the identity of every object through a change, and acts at once', () => {
    const before = directory.accountBySystemId('a')!;
    const { senders, tenant: shop } = before;
    directory.applyChange([account({ enabled: false, windowMax: 9 }), tenant(3, 'shop', 2, { creditLimit: '5' })]);
    assert.equal(directory.accounts.get(10), before);
    assert.equal(before.enabled, false);
    assert.equal(before.windowMax, 9);
    assert.equal(before.tenant, shop);
    assert.equal(before.senders, senders);
    assert.equal(shop.balance.creditLimitMicros, 5_000_000n);
  });

  it('closes every tenant below a disabled one, and opens them again', () => {
    const { tenant: shop } = directory.accountBySystemId('a')!;
    directory.applyChange([tenant(2, 'reseller', 1, { enabled: false })]);
    assert.deepEqual([shop.enabled, shop.closedEffective, shop.balance.closed], [true, true, true]);
    directory.applyChange([tenant(2, 'reseller', 1)]);
    assert.deepEqual([shop.closedEffective, shop.balance.closed], [false, false]);
  });

  it('disables every trunk of a disabled carrier', () => {
    const { state } = directory.trunks.get(21)!;
    assert.equal(state.enabled, true);
    directory.applyChange([carrier(false)]);
    assert.deepEqual([state.enabled, directory.trunks.get(21)!.enabled], [false, false]);
    directory.applyChange([trunk({ enabled: false }), carrier(true)]);
    assert.equal(state.enabled, false);
    directory.applyChange([trunk()]);
    assert.equal(state.enabled, true);
  });

  it('finds an account by its new system_id alone after it changed', () => {
    const before = directory.accountBySystemId('a');
    directory.applyChange([account({ systemId: 'b' })]);
    assert.equal(directory.accountBySystemId('a'), undefined);
    assert.equal(directory.accountBySystemId('b'), before);
  });

  it('refuses to move anything to another owner, and leaves all as it was', () => {
    const moved = { ...account({ windowMax: 9 }), tenantRef: 2 };
    assert.throws(() => directory.applyChange([tenant(3, 'shop', 2, { enabled: false }), moved]), { code: 'MX1402' });
    assert.equal(directory.accountBySystemId('a')!.windowMax, 1);
    assert.equal(directory.tenants.get(3)!.enabled, true);
  });

  it('tells which trunks came, changed and went, and whether prices did', () => {
    const quiet = directory.applyChange([account({ windowMax: 2 })]);
    assert.deepEqual([quiet.pricesChanged, quiet.trunksChanged.length], [false, 0]);
    assert.equal(directory.applyChange([trunk({ receiptTimeoutSec: 9 })]).trunksChanged.length, 1);
    const gone = directory.applyChange([], [21, 10]);
    assert.deepEqual([gone.trunksRemoved.length, gone.accountsRemoved.length, gone.pricesChanged], [1, 1, true]);
    assert.equal(gone.trunksRemoved[0]!.state.enabled, false);
    assert.equal(gone.accountsRemoved[0]!.enabled, false);
    assert.equal(directory.accountBySystemId('a'), undefined);
  });

  it('does nothing when told what it knows', () => {
    const change = directory.applyChange(base());
    assert.deepEqual([change.trunksAdded.length, change.trunksChanged.length, change.pricesChanged], [0, 0, false]);
  });

  it('answers a scope with a tenant and all below it', () => {
    assert.deepEqual(directory.scopeOf(2).tenantRefs.toSorted(), [2, 3]);
  });
});

describe('the addresses an account may bind from', () => {
  it('are all when none is listed, and only those listed otherwise', () => {
    const directory = new Directory();
    directory.applyChange(base());
    const { allowFrom } = directory.accountBySystemId('a')!;
    assert.equal(allowFrom.allows('203.0.113.9'), true);
    directory.applyChange([account({ allowFrom: ['192.0.2.0/24', '2001:db8::/32', '198.51.100.7'] })]);
    for (const good of ['192.0.2.255', '::ffff:192.0.2.1', '2001:db8:1::1', '198.51.100.7'])
      assert.ok(allowFrom.allows(good), good);
    for (const bad of ['192.0.3.1', '::ffff:192.0.3.1', '2001:db9::1', '198.51.100.8', 'nonsense', ''])
      assert.ok(!allowFrom.allows(bad), bad);
  });
});

describe('sender rights', () => {
  const rights = new SenderRights(countryTable());
  beforeEach(() =>
    rights.replace([
      { type: 'number', value: '393331234567' },
      { type: 'short-code', value: '48000' },
      { type: 'number-range', value: '4479' },
      { type: 'alphanumeric', value: 'Acme', countries: ['IT', 'JM'] },
      { type: 'alphanumeric', value: 'World', countries: ['*'] },
    ]),
  );

  it('cover the exact number, with or without its plus', () => {
    assert.ok(rights.maySend('393331234567', 'e164', '441'));
    assert.ok(rights.maySend('+393331234567', 'e164', '441'));
    assert.ok(!rights.maySend('39333123456', 'e164', '441'));
    assert.ok(!rights.maySend('3933312345678', 'e164', '441'));
  });

  it('cover every number of an owned range and none beside it', () => {
    assert.ok(rights.maySend('447911123456', 'e164', '39333'));
    assert.ok(rights.maySend('+447911123456', 'e164', '39333'));
    assert.ok(!rights.maySend('447811123456', 'e164', '39333'));
  });

  it('keep short codes and numbers apart by kind', () => {
    assert.ok(rights.maySend('48000', 'short-code', '39333'));
    assert.ok(!rights.maySend('48001', 'short-code', '39333'));
    assert.ok(!rights.maySend('48000', 'alphanumeric', '39333'));
  });

  it('let a name be shown only where it is registered, in any spelling', () => {
    for (const spelling of ['Acme', 'ACME', 'acme']) {
      assert.ok(rights.maySend(spelling, 'alphanumeric', '393331234567'), spelling);
      assert.ok(!rights.maySend(spelling, 'alphanumeric', '447911123456'), spelling);
    }
    assert.ok(!rights.maySend('Acme2', 'alphanumeric', '393331234567'));
    assert.ok(rights.maySend('World', 'alphanumeric', '8613800000000'));
  });

  it('tell countries of one calling code apart', () => {
    assert.ok(rights.maySend('Acme', 'alphanumeric', '18765551234'), 'Jamaica');
    assert.ok(!rights.maySend('Acme', 'alphanumeric', '12125551234'), 'New York');
    assert.ok(!rights.maySend('Acme', 'alphanumeric', '14165551234'), 'Toronto');
  });

  it('end at once when the resource goes, also for spellings met before', () => {
    assert.ok(rights.maySend('ACME', 'alphanumeric', '393331234567'));
    rights.replace([]);
    assert.ok(!rights.maySend('ACME', 'alphanumeric', '393331234567'));
    assert.ok(!rights.maySend('393331234567', 'e164', '441'));
  });

  it('answer the same however many spellings are tried', () => {
    for (let at = 0; at < 10_000; at++) {
      let spelling = '';
      for (let bit = 0; bit < 4; bit++) spelling += at & (1 << bit) ? 'ACME'.charAt(bit) : 'acme'.charAt(bit);
      assert.ok(rights.maySend(spelling, 'alphanumeric', '393331234567'));
      assert.ok(!rights.maySend(`x${at}`, 'alphanumeric', '393331234567'));
    }
  });
});
