import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Esme } from '../support/esme.js';
import { NodeSmppCentre } from '../support/node-smpp-pair.js';
import { ACME, smallWorld } from '../support/small-world.js';
import { SwitchProcess } from '../support/switch-process.js';
import { untilTrue } from '../support/until.js';

interface Report {
  readonly created: readonly { kind: string; id: string }[];
  readonly changed: readonly { kind: string; id: string }[];
  readonly removed: readonly { kind: string; id: string }[];
  readonly decks: readonly { id: string }[];
}

const ROK = 0;

describe('a change on the running switch', function () {
  this.timeout(60_000);

  const north = new NodeSmppCentre({ idPrefix: 'north-' });
  const south = new NodeSmppCentre({ idPrefix: 'south-' });
  let matrioska: SwitchProcess;
  let bound: Esme;

  before(async () => {
    const trunks = [
      { id: 'north', port: await north.listen() },
      { id: 'south', port: await south.listen() },
    ];
    matrioska = await SwitchProcess.start();
    await matrioska.provision(trunks);
    bound = await Esme.bind({ port: matrioska.smppPort, ...ACME });
  });
  after(async () => {
    bound.destroy();
    await matrioska.remove();
    await north.close();
    await south.close();
  });
  afterEach('the session bound before is still there', async () => {
    assert.equal(bound.isClosed, false);
    assert.equal((await bound.submit('34600000001', 'still here')).status, ROK);
  });

  const file = (name: string, content: object): string => {
    const path = join(matrioska.folder, name);
    writeFileSync(path, stringify(content));
    return path;
  };
  const exported = (): Promise<string> => matrioska.ask('export');
  const other = { tenant: 'customer', systemId: 'other', password: 'w0rd' };

  it('--dry-run shows what would come and changes nothing', async () => {
    const before = await exported();
    const path = file('account.yaml', { accounts: { other } });
    const report = (await matrioska.askJson('apply', path, '--dry-run')) as Report;
    assert.deepEqual(
      report.created.map(({ kind, id }) => `${kind} ${id}`),
      ['account other'],
    );
    assert.equal(await exported(), before);
  });

  it('a new account binds at once; disabled, it is unbound at once and refused', async () => {
    await matrioska.ask('apply', file('account.yaml', { accounts: { other } }));
    const esme = await Esme.bind({ port: matrioska.smppPort, systemId: 'other', password: 'w0rd' });
    assert.equal(esme.bindStatus, ROK);
    await matrioska.ask('apply', file('off.yaml', { accounts: { other: { ...other, enabled: false } } }));
    await esme.waitForClose(5_000);
    const again = await Esme.bind({ port: matrioska.smppPort, systemId: 'other', password: 'w0rd' });
    assert.notEqual(again.bindStatus, ROK);
    again.destroy();
  });

  it('a disabled carrier gets no further message; the next one does, until it is enabled again', async () => {
    // Told by their texts: messages of other tests may still be on their way.
    const took = (centre: typeof north, text: string): number => centre.texts.filter((each) => each === text).length;
    assert.equal((await bound.submit('34600000002', 'cheap way')).status, ROK);
    await untilTrue(10_000, 'the cheap way', () => took(north, 'cheap way') > 0);
    await matrioska.ask('carrier', 'disable', 'c-north');
    assert.equal((await bound.submit('34600000002', 'dear way')).status, ROK);
    await untilTrue(10_000, 'the dear way', () => took(south, 'dear way') > 0);
    assert.deepEqual([took(north, 'cheap way'), took(south, 'dear way'), took(north, 'dear way')], [1, 1, 0]);
    await matrioska.ask('carrier', 'enable', 'c-north');
    assert.equal((await bound.submit('34600000002', 'cheap way again')).status, ROK);
    await untilTrue(10_000, 'the cheap way again', () => took(north, 'cheap way again') > 0);
  });

  it('a bad row of a deck is named by its line, and nothing of the file is applied', async () => {
    const before = await exported();
    writeFileSync(
      join(matrioska.folder, 'bad.csv'),
      'prefix,price,effective\n34,0.01,2026-01-01\n39,cheap,2026-01-01\n',
    );
    const path = file('bad.yaml', {
      accounts: { third: { tenant: 'customer', password: 'w0rd' } },
      decks: { 'buy-north': { file: 'bad.csv' } },
    });
    const { code, output } = await matrioska.command('apply', path);
    assert.notEqual(code, 0, output);
    assert.match(output, /MX1401/);
    assert.match(output, /bad\.csv:3/);
    assert.equal(await exported(), before);
  });

  it('what export prints applies as unchanged', async () => {
    const path = join(matrioska.folder, 'exported.yaml');
    writeFileSync(path, await exported());
    const report = (await matrioska.askJson('apply', path)) as Report;
    assert.deepEqual([report.created, report.changed, report.removed, report.decks], [[], [], [], []]);
  });

  it('a file never deletes what it leaves out, unless --prune says so', async () => {
    const world = smallWorld([]);
    await matrioska.ask('apply', file('third.yaml', { accounts: { third: { tenant: 'customer', password: 'w0rd' } } }));
    const kept = (await matrioska.askJson('apply', file('acme.yaml', { accounts: world['accounts'] }))) as Report;
    assert.deepEqual(kept.removed, []);
    const all = join(matrioska.folder, 'all.yaml');
    writeFileSync(all, (await exported()).replace(/^ {2}third:\n(?: {4}.*\n)*/m, ''));
    const pruned = (await matrioska.askJson('apply', all, '--prune')) as Report;
    assert.deepEqual(
      pruned.removed.map(({ kind, id }) => `${kind} ${id}`),
      ['account third'],
    );
    assert.doesNotMatch(await exported(), /^ {2}third:/m);
  });
});
