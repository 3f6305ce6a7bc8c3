// Four levels of tenants, two carriers and one account around a MessageFlow, over a store in memory and a clock moved by
// hand: everything of the message's life but sockets, disks and time.

import { formatMessageId, KeySource, ManualClock, seededRandom, silentLogger, type ChargeOn } from '#core';
import { compileTables, packDeckRows, RateTables, type NoReceiptRule } from '#rating';
import { buildRanks, Router } from '#routing';
import {
  Command,
  decodeSubmitSmBody,
  encodeMessageBody,
  messageBodyBytesMax,
  MessageFields,
  type MessageInput,
} from '#smpp';
import { Directory, type Account, type Kind } from '../../switch/directory/index.js';
import { SubmitRequest } from '../../switch/message/acceptance.js';
import type { AccountDesk, OwedReceipt, ReceiptReceiver } from '../../switch/message/account-desk.js';
import { MessageFlow } from '../../switch/message/flow.js';
import type { Lane } from '../../switch/message/lane.js';
import type { Message, MessageOrigin } from '../../switch/message/message.js';
import { Recovery, type RecoveryReport } from '../../switch/message/recovery.js';
import type { ProvisionedRow } from '../../switch/store/contract.js';
import { MemoryDisk } from './memory-disk.js';
import { MemoryStore, type MemoryStoreOptions } from './memory-store.js';
import { ScriptedAdapter } from './scripted-adapter.js';

export interface WorldOptions {
  readonly chargeOn?: ChargeOn;
  readonly noReceipt?: NoReceiptRule;
  /** Micros that each of region, reseller and customer starts with. */
  readonly balanceMicros?: bigint;
  readonly windowMax?: number;
  readonly receiptTimeoutSec?: number;
  readonly segmentsPerSec?: number;
  readonly burstSegments?: number;
  readonly validityMaxSec?: number;
  readonly receiptRetentionSec?: number;
  readonly receipts?: 'asked' | 'always';
  /** Who owns the dearer trunk; the cheaper one is the operator's. */
  readonly dearOwner?: 'operator' | 'region';
  readonly store?: MemoryStoreOptions;
  readonly seed?: number;
  readonly passwordHash?: string;
  /** Bodies of more rows, or over those of this world. */
  readonly over?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

export const NODE = 7;
/** What one segment costs the customer, the reseller, the region; and the operator by each trunk. In micros. */
export const PRICE = { customer: 40_000n, reseller: 30_000n, region: 20_000n, cheap: 10_000n, dear: 12_000n } as const;
export const DESTINATION = '393331234567';
export const SENDER = 'Matrioska';

/** Refs of the provisioned rows, in the order in which they are owned. */
export const REF = {
  operator: 1,
  region: 2,
  reseller: 3,
  customer: 4,
  sellRegion: 11,
  sellReseller: 12,
  sellCustomer: 13,
  buyCheap: 14,
  buyDear: 15,
  planRegion: 21,
  planReseller: 22,
  planCustomer: 23,
  carrier: 31,
  cheap: 41,
  dear: 42,
  account: 51,
  sender: 61,
  number: 62,
} as const;

const BUYERS = ['customer', 'reseller', 'region'] as const;

export interface Submission {
  readonly status: number;
  readonly token: number;
}

/** Hears what becomes of submissions, like a bind that stays. */
export class Ear implements MessageOrigin {
  readonly accepted = new Map<number, string>();
  readonly keys = new Map<number, number>();
  readonly refused = new Map<number, number>();

  messageAccepted(token: number, message: Message): void {
    if (this.accepted.has(token) || this.refused.has(token)) throw new Error(`submission ${token} was answered twice`);
    this.accepted.set(token, formatMessageId(message.key, NODE));
    this.keys.set(token, message.key);
  }

