import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Esme } from '../support/esme.js';
import { NodeSmppCentre } from '../support/node-smpp-pair.js';
import { ACME } from '../support/small-world.js';
import { SwitchProcess } from '../support/switch-process.js';

describe('a start that cannot be', function () {
  this.timeout(60_000);

  /** One sentence with its code, one line with the next step, and no stack. */
  async function refused(matrioska: SwitchProcess, code: string, sentence: RegExp): Promise<void> {
    const run = await matrioska.command('start');
    assert.notEqual(run.code, 0, run.output);
    const lines = run.output.split('\n').filter((line) => line.startsWith('error '));
    assert.equal(lines.length, 1, run.output);
    assert.match(lines[0]!, new RegExp(`^error ${code}: `));
    assert.match(lines[0]!, sentence);
    assert.doesNotMatch(run.output, /\n +at /, 'no stack is shown');
  }

  it('on a busy SMPP or HTTP port says which one (MX1201)', async () => {
    const matrioska = await SwitchProcess.prepare();
    try {
      for (const port of [matrioska.smppPort, matrioska.httpPort]) {
        const busy = createServer();
        await new Promise<void>((resolve) => busy.listen(port, '127.0.0.1', resolve));
        await refused(matrioska, 'MX1201', new RegExp(`127\\.0\\.0\\.1:${port} is in use`));
        await new Promise((resolve) => busy.close(resolve));
      }
    } finally {
      await matrioska.remove();
    }
  });

  it('on a data folder that cannot be made says so (MX1301)', async () => {
    const matrioska = await SwitchProcess.prepare({ settings: { dataFolder: './file/data' } });
    writeFileSync(join(matrioska.folder, 'file'), 'a file, not a folder');
    await refused(matrioska, 'MX1301', /file\/data/);
    await matrioska.remove();
  });

  it('on a data folder in use says so, and leaves the running switch alone (MX1302)', async () => {
    const matrioska = await SwitchProcess.start();
    try {
      const other = await SwitchProcess.prepare({ settings: { dataFolder: join(matrioska.folder, 'data') } });
      await refused(other, 'MX1302', /in use by another process/);
      await other.remove();
      await matrioska.ask('status');
    } finally {
      await matrioska.remove();
    }
  });

  it('on a journal damaged in its middle says so, and changes nothing in it (MX1303)', async () => {
    const centre = new NodeSmppCentre({ holdsReceipts: true });
    const port = await centre.listen();
    const matrioska = await SwitchProcess.start();
    try {
      await matrioska.provision([{ id: 'north', port }]);
      const esme = await Esme.bind({ port: matrioska.smppPort, ...ACME });
      for (let count = 0; count < 20; count += 1) await esme.submit('34600000001', 'kept in the journal');
      await matrioska.kill();
      const folder = join(matrioska.folder, 'data', 'journal');
      const path = join(folder, readdirSync(folder).sort()[0]!);
      const bytes = readFileSync(path);
      const at = bytes.indexOf('kept in the journal');
      assert.ok(at > 0);
      bytes[at] = bytes[at]! ^ 0xff;
      writeFileSync(path, bytes);
      await refused(matrioska, 'MX1303', /./);
      assert.deepEqual(readFileSync(path), bytes);
    } finally {
      await matrioska.remove();
      await centre.close();
    }
  });

  it('on a bad configuration names file, line and field of each fault (MX1101)', async () => {
    const matrioska = await SwitchProcess.prepare();
    mkdirSync(join(matrioska.folder, 'etc'));
    writeFileSync(matrioska.configPath, 'node: 1\nhttp:\n  port: 99999\nsmppp: {}\n');
    const run = await matrioska.command('check');
    assert.notEqual(run.code, 0);
    assert.match(run.output, /MX1101/);
    assert.match(run.output, /matrioska\.yaml:3.*http\.port/);
    assert.match(run.output, /smppp/);
    await matrioska.remove();
  });
});
