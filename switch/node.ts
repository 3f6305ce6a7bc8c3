// One switch: store, directory, tables, flow, trunks, the SMPP door and the control plane around them, wired once.

import {
  AppError,
  type Clock,
  formatMicros,
  KeySource,
  type Logger,
  parseMessageId,
  type Random,
  systemClock,
  systemRandom,
} from '#core';
import type { AdapterKind } from '#adapters';
import { adjust, RateTables, compileTables } from '#rating';
import { Router } from '#routing';
import { Directory, type Tenant, type Trunk } from './directory/index.js';
import { receiptFate } from './in-use.js';
import { MessageFlow } from './message/flow.js';
import { PostingKind } from './message/journal-records.js';
import { type MessageStory, storyOfFinish, storyOfOpen } from './message/mdr.js';
import { Recovery, type RecoveryReport } from './message/recovery.js';
import { appendPosting } from './message/records.js';
import { revive } from './message/revive.js';
import { TrunkYard } from './message/trunk-yard.js';
import { SmppServer, type SmppServerOptions } from './smpp/server.js';
import type { ProvisionedRow, Scope, Store } from './store/contract.js';
import { LiveTables, type LiveSnapshot, type TablesPool } from './tables/index.js';

export interface NodeParts {
  readonly node: number;
  readonly store: Store;
  readonly pool: TablesPool;
  readonly kinds: readonly AdapterKind[];
  readonly smpp: SmppServerOptions;
  readonly log: Logger;
  readonly secret: (trunk: Trunk, name: string) => string | undefined;
  readonly clock?: Clock;
  readonly random?: Random;
}

/** Timers of sessions, adapters and queues turn this often. */
const TICK_MS = 100;

export class SwitchNode {
  readonly directory = new Directory();
  readonly flow: MessageFlow;
  readonly smpp: SmppServer;
  readonly store: Store;
  readonly clock: Clock;
  readonly #parts: NodeParts;
  readonly #log: Logger;
  readonly #router = new Router();
  readonly #tables: LiveTables;
  readonly #yard: TrunkYard;
  #ticking: NodeJS.Timeout | undefined;
  #stopped: Promise<void> | undefined;

