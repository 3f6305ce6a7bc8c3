import assert from 'node:assert/strict';
import { cpSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Esme } from '../support/esme.js';
import { NodeSmppCentre } from '../support/node-smpp-pair.js';
import { ACME } from '../support/small-world.js';
import { SwitchProcess } from '../support/switch-process.js';
import { untilTrue } from '../support/until.js';

const ROK = 0;

describe('what is kept', function () {
  this.timeout(90_000);

  let centre: NodeSmppCentre;
  let matrioska: SwitchProcess;
  let restored: SwitchProcess | undefined;

  beforeEach(async () => {
    centre = new NodeSmppCentre({ holdsReceipts: true });
    const port = await centre.listen();
    matrioska = await SwitchProcess.start();
    await matrioska.provision([{ id: 'north', port }]);
  });
  afterEach(async () => {
    await restored?.remove();
    restored = undefined;
    await matrioska.remove();
    await centre.close();
  });

  const bind = (port = matrioska.smppPort): Promise<Esme> => Esme.bind({ port, ...ACME });

  async function submitAll(esme: Esme, count: number): Promise<string[]> {
    const answers = await Promise.all(
      Array.from({ length: count }, (_, at) => esme.submit('34600000001', `message ${at}`)),
    );
    for (const { status } of answers) assert.equal(status, ROK);
    await centre.waitForSubmitted(count);
    return answers.map(({ id }) => id);
  }

  it('messages that wait for receipts survive kill -9, are not sent again, and their receipts reach the ESME', async () => {
    const ids = await submitAll(await bind(), 20);
    // The answers of the carrier are journalled within a commit or two.
    await new Promise((resolve) => setTimeout(resolve, 300));
    await matrioska.kill();
    await matrioska.run();
    await matrioska.untilTrunksUp(1);
    const esme = await bind();
    centre.releaseReceipts();
    await esme.waitForReceipts(ids);
    assert.equal(centre.submitted.length, 20);
    assert.deepEqual(new Set(esme.receipts.map(({ state }) => state)), new Set(['DELIVRD']));
    esme.destroy();
  });

  it('receipts owed to an ESME that is away survive kill -9 and come on its next bind', async () => {
    const leaving = await bind();
    const ids = await submitAll(leaving, 10);
    await leaving.unbind();
    centre.releaseReceipts();
    await untilTrue(10_000, 'the receipts are acknowledged upstream', () => centre.acknowledged.length === 10);
    await matrioska.kill();
    await matrioska.run();
    const esme = await bind();
    await esme.waitForReceipts(ids);
    esme.destroy();
  });

  it('a backup taken while it runs starts elsewhere with the same balances, records, open messages', async () => {
    const esme = await bind();
    const done = await submitAll(esme, 5);
    centre.releaseReceipts();
    await esme.waitForReceipts(done);
    const open = (
      await Promise.all(Array.from({ length: 5 }, () => esme.submit('34600000009', 'open at the backup')))
    ).map(({ id }) => id);
    await centre.waitForSubmitted(10);
    await untilTrue(10_000, 'five records are there', async () => (await rows(matrioska, 'records')).length === 5);
    const backup = join(matrioska.folder, 'backup');
    await matrioska.ask('backup', backup);
    const told = { balances: await rows(matrioska, 'balance'), records: await rows(matrioska, 'records') };
    esme.destroy();
    await matrioska.stop();

    restored = await SwitchProcess.prepare();
    const data = join(restored.folder, 'data');
    await restored.ask('restore', backup, data);
    cpSync(join(matrioska.folder, 'data', 'key'), join(data, 'key'));
    await restored.run();
    assert.deepEqual(await rows(restored, 'balance'), told.balances);
    assert.deepEqual(await rows(restored, 'records'), told.records);
    await restored.untilTrunksUp(1);
    const late = await bind(restored.smppPort);
    centre.releaseReceipts();
    await late.waitForReceipts(open);
    late.destroy();
  });

  it('a backup with one octet changed is refused, and nothing is restored (MX1602)', async () => {
    const backup = join(matrioska.folder, 'backup');
    await matrioska.ask('backup', backup);
    writeFileSync(join(backup, 'main.db'), 'not what it was', { flag: 'r+' });
    const other = await SwitchProcess.prepare();
    const { code, output } = await other.command('restore', backup, join(other.folder, 'data'));
    assert.notEqual(code, 0);
    assert.match(output, /^error MX1602: /m);
    await other.remove();
  });
});

const rows = async (matrioska: SwitchProcess, command: string): Promise<unknown[]> =>
  (await matrioska.askJson(command)) as unknown[];