  messageRefused(token: number, commandStatus: number): void {
    if (this.accepted.has(token) || this.refused.has(token)) throw new Error(`submission ${token} was answered twice`);
    this.refused.set(token, commandStatus);
  }
}

/** A receiver bind whose ESME does what the test says. */
export class ScriptedReceiver implements ReceiptReceiver {
  readonly waiting: OwedReceipt[] = [];
  /** Keys of the receipts that came, in order; repeats count. */
  readonly got: number[] = [];
  windowMax = 10;
  readonly #flow: MessageFlow;
  readonly #desk: AccountDesk;

  constructor(flow: MessageFlow, desk: AccountDesk) {
    this.#flow = flow;
    this.#desk = desk;
    flow.receipts.attach(desk, this);
  }

  room(): number {
    return this.windowMax - this.waiting.length;
  }

  deliver(owed: OwedReceipt): void {
    this.waiting.push(owed);
    this.got.push(owed.key);
  }

  acknowledge(owed = this.waiting[0]!): void {
    this.#take(owed);
    this.#flow.receipts.acknowledged(this.#desk, owed);
  }

  acknowledgeAll(): void {
    while (this.waiting.length > 0) this.acknowledge();
  }

  refuse(owed = this.waiting[0]!): void {
    this.#take(owed);
    this.#flow.receipts.returned(this.#desk, owed, true);
  }

  #take(owed: OwedReceipt): void {
    const at = this.waiting.indexOf(owed);
    if (at < 0) throw new Error('nothing to acknowledge');
    this.waiting.splice(at, 1);
  }

  /** The link is gone, as EsmeLink tells it. */
  lose(): void {
    this.#flow.receipts.detach(this.#desk, this);
    for (const owed of this.waiting.splice(0).reverse()) this.#flow.receipts.returned(this.#desk, owed, false);
  }
}

export class MessageWorld {
  readonly options: WorldOptions;
  readonly clock: ManualClock;
  readonly disk: MemoryDisk;
  readonly ear = new Ear();
  directory!: Directory;
  store!: MemoryStore;
  flow!: MessageFlow;
  desk!: AccountDesk;
  account!: Account;
  cheap!: ScriptedAdapter;
  dear!: ScriptedAdapter;
  recovery: RecoveryReport | undefined;
  readonly #rows: readonly ProvisionedRow[];
  readonly #fields = new MessageFields();
  readonly #request = new SubmitRequest();
  #lastToken = 0;

  constructor(options: WorldOptions = {}) {
    this.options = options;
    this.clock = new ManualClock();
    this.disk = new MemoryDisk();
    this.#rows = provisionedRows(options);
    for (const buyer of BUYERS) this.disk.balances.set(REF[buyer], options.balanceMicros ?? 1_000_000_000n);
    this.#build();
  }

  #build(): void {
    this.store = new MemoryStore(this.disk, this.options.store);
    this.directory = new Directory();
    this.directory.applyChange(this.#rows);
    for (const buyer of BUYERS) this.balanceOf(buyer).balanceMicros = this.disk.balances.get(REF[buyer])!;
    this.flow = new MessageFlow({
      store: this.store,
      directory: this.directory,
      tables: liveTables(this.directory),
      clock: this.clock,
      random: seededRandom(this.options.seed ?? 1),
      keys: new KeySource(),
      node: NODE,
      log: silentLogger,
    });
    this.cheap = this.#lane(REF.cheap);
    this.dear = this.#lane(REF.dear);
    this.account = this.directory.accounts.get(REF.account)!;
    this.desk = this.flow.desk(this.account);
  }

