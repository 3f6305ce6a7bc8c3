import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger, systemClock } from '#core';
import { openStore } from '../../../switch/store/index.js';
import { storeConformance } from '../../support/store-conformance.js';

storeConformance('the embedded store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'store-'));
  return {
    open: () => openStore({ folder, node: 1, log: silentLogger, clock: systemClock }),
    destroy: () => rm(folder, { recursive: true }),
  };
});
