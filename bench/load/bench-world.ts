// What every load tool starts with: sink, world, switch, generator, joined and bound.

import { join } from 'node:path';

import { tempFolder } from '../support/children.js';
import { progress } from '../support/command-line.js';
import { freePort } from '../../test/support/ports.js';
import { LoadRun, type GeneratorSetting } from '../support/load-run.js';
import type { RunLogs } from '../support/logs.js';
import { SwitchProcess } from '../support/switch-process.js';
import { World } from '../support/world.js';
import { writeWorld } from '../support/world-files.js';

export interface Setting {
  readonly seed: number;
  readonly accounts: number;
  readonly trunks: number;
  readonly deckRows: number;
  readonly receipts: boolean;
  readonly receiptDelayMs: number;
  readonly undeliverablePermille: number;
  readonly trunkWindowMax: number;
  readonly accountWindowMax: number;
  readonly accountBindMax: number;
  readonly serialsMax: number;
  /** N of scrypt; small where binds are not what is measured, so that runs start soon. */
  readonly passwordCost: number;
}

export const STANDARD: Setting = {
  seed: 1,
  accounts: 1_000,
  trunks: 20,
  deckRows: 100_000,
  receipts: true,
  receiptDelayMs: 50,
  undeliverablePermille: 20,
  trunkWindowMax: 1_000,
  accountWindowMax: 500,
  accountBindMax: 10,
  serialsMax: 10_000_000,
  passwordCost: 16,
};

export interface GeneratorShape {
  /** Accounts that send. */
  readonly senders: number;
  readonly bindsPerSender: number;
  readonly windowMax: number;
  readonly reconnectMs: number;
}

export class BenchWorld {
  readonly setting: Setting;
  readonly run: LoadRun;
  readonly world: World;
  readonly switchProcess: SwitchProcess;

  private constructor(setting: Setting, run: LoadRun, world: World, switchProcess: SwitchProcess) {
    this.setting = setting;
    this.run = run;
    this.world = world;
    this.switchProcess = switchProcess;
  }

  /** Everything up but the generator: trunks bound, decks compiled. */
  static async create(
    setting: Setting,
    env: NodeJS.ProcessEnv = {},
    under: readonly string[] = [],
  ): Promise<BenchWorld> {
    const run = new LoadRun(setting.seed, setting.serialsMax);
    const ports = await run.startSink({
      trunks: setting.trunks,
      receiptDelayMs: setting.receiptDelayMs,
      receiptWindowMax: 500,
      undeliverablePermille: setting.undeliverablePermille,
    });
    const world = new World({ ...setting, ports });
    const folder = tempFolder('switch');
    const file = writeWorld(world, join(folder, 'world'));
    const switchProcess = new SwitchProcess({ folder, smppPort: await freePort(), httpPort: await freePort(), under });
    await switchProcess.start(env);
    progress(
      `applying ${world.tenants.length} tenants, ${world.accounts.length} accounts, ${world.decks.length} decks`,
    );
    await switchProcess.apply(file);
    run.relayPids = [switchProcess.pid];
    await run.untilTrunksBound(setting.trunks, 60_000);
    return new BenchWorld(setting, run, world, switchProcess);
  }

  async bind(shape: GeneratorShape): Promise<void> {
    await this.run.startGenerator(this.generatorSetting(shape), 300_000);
  }

  generatorSetting(shape: GeneratorShape): GeneratorSetting {
    const { accounts } = this.world;
    const binds = Array.from({ length: shape.senders * shape.bindsPerSender }, (_, at) => {
      // Senders are spread over all customers, not the first few.
      const account = Math.floor(((at % shape.senders) * accounts.length) / shape.senders);
      const { systemId, password, source } = accounts[account] ?? { systemId: '', password: '', source: '' };
      return { port: this.switchProcess.smppPort, systemId, password, source, account };
    });
    return {
      speaks: 'smpp',
      binds,
      windowMax: shape.windowMax,
      registeredDelivery: this.setting.receipts ? 1 : 0,
      destinations: this.world.prices.destinations,
      reconnectMs: shape.reconnectMs,
      bindingMax: 500,
    };
  }

  /** |expected − shown| over all tenants, in micros: the price list's word against `matrioska balance`. */
  async balanceErrorMicros(logs: RunLogs): Promise<number> {
    const shown = await this.switchProcess.balancesMicros();
    let error = 0n;
    for (const [tenant, charged] of this.world.expectedChargesMicros(logs, this.setting.seed)) {
      const difference = (shown.get(tenant) ?? 0n) + BigInt(charged);
      if (difference !== 0n)
        progress(`balance of ${tenant}: shown ${shown.get(tenant) ?? 'none'}, expected ${-charged}`);
      error += difference < 0n ? -difference : difference;
    }
    return Number(error);
  }
}
