// A provisioner over records in memory, with a chain operator > reseller > shop.

import { readFileSync } from 'node:fs';
import type { AdapterKind } from '#adapters';
import { ManualClock } from '#core';
import { diffDecks, parseDeckCsv } from '#rating';
import type { DeckMapping } from '#rating';
import { Directory } from '../../../../switch/directory/index.js';
import type { DirectoryChange } from '../../../../switch/directory/index.js';
import { parseProvisionText, Provisioner } from '../../../../switch/provision/index.js';
import type { ApplyReport, ChangeContext } from '../../../../switch/provision/index.js';
import { SecretBox } from '../../../../switch/secrets/index.js';
import type { ImportResult } from '../../../../switch/tables/index.js';
import { FakeRecords } from './fake-records.js';

export const CHAIN = `
tenants:
  operator: { currency: EUR }
  reseller: { parent: operator, plan: wholesale, creditLimit: 100.00 }
  shop: { parent: reseller, plan: retail }
decks:
  buy: {}
  sell: {}
  shop-prices: { tenant: reseller }
plans:
  wholesale: { deck: sell }
  retail: { tenant: reseller, deck: shop-prices, chargeOn: delivered }
carriers:
  alfa: { country: IT }
trunks:
  alfa-1: { carrier: alfa, adapter: loopback, deck: buy, options: { delayMs: 10 }, secrets: { password: upstream } }
accounts:
  shop-1: { tenant: shop, password: s3cret, allowFrom: [127.0.0.0/8, '::1'] }
resources:
  shop-number: { tenant: shop, type: number, value: 393331234567 }
  shop-name: { tenant: shop, type: alphanumeric, value: ShopIT, countries: [IT] }
keys:
  shop-key: { tenant: shop, key: mxk_${'A'.repeat(43)}, permissions: [messages.send] }
`;

export const loopback: AdapterKind = {
  kind: 'loopback',
  parseOptions: (raw) =>
    typeof (raw as Record<string, unknown>)['delayMs'] === 'number'
      ? { ok: true, value: raw }
      : { ok: false, why: ['delayMs must be a number'] },
  create: () => {
    throw new Error('not made in tests of provisioning');
  },
};

export class Setup {
  readonly records = new FakeRecords();
  readonly directory = new Directory();
  readonly box = new SecretBox(Buffer.alloc(32, 1));
  readonly told: DirectoryChange[] = [];
  readonly adapters = new Map([['loopback', loopback]]);
  busy: string | undefined;
  readonly provisioner = new Provisioner({
    records: this.records,
    directory: this.directory,
    adapters: this.adapters,
    box: this.box,
    clock: new ManualClock(),
    importDeck: importHere,
    deckVersion: (id, version) => this.records.deckVersion(id, version),
    show: (rows, removed) => {
      this.told.push(this.directory.applyChange(rows, removed));
      return Promise.resolve();
    },
    inUse: () => Promise.resolve(this.busy),
  });

  context(over: Partial<ChangeContext> = {}): ChangeContext {
    return {
      actor: 'tester',
      scope: this.directory.scopeOf(this.directory.root?.ref ?? 0),
      permission: 'provision.write',
      command: 'apply',
      reason: 'test',
      progress: () => undefined,
      ...over,
    };
  }

  apply(text: string, options: { dryRun?: boolean; prune?: boolean; folder?: string } = {}): Promise<ApplyReport> {
    const { dryRun = false, prune = false, folder = '/' } = options;
    return this.provisioner.apply(parseProvisionText(text, 'p.yaml', folder), { dryRun, prune }, this.context());
  }
}

/** As the pool does it, in this thread. */
export function importHere(request: {
  source: string | Uint8Array;
  mapping?: DeckMapping;
  before?: Uint8Array;
}): Promise<ImportResult> {
  return Promise.resolve().then(() => {
    const bytes = typeof request.source === 'string' ? readFileSync(request.source) : request.source;
    const parsed = parseDeckCsv(bytes, request.mapping);
    return parsed.ok ? { ...parsed, diff: diffDecks(request.before, parsed.rows) } : parsed;
  });
}