  #lane(ref: number): ScriptedAdapter {
    const trunk = this.directory.trunks.get(ref)!;
    const adapter = new ScriptedAdapter(trunk.id, this.flow, this.options.windowMax ?? 10);
    this.flow.addLane(trunk, adapter);
    trunk.state.up = true;
    return adapter;
  }

  /** The process dies and starts again over what was durable. */
  async restart(): Promise<RecoveryReport> {
    this.store.crash();
    // A store that opens has caught up with its journal before anybody reads of it.
    this.disk.project();
    this.disk.sync();
    this.#build();
    const recovery = new Recovery(this.flow);
    await this.store.replay(recovery.visit);
    this.recovery = await recovery.finish();
    return this.recovery;
  }

  // ── time ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Lets what was begun go on: commit, projection, reads, dispatch. */
  async turn(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      this.store.commitAll();
      await settled();
    }
  }

  /** Passes time in steps, with timers and turns. */
  async pass(ms: number, stepMs = 100): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) {
      this.clock.advance(Math.min(stepMs, left));
      this.flow.tick(this.clock.monotonicMs());
      await this.turn();
    }
  }

  // ── traffic ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Hands in a submit_sm; its record is appended and not durable yet. */
  offer(over: Partial<MessageInput> = {}): Submission {
    const input: MessageInput = {
      source: SENDER,
      sourceTon: 5,
      destination: DESTINATION,
      destTon: 1,
      destNpi: 1,
      registeredDelivery: 1,
      shortMessage: Buffer.from('hello'),
      ...over,
    };
    const body = Buffer.alloc(messageBodyBytesMax(input));
    const end = encodeMessageBody(Command.submit_sm, input, body, 0);
    const token = ++this.#lastToken;
    const decoded = decodeSubmitSmBody(body, 0, end, this.#fields);
    if (decoded !== 0) return { status: decoded, token };
    const request = this.#request;
    request.desk = this.desk;
    request.fields = this.#fields;
    request.buffer = body;
    request.bodyStart = 0;
    request.bodyEnd = end;
    request.origin = this.ear;
    request.originToken = token;
    const status = this.flow.accept(request);
    body.fill(0xaa);
    return { status, token };
  }

  /** Hands in a submit_sm and makes it durable; answers its key. */
  async submit(over: Partial<MessageInput> = {}): Promise<number> {
    const { status, token } = this.offer(over);
    if (status !== 0) throw new Error(`refused with ${status}`);
    await this.turn();
    const key = this.ear.keys.get(token);
    if (key === undefined) throw new Error('not accepted');
    return key;
  }

  receiver(): ScriptedReceiver {
    return new ScriptedReceiver(this.flow, this.desk);
  }

  lane(adapter: ScriptedAdapter): Lane {
    return [...this.flow.lanes.values()].find((lane) => lane.adapter === adapter)!;
  }

  // ── looking ─────────────────────────────────────────────────────────────────────────────────────────────────────

  balanceOf(buyer: (typeof BUYERS)[number]): Account['tenant']['balance'] {
    return this.directory.tenants.get(REF[buyer])!.balance;
  }

  /** What customer, reseller and region hold. */
  get held(): readonly bigint[] {
    return BUYERS.map((buyer) => this.balanceOf(buyer).heldMicros);
  }

  /** What customer, reseller and region have spent. */
  get spent(): readonly bigint[] {
    const start = this.options.balanceMicros ?? 1_000_000_000n;
    return BUYERS.map((buyer) => start - this.balanceOf(buyer).balanceMicros);
  }

  /** The one end of a message; undefined while it is open. */
  stateOf(key: number): number | undefined {
    const ends = this.disk.finishes.get(key);
    if (ends !== undefined && ends.length !== 1) throw new Error(`message ${key} ended ${ends.length} times`);
    return ends?.[0]?.state;
  }
}

