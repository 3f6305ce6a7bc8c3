import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '#core';
import { openAdminServer } from '../../../switch/admin/index.js';
import type { AdminServer } from '../../../switch/admin/index.js';
import { runCli } from '../../../switch/cli/main.js';
import { createCommands } from '../../../switch/command/index.js';
import { CHAIN, Setup } from '../../unit/switch/provision/setup.js';

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

describe('the command line against a running switch', () => {
  let folder: string;
  let setup: Setup;
  let admin: AdminServer | undefined;

  const matrioska = async (...line: string[]): Promise<Run> => {
    const [out, err]: [string[], string[]] = [[], []];
    const terminal = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
    const code = await runCli([...line, '--config', join(folder, 'm.yaml')], terminal, {});
    return { code, out: out.join('\n'), err: err.join('\n') };
  };
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mx-cli-'));
    file('m.yaml', `dataFolder: ${folder}\n`);
    setup = new Setup();
    const { records, directory, provisioner } = setup;
    let postingId = 0;
    const commands = createCommands({
      directory,
      provisioner,
      clock: systemClock,
      node: 1,
      records: {
        change: (changes, audit) => records.change(changes, audit),
        audit: () => records.audit(),
        mdrPage: () => Promise.resolve({ rows: [], nextKey: undefined }),
        postingKey: (key) => records.postingKey(key),
        retain: () => Promise.resolve(['2026-01-01']),
        backup: () => Promise.resolve(),
      },
      story: () => Promise.resolve(undefined),
      newPostingId: () => ++postingId,
      post: ({ id, tenant, micros }) => {
        records.posted.add(id);
        tenant.balance.balanceMicros += micros;
        return Promise.resolve({ id, balance: String(tenant.balance.balanceMicros) });
      },
      status: () => ({ ready: true }),
      drain: () => Promise.resolve(),
    });
    admin = await openAdminServer(join(folder, 'admin.sock'), { commands, directory, log: silentLogger });
  });
  afterEach(async () => {
    await admin?.close();
    rmSync(folder, { recursive: true });
  });

  it('applies a file, shows what changed, and finds nothing to do the second time', async () => {
    const first = await matrioska('apply', file('p.yaml', CHAIN), '--reason', 'opening');
    assert.equal(first.code, 0, first.err);
    assert.match(first.out, /^\+ tenant operator$/m);
    assert.match(first.out, /14 created, 0 changed, 0 removed, 0 unchanged$/);
    assert.equal(setup.records.audits[0]?.reason, 'opening');
    assert.match(setup.records.audits[0].actor, /^cli:./);
    assert.match(
      (await matrioska('apply', join(folder, 'p.yaml'))).out,
      /^0 created, 0 changed, 0 removed, 14 unchanged$/,
    );
  });

  it('prints faults by file and line, with exit code 1, and as JSON when asked', async () => {
    const bad = file('bad.yaml', 'tenants:\n  operator: { currency: euro }\n');
    const text = await matrioska('apply', bad);
    assert.deepEqual([text.code, text.out], [1, '']);
    assert.match(text.err, /error MX1401: bad\.yaml:2: tenants\.operator\.currency: must be a currency/);
    assert.match(text.err, /\n→ nothing was changed/);
    const json = await matrioska('apply', bad, '--json');
    assert.equal((JSON.parse(json.out) as { error: { code: string } }).error.code, 'MX1401');
  });

  it('exports what applies again as unchanged', async () => {
    await matrioska('apply', file('p.yaml', CHAIN));
    const { out } = await matrioska('export');
    const again = await matrioska('apply', file('exported.yaml', out), '--prune');
    assert.match(again.out, /^0 created, 0 changed, 0 removed, 14 unchanged$/);
  });

  it('tops up and lists balances, as a table and as JSON', async () => {
    await matrioska('apply', file('p.yaml', CHAIN));
    assert.equal((await matrioska('topup', 'shop', '25.50', '--key', 'my-key-1')).code, 0);
    assert.equal((await matrioska('topup', 'shop', '25.50', '--key', 'my-key-1')).code, 0);
    const rows = JSON.parse((await matrioska('balance', '--json')).out) as { tenant: string; balanceMicros: string }[];
    assert.equal(rows.find((row) => row.tenant === 'shop')?.balanceMicros, '25500000');
    assert.match((await matrioska('balance')).out, /^shop +EUR +25\.50 /m);
  });

  it('adjusts downwards when told so clearly', async () => {
    await matrioska('apply', file('p.yaml', CHAIN));
    const [out, err]: [string[], string[]] = [[], []];
    const terminal = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
    const line = ['balance', '--reason', 'refund', '--config', join(folder, 'm.yaml'), '--', 'adjust', 'shop', '-2'];
    assert.equal(await runCli(line, terminal, {}), 0, err.join());
    assert.equal(setup.directory.accountBySystemId('shop-1')!.tenant.balance.balanceMicros, -2_000_000n);
  });

  it('imports a deck with a column mapping', async () => {
    await matrioska('apply', file('p.yaml', CHAIN));
    const csv = file('deck.csv', 'Code;Rate\n39;0,05\n');
    const run = await matrioska('deck', 'import', 'buy', csv, '--prefix', 'Code', '--price', 'Rate', '--decimal', ',');
    assert.match(run.out, /~ deck buy: 1 rows: 0 raised, 0 lowered, 1 new, 0 gone/);
    assert.equal((await matrioska('deck', 'rollback', 'buy', '1')).code, 0);
  });

  it('switches things off at once', async () => {
    await matrioska('apply', file('p.yaml', CHAIN));
    assert.match((await matrioska('account', 'disable', 'shop-1')).out, /enabled: true → false/);
    assert.equal(setup.directory.accountBySystemId('shop-1')!.enabled, false);
    assert.equal((await matrioska('account', 'disable', 'none')).code, 1);
    assert.equal((await matrioska('account', 'destroy', 'shop-1')).code, 2);
  });

  it('answers 2 for a wrong command line, 1 when no switch runs', async () => {
    assert.equal((await matrioska('frobnicate')).code, 2);
    assert.equal((await matrioska('topup', 'shop')).code, 2);
    assert.equal((await matrioska('records', '--limit', 'many')).code, 2);
    await admin!.close();
    const run = await matrioska('status');
    assert.equal(run.code, 1);
    assert.match(run.err, /^error MX1501: no switch answers on .*\n→ start it with "matrioska start"/);
  });

  it('explains every command with --help', async () => {
    const { out } = await matrioska('help');
    const names = [...out.matchAll(/^ {2}([a-z]+) {2,}/gm)].map((match) => match[1]!);
    for (const needed of [
      'start',
      'check',
      'config',
      'apply',
      'export',
      'trace',
      'records',
      'balance',
      'topup',
      'trunk',
      'carrier',
      'account',
      'deck',
      'backup',
      'restore',
      'verify',
      'audit',
      'status',
      'send',
    ]) {
      assert.ok(names.includes(needed), needed);
    }
    for (const name of names)
      assert.match((await matrioska(name, '--help')).out, new RegExp(`^usage: matrioska ${name}`));
  });

  it('checks settings and prints defaults that check as good', async () => {
    const defaults = (await matrioska('config', '--defaults')).out;
    assert.equal((await matrioska('check')).code, 0);
    writeFileSync(join(folder, 'm.yaml'), defaults);
    assert.equal((await matrioska('check')).code, 0);
    writeFileSync(join(folder, 'm.yaml'), 'http:\n  port: none\n');
    const bad = await matrioska('check');
    assert.equal(bad.code, 1);
    assert.match(bad.err, /m\.yaml:2: http\.port: must be a whole number/);
  });

  it('refuses a backup that is none', async () => {
    const run = await matrioska('verify', folder);
    assert.equal(run.code, 1);
    assert.match(run.err, /^error MX1602/);
  });

  it('lists audit, records and dropped days', async () => {
    await matrioska('apply', file('p.yaml', CHAIN));
    assert.match((await matrioska('audit')).out, /operator +apply/);
    assert.equal((await matrioska('records')).out, 'no records');
    assert.equal((await matrioska('retain', '30')).out, 'dropped 2026-01-01');
    assert.equal((await matrioska('trace', '1001')).code, 1);
    assert.ok(readFileSync(join(folder, 'm.yaml'), 'utf8').includes(folder));
  });
});
