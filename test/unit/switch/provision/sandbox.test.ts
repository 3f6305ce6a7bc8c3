import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loopbackAdapterKind } from '#adapters/loopback';
import { compileTables, packDeckRows, parseDeckCsv, RateTables, unpackDeckRows } from '#rating';
import { readProvisionFile, sandbox } from '../../../../switch/provision/index.js';
import { sandboxDecks } from '../../../../switch/provision/sandbox.js';
import { verifyPassword } from '../../../../switch/secrets/index.js';
import { Setup } from './setup.js';

describe('the sandbox', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'mx-sandbox-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('applies to an empty switch, and its file without secrets applies again as unchanged', async () => {
    const setup = new Setup();
    setup.adapters.set('loopback', loopbackAdapterKind);
    const made = sandbox(folder);
    const apply = (document: typeof made.document) =>
      setup.provisioner.apply(document, { dryRun: false, prune: false }, setup.context());
    const report = await apply(made.document);
    assert.equal(report.decks.length, 6);
    assert.ok(report.decks.every((deck) => deck.rowCount > 400));
    const account = setup.directory.accountBySystemId('sandbox')!;
    assert.equal(await verifyPassword(made.credentials.password, account.passwordHash), true);
    assert.equal(account.senders.maySend(made.credentials.number, 'e164', '39333'), true);
    assert.equal(account.senders.maySend(made.credentials.name, 'alphanumeric', '39333'), true);
    assert.equal(account.chain.length, 2);
    for (const { tenant } of made.topUps) assert.ok(setup.directory.row('tenant', tenant));
    const file = join(folder, 'sandbox', 'sandbox.yaml');
    assert.ok(!readFileSync(file, 'utf8').includes(made.credentials.password));
    const again = await apply(readProvisionFile(file));
    assert.deepEqual([again.created, again.changed, again.decks], [[], [], []]);
  });

  it('makes another password and key each time, and the same decks', () => {
    const [first, second] = [sandbox(folder), sandbox(folder)];
    assert.notEqual(first.credentials.password, second.credentials.password);
    assert.notEqual(first.credentials.httpKey, second.credentials.httpKey);
    assert.deepEqual(sandboxDecks(), sandboxDecks());
  });

  it('sells above what every carrier costs, at each level, everywhere', () => {
    const price = new Map<string, Map<string, bigint>>();
    for (const [name, csv] of sandboxDecks()) {
      const parsed = parseDeckCsv(csv);
      assert.ok(parsed.ok);
      price.set(name, new Map(unpackDeckRows(parsed.rows).map((row) => [row.prefix, row.priceNanos])));
    }
    for (const [prefix, retail] of price.get('sell-customer')!) {
      const wholesale = price.get('sell-reseller')!.get(prefix)!;
      assert.ok(retail > wholesale, prefix);
      for (const id of ['alfa', 'bravo', 'celta', 'delta'])
        assert.ok(wholesale > price.get(`buy-${id}`)!.get(prefix)!, prefix);
    }
  });

  it('has prices for mobile numbers all over the world, and no single cheapest carrier', () => {
    const names = ['alfa', 'bravo', 'celta', 'delta'];
    const decks = names.map((name, at) => {
      const parsed = parseDeckCsv(sandboxDecks().get(`buy-${name}`)!);
      assert.ok(parsed.ok);
      return { ref: at + 1, version: 1, rows: packDeckRows(unpackDeckRows(parsed.rows)) };
    });
    const tables = new RateTables(compileTables(decks, Date.UTC(2026, 5, 1)));
    const cheapest = new Set<string>();
    const dear = (number: string) => names.map((_, at) => tables.priceNanos(at + 1, tables.index.lookup(number)));
    for (const number of ['393331234567', '12125551234', '4915112345678', '8613812345678', '2348031234567']) {
      assert.ok(
        dear(number).every((nanos) => nanos > 0n),
        number,
      );
    }
    for (let ordinal = 0; ordinal < tables.index.size; ordinal++) {
      const prices = dear(tables.index.prefixAt(ordinal));
      cheapest.add(names[prices.indexOf(prices.reduce((a, b) => (a < b ? a : b)))]!);
    }
    assert.ok(cheapest.size >= 3, [...cheapest].join());
  });
});