/** All microtasks and one turn of the event loop. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function liveTables(directory: Directory): { rates: RateTables; router: Router } {
  const rows = (prefix: string, micros: bigint): Uint8Array =>
    packDeckRows([{ prefix, priceNanos: micros * 1_000n, effectiveFromMs: 0 }]);
  const image = compileTables(
    [
      { ref: REF.sellRegion, version: 1, rows: rows('39', PRICE.region) },
      { ref: REF.sellReseller, version: 1, rows: rows('39', PRICE.reseller) },
      { ref: REF.sellCustomer, version: 1, rows: rows('39', PRICE.customer) },
      { ref: REF.buyCheap, version: 1, rows: rows('39', PRICE.cheap) },
      { ref: REF.buyDear, version: 1, rows: rows('39', PRICE.dear) },
    ],
    Date.UTC(2026, 0, 1),
  );
  const rates = new RateTables(image);
  const trunks = [REF.cheap, REF.dear].map((ref) => directory.trunks.get(ref)!);
  const columns = trunks.map((trunk) => rates.column(trunk.deckRef)!);
  const ranks = buildRanks({ size: rates.index.size, trunkRefs: trunks.map((trunk) => trunk.ref), columns });
  const router = new Router();
  router.install({ ranks, trunks: trunks.map((trunk) => trunk.state) });
  return { rates, router };
}

function provisionedRows(options: WorldOptions): ProvisionedRow[] {
  const row = (ref: number, kind: Kind, id: string, tenantRef: number, body: object): ProvisionedRow => ({
    ref,
    kind,
    id,
    tenantRef,
    version: 1,
    body: JSON.stringify({ ...body, ...options.over?.[id] }),
  });
  const tenant = (plan?: string): object => ({
    name: 'T',
    currency: 'EUR',
    creditLimit: '0',
    forbidLoss: false,
    enabled: true,
    ...(plan === undefined ? {} : { plan }),
  });
  const { chargeOn = 'submitted', noReceipt = 'release' } = options;
  const plan = (deck: string): object => ({ deck, chargeOn, noReceipt });
  const trunk = (deck: string): object => ({
    carrier: 'carrier',
    adapter: 'scripted',
    options: {},
    deck,
    receipts: options.receipts ?? 'asked',
    receiptTimeoutSec: options.receiptTimeoutSec ?? 3_600,
    enabled: true,
  });
  return [
    row(REF.operator, 'tenant', 'operator', 0, tenant()),
    row(REF.region, 'tenant', 'region', REF.operator, tenant('plan-region')),
    row(REF.reseller, 'tenant', 'reseller', REF.region, tenant('plan-reseller')),
    row(REF.customer, 'tenant', 'customer', REF.reseller, tenant('plan-customer')),
    row(REF.sellRegion, 'deck', 'sell-region', REF.operator, { currency: 'EUR' }),
    row(REF.sellReseller, 'deck', 'sell-reseller', REF.region, { currency: 'EUR' }),
    row(REF.sellCustomer, 'deck', 'sell-customer', REF.reseller, { currency: 'EUR' }),
    row(REF.buyCheap, 'deck', 'buy-cheap', REF.operator, { currency: 'EUR' }),
    row(REF.buyDear, 'deck', 'buy-dear', REF.operator, { currency: 'EUR' }),
    row(REF.planRegion, 'plan', 'plan-region', REF.operator, plan('sell-region')),
    row(REF.planReseller, 'plan', 'plan-reseller', REF.region, plan('sell-reseller')),
    row(REF.planCustomer, 'plan', 'plan-customer', REF.reseller, plan('sell-customer')),
    row(REF.carrier, 'carrier', 'carrier', REF.operator, { name: 'C', country: 'IT', enabled: true }),
    row(REF.cheap, 'trunk', 'cheap', REF.operator, trunk('buy-cheap')),
    row(REF.dear, 'trunk', 'dear', REF[options.dearOwner ?? 'operator'], trunk('buy-dear')),
    row(REF.account, 'account', 'account', REF.customer, {
      systemId: 'esme',
      passwordHash: options.passwordHash ?? '',
      enabled: true,
      bindMax: 3,
      bindKinds: ['tx', 'rx', 'trx'],
      windowMax: 20,
      segmentsPerSec: options.segmentsPerSec ?? 0,
      burstSegments: options.burstSegments ?? 0,
      allowFrom: [],
      validityMaxSec: options.validityMaxSec ?? 172_800,
      validityDefaultSec: options.validityMaxSec ?? 86_400,
      receiptRetentionSec: options.receiptRetentionSec ?? 604_800,
    }),
    row(REF.sender, 'resource', 'sender', REF.customer, { type: 'alphanumeric', value: SENDER, countries: ['*'] }),
    row(REF.number, 'resource', 'number', REF.customer, { type: 'number', value: '393330000001' }),
  ];
}