  constructor(parts: NodeParts) {
    this.#parts = parts;
    this.store = parts.store;
    this.clock = parts.clock ?? systemClock;
    this.#log = parts.log;
    const random = parts.random ?? systemRandom;
    const rates = new RateTables(compileTables([], this.clock.wallMs()));
    this.flow = new MessageFlow({
      store: parts.store,
      directory: this.directory,
      tables: { rates, router: this.#router },
      clock: this.clock,
      random,
      keys: new KeySource(),
      node: parts.node,
      log: parts.log,
    });
    this.#yard = new TrunkYard({
      flow: this.flow,
      kinds: parts.kinds,
      clock: this.clock,
      random,
      log: parts.log,
      secret: parts.secret,
    });
    this.#tables = new LiveTables({
      compiler: parts.pool,
      clock: this.clock,
      log: parts.log,
      swap: (snapshot) => this.#swap(snapshot),
    });
    this.smpp = new SmppServer({ flow: this.flow, directory: this.directory, log: parts.log }, parts.smpp);
  }

  /** Loads what is provisioned, recovers what was open, connects the trunks and opens the door. */
  async start(): Promise<{
    readonly recovery: RecoveryReport;
    readonly doors: Awaited<ReturnType<SmppServer['listen']>>;
  }> {
    const { records } = this.store;
    this.directory.applyChange(await records.provisioned());
    for (const row of await records.balances()) {
      const tenant = this.directory.tenants.get(row.tenantRef);
      if (tenant !== undefined) tenant.balance.balanceMicros = row.balanceMicros;
    }
    for (const trunk of this.directory.trunks.values()) this.#yard.add(trunk);
    await this.#compile();
    const recovery = new Recovery(this.flow);
    await this.store.replay(recovery.visit);
    const report = await recovery.finish();
    this.#yard.open();
    const doors = await this.smpp.listen();
    this.#ticking = setInterval(() => this.#tick(), TICK_MS);
    return { recovery: report, doors };
  }

  #tick(): void {
    const nowMs = this.clock.monotonicMs();
    this.smpp.tick(nowMs);
    this.flow.tick(nowMs);
    this.#tables.tick();
  }

  // ── provisioned data ────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Carries rows that the store has committed over to the live objects. Tables that know new decks and versions come
   * first, so that no message meets a plan without prices; everything else acts at once after that.
   */
  async applyRows(rows: readonly ProvisionedRow[], removedRefs: readonly number[]): Promise<void> {
    await this.#tables.update(await this.#decks(rows), this.#trunkDecks());
    const change = this.directory.applyChange(rows, removedRefs);
    this.#yard.applyChange(change);
    if (change.pricesChanged || change.trunksAdded.length > 0 || change.trunksRemoved.length > 0) await this.#compile();
  }

  /** Compiles what the directory says now. */
  async #compile(): Promise<void> {
    await this.#tables.update(await this.#decks([]), this.#trunkDecks());
  }

  /** Deck versions as stored, with their refs; `rows` may bring decks that the directory does not know yet. */
  async #decks(rows: readonly ProvisionedRow[]): Promise<{ ref: number; version: number; rows: Uint8Array }[]> {
    const refs = new Map<string, number>();
    for (const deck of this.directory.decks.values()) refs.set(deck.id, deck.ref);
    for (const row of rows) if (row.kind === 'deck') refs.set(row.id, row.ref);
    const decks = [];
    for (const version of await this.store.records.deckVersions()) {
      const ref = refs.get(version.id);
      if (ref !== undefined) decks.push({ ref, version: version.version, rows: version.rows });
    }
    return decks;
  }

  #trunkDecks(): { trunkRef: number; deckRef: number }[] {
    const trunks = [...this.directory.trunks.values()].filter((trunk) => this.flow.lanes.has(trunk.ref));
    return trunks.map((trunk) => ({ trunkRef: trunk.ref, deckRef: trunk.deckRef }));
  }

  #swap(snapshot: LiveSnapshot): void {
    const { rates, ranks, trunkDecks } = snapshot;
    const trunks = trunkDecks.map(({ trunkRef }) => this.flow.lanes.get(trunkRef)?.trunk.state);
    this.#router.install({ ranks, trunks });
    this.flow.tables = { rates, router: this.#router };
  }

  // ── money ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** An id for a posting, so that it can be announced before it is made. */
  newPostingId(): number {
    return this.flow.keys.next(this.clock.wallMs());
  }

  /** Raises (or lowers) a tenant's balance; resolves when it is durable. The live balance changes only then. */
  post(posting: {
    readonly id: number;
    readonly tenant: Tenant;
    readonly micros: bigint;
    readonly kind: 'top-up' | 'adjustment';
    readonly reason: string;
    readonly actor: string;
  }): Promise<{ readonly id: number; readonly balance: string }> {
    const { id, tenant, micros } = posting;
    if (tenant.parent === undefined) {
      throw new AppError('MX1402', `'${tenant.id}' is the root and buys of nobody`, { next: 'name a tenant below it' });
    }
    const sellerRef = tenant.parent.ref;
    return new Promise((resolve, reject) => {
      const target = {
        durable: () => {
          adjust(tenant.balance, micros);
          resolve({ id, balance: formatMicros(tenant.balance.balanceMicros) });
        },
        notDurable: () =>
          reject(new AppError('MX1304', 'the disk refused the posting', { next: 'free space and try again' })),
      };
      appendPosting(
        this.store.journal,
        {
          id,
          atMs: this.clock.wallMs(),
          kind: posting.kind === 'top-up' ? PostingKind.topUp : PostingKind.adjustment,
          buyerRef: tenant.ref,
          sellerRef,
          currency: tenant.currency,
          raiseMicros: micros,
          reason: posting.reason,
          actor: posting.actor,
        },
        target,
      );
    });
  }

  // ── asking ──────────────────────────────────────────────────────────────────────────────────────────────────────

  /** A message's story by the id that its sender got; undefined when there is none in this scope. */
  async story(id: string, scope: Scope): Promise<MessageStory | undefined> {
    const parsed = parseMessageId(id);
    if (parsed === undefined || parsed.node !== this.#parts.node) return undefined;
    const nameOf = (ref: number): string => this.directory.idOf(ref) ?? `#${ref}`;
    const open = this.flow.open.get(parsed.key);
    if (open !== undefined) {
      return scope.tenantRefs.includes(open.account.tenant.ref) ? storyOfOpen(open, parsed.node, nameOf) : undefined;
    }
    const mdr = await this.store.records.mdr(scope, parsed.key);
    if (mdr !== undefined) {
      const fate = await receiptFate(this.flow, mdr.accountRef, parsed.key);
      return storyOfFinish(Buffer.from(mdr.detail), parsed.node, nameOf, fate);
    }
    const row = await this.store.records.spilledMessage(parsed.key);
    if (row === undefined) return undefined;
    const payload = Buffer.from(row.image);
    const account = this.directory.accounts.get(payload.readUInt32LE(10));
    if (account === undefined || !scope.tenantRefs.includes(account.tenant.ref)) return undefined;
    const now = { wallMs: this.flow.steadyMs(), monotonicMs: this.clock.monotonicMs() };
    return storyOfOpen(revive(this.flow, account, payload, now), parsed.node, nameOf);
  }

  /** Whether traffic may be sent here. */
  readiness(): { readonly isReady: boolean; readonly why: string } {
    if (this.#stopped !== undefined) return { isReady: false, why: 'draining' };
    if (this.store.journal.state !== 'ok') return { isReady: false, why: 'the disk does not take the journal' };
    return { isReady: true, why: 'ok' };
  }

  // ── end ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Takes nothing more, waits for what is in flight, closes everything. May be called twice. */
  stop(deadlineMs: number): Promise<void> {
    this.#stopped ??= this.#stop(deadlineMs);
    return this.#stopped;
  }

  async #stop(deadlineMs: number): Promise<void> {
    this.flow.drain();
    await this.smpp.close(deadlineMs);
    await this.#yard.close(deadlineMs);
    if (this.#ticking !== undefined) clearInterval(this.#ticking);
    this.#tables.close();
    await this.store.close();
    await this.#parts.pool.close();
    this.#log.info({}, 'stopped');
  }
}
