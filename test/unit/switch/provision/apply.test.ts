import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '#core';
import { exportYaml, openTrunkSecret } from '../../../../switch/provision/index.js';
import { verifyPassword } from '../../../../switch/secrets/index.js';
import { CHAIN, Setup } from './setup.js';

async function faultsOf(work: Promise<unknown>, code = 'MX1401'): Promise<string[]> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.code, code, error.message);
    return error.message.split('\n');
  }
  return assert.fail('the change was made');
}

describe('applying a file', () => {
  let setup: Setup;
  beforeEach(() => void (setup = new Setup()));

  it('creates everything in one change with one audit record', async () => {
    const report = await setup.apply(CHAIN);
    assert.equal(report.created.length, 14);
    assert.equal(setup.records.audits.length, 1);
    assert.equal(setup.records.audits[0]?.tenantId, 'operator');
    assert.equal(setup.told[0]?.trunksAdded[0]?.id, 'alfa-1');
    const account = setup.directory.accountBySystemId('shop-1')!;
    assert.deepEqual(
      account.chain.map((sale) => sale.buyerRef),
      [account.tenant.ref, account.tenant.parent!.ref],
    );
    assert.equal(account.tenant.parent!.balance.creditLimitMicros, 100_000_000n);
    assert.equal(account.chain[0]!.chargeOn, 'delivered');
  });

  it('finds nothing to do the second time, secrets included', async () => {
    await setup.apply(CHAIN);
    const again = await setup.apply(CHAIN);
    assert.deepEqual([again.created, again.changed, again.removed, again.unchanged], [[], [], [], 14]);
    assert.equal(setup.records.audits.length, 1);
  });

  it('keeps no secret in clear, neither in rows nor in the audit', async () => {
    await setup.apply(CHAIN);
    await setup.apply(CHAIN.replace('s3cret', 'n3wpass').replace('upstream', 'other-up'));
    const kept = JSON.stringify([...setup.records.rows.values()]) + JSON.stringify(setup.records.audits);
    assert.doesNotMatch(kept, /s3cret|n3wpass|"upstream"|other-up|mxk_/);
    const { passwordHash } = setup.directory.accountBySystemId('shop-1')!;
    assert.equal(await verifyPassword('n3wpass', passwordHash), true);
    const trunk = [...setup.directory.trunks.values()][0]!;
    assert.equal(openTrunkSecret(setup.box, trunk, 'password'), 'other-up');
    assert.match(setup.records.audits[1]!.detail, /"passwordHash","before":"\[hidden\]"/);
  });

  it('writes an export that applies as unchanged', async () => {
    await setup.apply(CHAIN);
    const text = exportYaml(setup.directory, setup.context().scope);
    assert.doesNotMatch(text, /s3cret|upstream\b.*#/);
    const report = await setup.apply(text, { prune: true });
    assert.deepEqual([report.created, report.changed, report.removed], [[], [], []]);
    assert.equal(report.unchanged, 14);
  });

  it('changes nothing in a dry run, and says what would change', async () => {
    await setup.apply(CHAIN);
    const report = await setup.apply(CHAIN.replace('password: s3cret', 'password: s3cret, windowMax: 7'), {
      dryRun: true,
    });
    assert.deepEqual(report.changed, [
      { kind: 'account', id: 'shop-1', fields: [{ field: 'windowMax', before: '100', after: '7' }] },
    ]);
    assert.equal(setup.directory.accountBySystemId('shop-1')!.windowMax, 100);
    assert.equal(setup.records.audits.length, 1);
  });

  it('never deletes what the file omits, unless asked to prune', async () => {
    await setup.apply(CHAIN);
    const without = CHAIN.replace(/ {2}shop-name:.*\n/, '');
    assert.deepEqual((await setup.apply(without)).removed, []);
    const pruned = await setup.apply(without, { prune: true });
    assert.deepEqual(
      pruned.removed.map((row) => row.id),
      ['shop-name'],
    );
    const { senders } = setup.directory.accountBySystemId('shop-1')!;
    assert.equal(senders.maySend('ShopIT', 'alphanumeric', '393330000000'), false);
  });

  it('refuses to prune what something still names', async () => {
    await setup.apply(CHAIN);
    const faults = await faultsOf(setup.apply(CHAIN.replace('  sell: {}\n', ''), { prune: true }));
    assert.deepEqual(
      faults,
      ["p.yaml:17: plans.wholesale.deck: names deck 'sell', which would be removed"].map((line) =>
        line.replace(
          '17',
          String(
            CHAIN.replace('  sell: {}\n', '')
              .split('\n')
              .findIndex((text) => text.includes('wholesale: {')) + 1,
          ),
        ),
      ),
    );
  });

  it('refuses to prune a tenant with money left, and what is in use', async () => {
    await setup.apply(CHAIN);
    setup.directory.accountBySystemId('shop-1')!.tenant.balance.balanceMicros = 5n;
    const lines = CHAIN.split('\n').filter((line) => !/^ {2}(shop|shop-1|shop-number|shop-name|shop-key):/.test(line));
    const text = lines.filter((line) => !/^(accounts|resources|keys):/.test(line)).join('\n');
    assert.match((await faultsOf(setup.apply(text, { prune: true }), 'MX1402'))[0]!, /balance is not zero/);
    setup.directory.accountBySystemId('shop-1')!.tenant.balance.balanceMicros = 0n;
    setup.busy = 'messages wait for it';
    assert.match((await faultsOf(setup.apply(text, { prune: true }), 'MX1402'))[0]!, /messages wait for it/);
    setup.busy = undefined;
    assert.equal((await setup.apply(text, { prune: true })).removed.length, 5);
    assert.equal(setup.directory.accountBySystemId('shop-1'), undefined);
  });

  it('names line and field of every fault, and changes nothing', async () => {
    const faults = await faultsOf(
      setup.apply(
        [
          'tenants:',
          '  operator: { currency: EURO }',
          'accounts:',
          '  a:',
          '    tenant: nobody',
          '    password: much-too-long',
          '    windowMax: 0',
          '    colour: red',
          'resources:',
          '  r: { tenant: operator, type: number, value: 0123 }',
        ].join('\n'),
      ),
    );
    assert.deepEqual(faults.sort(), [
      'p.yaml:10: resources.r.value: must be an international number, digits only, country code first',
      'p.yaml:2: tenants.operator.currency: must be a currency such as EUR (ISO 4217)',
      'p.yaml:6: accounts.a.password: must have 1 to 8 octets (SMPP 3.4 §4.1.1)',
      'p.yaml:7: accounts.a.windowMax: must be a whole number from 1 to 10000',
      'p.yaml:8: accounts.a.colour: is not known here',
    ]);
    assert.equal(setup.records.rows.size, 0);
  });

  it('explains what does not fit together', async () => {
    await setup.apply(CHAIN);
    const refused = async (text: string): Promise<string> => (await faultsOf(setup.apply(text))).join('\n');
    assert.match(
      await refused('tenants:\n  shop: { parent: operator, plan: wholesale }'),
      /:2: tenants\.shop\.parent: is 'reseller' and cannot change/,
    );
    assert.match(await refused('tenants:\n  second: { currency: EUR }'), /'operator' is the root already/);
    assert.match(
      await refused('tenants:\n  x: { parent: shop, plan: retail }'),
      /plan: 'retail' belongs to 'reseller', and must to 'shop'/,
    );
    assert.match(
      await refused('tenants:\n  x: { parent: shop, currency: USD, plan: retail }'),
      /must be its parent's, EUR/,
    );
    assert.match(await refused('tenants:\n  x: { parent: operator }'), /plan: is missing/);
    assert.match(await refused('tenants:\n  x: { parent: y }\n  y: { parent: x }'), /its own child/);
    assert.match(
      await refused('accounts:\n  b: { tenant: shop, password: x, systemId: shop-1 }'),
      /systemId: 'shop-1' is taken by 'shop-1'/,
    );
    assert.match(await refused('accounts:\n  b: { tenant: shop }'), /password: is missing/);
    assert.match(await refused('accounts:\n  shop-1: { tenant: reseller }'), /tenant: is 'shop' and cannot change/);
    assert.match(
      await refused('resources:\n  n: { tenant: reseller, type: number, value: 393331234567 }'),
      /is taken by 'shop-number'/,
    );
    assert.match(await refused('resources:\n  n: { tenant: shop, type: alphanumeric, value: X }'), /must say where/);
    assert.match(
      await refused('trunks:\n  t: { carrier: alfa, adapter: loopback }'),
      /options: delayMs must be a number/,
    );
    assert.match(
      await refused('trunks:\n  t: { carrier: alfa, adapter: fax }'),
      /adapter: 'fax' is not known; there are loopback/,
    );
    assert.match(
      await refused('trunks:\n  t: { carrier: beta, adapter: loopback, options: { delayMs: 1 } }'),
      /there is no carrier 'beta'/,
    );
    assert.equal(setup.records.audits.length, 1);
  });

  it('refuses tenants deeper than the limit', async () => {
    await setup.apply(CHAIN);
    let text = 'tenants:\n';
    let extras = 'decks:\n';
    let plans = 'plans:\n';
    for (let depth = 3, parent = 'shop'; depth < 9; depth++, parent = `t${depth - 1}`) {
      text += `  t${depth}: { parent: ${parent}, plan: p${depth} }\n`;
      extras += `  d${depth}: { tenant: ${parent} }\n`;
      plans += `  p${depth}: { tenant: ${parent}, deck: d${depth} }\n`;
    }
    assert.match(
      (await faultsOf(setup.apply(text + extras + plans))).join('\n'),
      /tenants\.t8\.parent: puts it deeper than 8 levels/,
    );
  });

  it('leaves switched off what a command switched off, until the file says otherwise', async () => {
    await setup.apply(CHAIN);
    await setup.provisioner.edit('carrier', 'alfa', { enabled: false }, setup.context({ command: 'carrier.disable' }));
    const trunk = [...setup.directory.trunks.values()][0]!;
    assert.equal(trunk.state.enabled, false);
    await setup.apply(CHAIN);
    assert.equal(trunk.enabled, false);
    await setup.apply(CHAIN.replace('country: IT', 'country: IT, enabled: true'));
    assert.deepEqual([trunk.enabled, trunk.state.enabled], [true, true]);
    assert.equal(setup.records.audits[1]?.command, 'carrier.disable');
  });

  it('shows nothing of a change that the store refused, and goes on with the next', async () => {
    await setup.apply(CHAIN);
    setup.records.failNext = true;
    const text = CHAIN.replace('password: s3cret', 'password: s3cret, windowMax: 7');
    const [first, second] = await Promise.allSettled([setup.apply(text), setup.apply(text)]);
    assert.equal(first.status, 'rejected');
    assert.equal(second.status, 'fulfilled');
    assert.equal(setup.directory.accountBySystemId('shop-1')!.windowMax, 7);
  });

  it('confines a tenant to what it owns', async () => {
    await setup.apply(CHAIN);
    const reseller = setup.directory.accountBySystemId('shop-1')!.tenant.parent!;
    const context = setup.context({ scope: setup.directory.scopeOf(reseller.ref) });
    await setup.provisioner.edit('account', 'shop-1', { enabled: false }, context);
    await assert.rejects(setup.provisioner.edit('carrier', 'alfa', { enabled: false }, context), { code: 'MX1404' });
    await assert.rejects(setup.provisioner.edit('tenant', 'reseller', { creditLimit: '1000' }, context), {
      code: 'MX1404',
    });
    await setup.provisioner.edit('tenant', 'shop', { creditLimit: '10' }, context);
  });
});

describe('applying decks', () => {
  let setup: Setup;
  let folder: string;
  const text = CHAIN.replace('  buy: {}', '  buy: { file: buy.csv }');
  beforeEach(async () => {
    setup = new Setup();
    folder = mkdtempSync(join(tmpdir(), 'mx-apply-'));
    writeFileSync(join(folder, 'buy.csv'), 'prefix,price\n39,0.03\n44,0.04\n');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('reads CSV files beside the file, and counts what changed', async () => {
    assert.equal((await setup.apply(text, { folder })).decks[0]?.added, 2);
    writeFileSync(join(folder, 'buy.csv'), 'prefix,price\n39,0.035\n33,0.02\n');
    const report = await setup.apply(text, { folder });
    const { added, removed, raised, lowered } = report.decks[0]!;
    assert.deepEqual([added, removed, raised, lowered], [1, 1, 1, 0]);
    assert.equal((await setup.apply(text, { folder })).decks.length, 0);
    assert.equal(setup.records.versions.length, 2);
  });

  it('lists bad rows by line and applies nothing', async () => {
    writeFileSync(join(folder, 'buy.csv'), 'prefix,price\n39,0.03\n4x,0.04\n33,free\n');
    const faults = await faultsOf(setup.apply(text, { folder }));
    assert.equal(faults.length, 2);
    assert.match(faults[0]!, /buy\.csv:3: prefix: '4x' /);
    assert.match(faults[1]!, /buy\.csv:4: price: 'free' /);
    assert.equal(setup.records.rows.size, 0);
  });

  it('says which line names a deck file that is not there', async () => {
    rmSync(join(folder, 'buy.csv'));
    assert.match((await faultsOf(setup.apply(text, { folder })))[0]!, /^p\.yaml:\d+: decks\.buy\.file: .*ENOENT/);
  });

  it('imports one deck by itself and rolls it back', async () => {
    await setup.apply(text, { folder });
    writeFileSync(join(folder, 'new.csv'), 'Code;Rate\n39;0,05\n');
    const mapping = { prefix: 'Code', price: 'Rate', decimal: ',' as const };
    const report = await setup.provisioner.importDeck(
      'buy',
      { path: join(folder, 'new.csv'), mapping },
      false,
      setup.context(),
    );
    assert.deepEqual([report.decks[0]?.raised, report.decks[0]?.removed], [1, 1]);
    const back = await setup.provisioner.rollbackDeck('buy', 1, setup.context());
    assert.deepEqual([back.decks[0]?.lowered, back.decks[0]?.added], [1, 1]);
    assert.deepEqual(setup.records.versions[2]?.rows, setup.records.versions[0]?.rows);
    await assert.rejects(setup.provisioner.rollbackDeck('buy', 9, setup.context()), { code: 'MX1403' });
    await assert.rejects(setup.provisioner.rollbackDeck('none', 1, setup.context()), { code: 'MX1403' });
  });
});
