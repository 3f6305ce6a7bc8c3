import assert from 'node:assert/strict';
import { ManualClock, MessageState } from '#core';
import { createCommands, isGranted } from '../../../../switch/command/index.js';
import type {
  CommandContext,
  CommandParts,
  CommandRegistry,
  PostingRequest,
} from '../../../../switch/command/index.js';
import type { MdrQuery, MdrRow } from '../../../../switch/store/contract.js';
import { parseProvisionText } from '../../../../switch/provision/index.js';
import { CHAIN, Setup } from '../provision/setup.js';

class Desk {
  readonly setup = new Setup();
  readonly posted: PostingRequest[] = [];
  readonly queries: MdrQuery[] = [];
  postFails = false;
  postingId = 0;
  drained = 0;
  rows: MdrRow[] = [];
  nextKey: number | undefined;
  readonly commands = this.restart();

  /** Commands over the same records, as a process makes them at its start. */
  restart(): CommandRegistry {
    return createCommands({
      directory: this.setup.directory,
      provisioner: this.setup.provisioner,
      records: {
        change: (changes, audit) => this.setup.records.change(changes, audit),
        audit: () => this.setup.records.audit(),
        mdrPage: (_scope, query) => {
          this.queries.push(query);
          return Promise.resolve({ rows: this.rows, nextKey: this.nextKey });
        },
        postingKey: (key) => this.setup.records.postingKey(key),
        retain: (olderThanMs) => Promise.resolve([new Date(olderThanMs).toISOString()]),
        backup: () => Promise.resolve(),
      },
      clock: new ManualClock(),
      node: 7,
      story: (id) => Promise.resolve(id === '1007' ? { id } : undefined),
      post: (posting) => {
        this.posted.push(posting);
        if (!this.postFails) this.setup.records.posted.add(posting.id);
        return this.postFails
          ? Promise.reject(new Error('disk'))
          : Promise.resolve({ id: posting.id, balance: '5.00' });
      },
      newPostingId: () => ++this.postingId,
      status: () => ({ ready: true }),
      drain: () => {
        this.drained++;
        return Promise.resolve();
      },
    } satisfies CommandParts);
  }

  context(over: Partial<CommandContext> = {}): CommandContext {
    const { directory } = this.setup;
    return {
      actor: 'ann',
      scope: directory.scopeOf(directory.root?.ref ?? 0),
      permissions: ['*'],
      reason: 'because',
      progress: () => undefined,
      ...over,
    };
  }

  run(name: string, input: unknown = {}, over: Partial<CommandContext> = {}): Promise<unknown> {
    return this.commands.run(name, this.context(over), input);
  }

  scopeOf(tenant: string): CommandContext['scope'] {
    return this.setup.directory.scopeOf(this.setup.directory.row('tenant', tenant)!.ref);
  }
}

