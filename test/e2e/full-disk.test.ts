import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Esme } from '../support/esme.js';
import { NodeSmppCentre } from '../support/node-smpp-pair.js';
import { ACME } from '../support/small-world.js';
import { SwitchProcess } from '../support/switch-process.js';
import { makeTmpFolder, removeTmpFolder } from '../support/tmp-folder.js';
import { untilTrue } from '../support/until.js';

const ROK = 0;
const RSYSERR = 8;
const DISK_MIB = 16;
const TEXT = 'x'.repeat(150);
const MESSAGES_MAX = 40_000;

describe('a full disk', function () {
  this.timeout(120_000);

  let folder = '';
  let isMounted = false;
  let matrioska: SwitchProcess | undefined;
  const centre = new NodeSmppCentre();

  before(function () {
    folder = makeTmpFolder('small-disk');
    const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_MIB}m`, 'tmpfs', folder]);
    isMounted = mount.status === 0;
    if (isMounted) return;
    if (process.env['MATRIOSKA_NO_SKIP'] === '1') throw new Error(`no tmpfs here: ${mount.stderr.toString()}`);
    console.log('    skipped: mounting a small tmpfs needs root');
    this.skip();
  });
  after(async () => {
    await matrioska?.remove();
    await centre.close();
    if (isMounted) spawnSync('umount', [folder]);
    removeTmpFolder(folder);
  });

  it('is answered with ESME_RSYSERR; freed, the switch accepts again by itself, and nothing accepted is lost', async () => {
    const port = await centre.listen();
    matrioska = await SwitchProcess.start({ settings: { dataFolder: join(folder, 'data') } });
    await matrioska.provision([{ id: 'north', port }]);
    const esme = await Esme.bind({ port: matrioska.smppPort, ...ACME });
    const ballast = join(folder, 'ballast');
    const { bavail, bsize } = statfsSync(folder);
    // Half a mebibyte is left, so that the disk fills while messages are under way.
    writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 524_288)));

    const accepted: string[] = [];
    let refusal = ROK;
    for (let count = 0; refusal === ROK && count < MESSAGES_MAX; count += 50) {
      for (const { status, id } of await Promise.all(
        Array.from({ length: 50 }, () => esme.submit('34600000001', TEXT)),
      )) {
        if (status === ROK) accepted.push(id);
        else refusal = status;
      }
    }
    assert.equal(refusal, RSYSERR, `${accepted.length} accepted`);
    assert.equal(esme.isClosed, false);

    rmSync(ballast);
    await untilTrue(20_000, 'messages are accepted again', async () => {
      const { status, id } = await esme.submit('34600000001', 'after');
      if (status === ROK) accepted.push(id);
      return status === ROK;
    });
    await esme.waitForReceipts(accepted, 40_000);
    esme.destroy();
    assert.equal((await matrioska.stop()).code, 0, matrioska.output);
  });
});