describe('commands', () => {
  let desk: Desk;
  beforeEach(async () => {
    desk = new Desk();
    await desk.run('apply', { document: parseProvisionText(CHAIN, 'p.yaml', '/') });
  });

  it('refuse without their permission, before looking at the input', async () => {
    await assert.rejects(desk.run('balance.topup', 'nonsense', { permissions: ['balances.read'] }), { code: 'MX1404' });
    await assert.rejects(desk.run('trunk.disable', {}, { permissions: ['carriers.*'] }), { code: 'MX1404' });
  });

  it('name the field of a bad input, and unknown commands', async () => {
    await assert.rejects(desk.run('records.list', { limit: 0 }), {
      code: 'MX1502',
      message: /^records\.list: limit: /,
    });
    await assert.rejects(desk.run('records.list', { colour: 1 }), { code: 'MX1502' });
    await assert.rejects(desk.run('no.such'), { code: 'MX1403' });
  });

  it('grant by name, by beginning and by star', () => {
    assert.ok(isGranted(['*'], 'a.b'));
    assert.ok(isGranted(['a.*'], 'a.b'));
    assert.ok(!isGranted(['a.*'], 'ab.c'));
    assert.ok(!isGranted(['a.b'], 'a.bc'));
    assert.ok(!isGranted([], 'a.b'));
  });

  it('write exactly one audit record for each change, with actor and reason', async () => {
    const before = desk.setup.records.audits.length;
    const changes: readonly [string, object, string][] = [
      ['trunk.disable', { id: 'alfa-1' }, 'trunks.switch'],
      ['account.disable', { id: 'shop-1' }, 'accounts.switch'],
      ['carrier.disable', { id: 'alfa' }, 'carriers.switch'],
      ['balance.topup', { tenant: 'shop', amount: '5', key: 'key-00001' }, 'balances.write'],
      ['balance.adjust', { tenant: 'shop', amount: '-5', key: 'key-00002' }, 'balances.write'],
      ['backup', { folder: '/b' }, 'store.backup'],
      ['retain', { days: 30 }, 'store.retain'],
      ['drain', {}, 'process.drain'],
    ];
    for (const [name, input] of changes) await desk.run(name, input);
    const written = desk.setup.records.audits.slice(before);
    assert.deepEqual(
      written.map(({ command, permission, actor, reason }) => [command, permission, actor, reason]),
      changes.map(([name, , permission]) => [name, permission, 'ann', 'because']),
    );
    assert.equal(desk.drained, 1);
  });

  it('act at once on live objects', async () => {
    const account = desk.setup.directory.accountBySystemId('shop-1')!;
    await desk.run('account.disable', { id: 'shop-1' });
    assert.equal(account.enabled, false);
    await desk.run('account.enable', { id: 'shop-1' });
    assert.equal(account.enabled, true);
    await assert.rejects(desk.run('account.enable', { id: 'none' }), { code: 'MX1403' });
  });

  it('post a top-up once per key, also when asked twice at the same time', async () => {
    const input = { tenant: 'shop', amount: '12.345678', key: 'key-00001' };
    const answers = await Promise.all([desk.run('balance.topup', input), desk.run('balance.topup', input)]);
    assert.deepEqual(answers[0], answers[1]);
    assert.equal(desk.posted.length, 1);
    assert.equal(desk.posted[0]!.micros, 12_345_678n);
    await assert.rejects(desk.run('balance.topup', { ...input, amount: '13' }), { code: 'MX1402' });
  });

  it('post a top-up once per key over a restart, and finish one that a crash cut short', async () => {
    const input = { tenant: 'shop', amount: '5', key: 'key-00001' };
    await desk.run('balance.topup', input);
    const restarted = desk.restart();
    await restarted.run('balance.topup', desk.context(), input);
    assert.equal(desk.posted.length, 1);
    await assert.rejects(restarted.run('balance.topup', desk.context(), { ...input, amount: '6' }), { code: 'MX1402' });

    desk.postFails = true;
    const cutShort = { ...input, key: 'key-00002' };
    await assert.rejects(desk.run('balance.topup', cutShort));
    desk.postFails = false;
    await desk.restart().run('balance.topup', desk.context(), cutShort);
    await desk.restart().run('balance.topup', desk.context(), cutShort);
    assert.deepEqual(
      desk.posted.map(({ id }) => id),
      [1, 2, 2],
    );
  });

  it('let a key be tried again when the posting did not happen', async () => {
    const input = { tenant: 'shop', amount: '1', key: 'key-00001' };
    desk.postFails = true;
    await assert.rejects(desk.run('balance.topup', input));
    desk.postFails = false;
    await desk.run('balance.topup', input);
    assert.equal(desk.posted.length, 2);
  });

  it('refuse amounts that are none, and adjustments without a reason', async () => {
    for (const amount of ['0', '-1', '1.0000001', 'x', '1e3', '99999999999999']) {
      await assert.rejects(
        desk.run('balance.topup', { tenant: 'shop', amount, key: 'key-00001' }),
        { code: 'MX1502' },
        amount,
      );
    }
    const input = { tenant: 'shop', amount: '-1', key: 'key-00001' };
    await assert.rejects(desk.run('balance.adjust', input, { reason: '' }), { code: 'MX1502' });
    assert.equal(desk.posted.length, 0);
  });

  it('let a tenant see and raise only balances below it, never its own', async () => {
    const scope = desk.scopeOf('reseller');
    const seen = (await desk.run('balance.list', {}, { scope })) as { tenant: string }[];
    assert.deepEqual(seen.map((line) => line.tenant).sort(), ['reseller', 'shop']);
    const topup = (tenant: string) =>
      desk.run('balance.topup', { tenant, amount: '1', key: `key-${tenant}` }, { scope });
    await topup('shop');
    await assert.rejects(topup('reseller'), { code: 'MX1404' });
    await assert.rejects(topup('operator'), { code: 'MX1403' });
  });

  it('translate the filters of records, and show ids as senders got them', async () => {
    const { directory } = desk.setup;
    const account = directory.row('account', 'shop-1')!.ref;
    desk.rows = [
      {
        key: 5000,
        accountRef: account,
        tenantRef: 1,
        trunkRef: 0,
        state: MessageState.delivered,
        source: 'A',
        destination: '39',
        segments: 1,
        acceptedMs: 0,
        submittedMs: 0,
        doneMs: 0,
        upstreamId: '',
        chargeMicros: 30_000n,
        detail: new Uint8Array(),
      },
    ];
    const list = await desk.run('records.list', {
      account: 'shop-1',
      state: 'delivered',
      destination: '39',
      before: '9000007',
    });
    assert.deepEqual(desk.queries[0], {
      accountRef: account,
      state: 2,
      destinationPrefix: '39',
      beforeKey: 9000,
      limit: 50,
    });
    assert.deepEqual(list, {
      records: [
        {
          id: '5000007',
          acceptedAt: '1970-01-01T00:00:00.000Z',
          account: 'shop-1',
          trunk: '',
          source: 'A',
          destination: '39',
          segments: 1,
          state: 'delivered',
          charge: '0.03',
        },
      ],
    });
    desk.nextKey = 4_000;
    const page = (await desk.run('records.list', { destination: '39' })) as { next: string };
    assert.equal(page.next, '4000007');
    await assert.rejects(desk.run('records.list', { account: 'none' }), { code: 'MX1403' });
    await assert.rejects(desk.run('records.list', { before: 'x' }), { code: 'MX1502' });
  });

  it('tell a story, or that there is none', async () => {
    assert.deepEqual(await desk.run('records.trace', { id: '1007' }), { id: '1007' });
    await assert.rejects(desk.run('records.trace', { id: '2007' }), { code: 'MX1403' });
  });
});
