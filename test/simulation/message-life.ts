// One simulated life of a switch from a seed: the simulator owns time, disk, carriers and ESMEs, and crashes the process at
// any step. What must hold afterwards is checked against the simulator's own notes.

import assert from 'node:assert/strict';
import { MessageState, seededRandom, type Random } from '#core';
import type { OutboundMessage, RefusalClass } from '#adapters';
import { FinishFlag, PostingKind } from '../../switch/message/journal-records.js';
import { MessageWorld, REF, type ScriptedReceiver, settled } from '../support/message-world.js';
import type { ScriptedAdapter } from '../support/scripted-adapter.js';

const STEPS = 400;
const WINDOW = 5;
const START_MICROS = 3_000_000n;
const REFUSALS: readonly RefusalClass[] = ['throttled', 'transient', 'trunk-permanent', 'permanent'];
const ENDS = [MessageState.delivered, MessageState.delivered, MessageState.undeliverable, MessageState.rejected];

/** A receipt that the carrier still owes, or sends until it is acknowledged. */
interface CarrierReceipt {
  readonly trunk: 'cheap' | 'dear';
  readonly upstreamId: string;
  readonly state: MessageState;
  token: number;
  copies: number;
}

interface Submitted {
  readonly token: number;
  readonly wantsReceipt: boolean;
}

export class MessageLife {
  readonly world: MessageWorld;
  readonly #random: Random;
  readonly #submitted: Submitted[] = [];
  readonly #refusedDestinations = new Set<string>();
  readonly #destinations = new Map<number, string>();
  /** Destinations whose attempt may be repeated, by what happened to them. */
  readonly #mayRepeat = new Set<string>();
  readonly #sent = new Map<string, number>();
  /** Attempts that the carrier took (and so had better be the only one), by destination. */
  readonly #taken = new Map<string, number>();
  #receiptsDue: CarrierReceipt[] = [];
  #receiver: ScriptedReceiver | undefined;
  readonly #acknowledged = new Set<number>();
  #upstreamIds = 0;
  #wallAheadMs = 0;
  crashes = 0;
  #crashRepeats = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
    const chargeOn = this.#pick(['accepted', 'submitted', 'delivered'] as const);
    this.world = new MessageWorld({
      seed,
      chargeOn,
      noReceipt: this.#pick(['charge', 'release'] as const),
      balanceMicros: START_MICROS,
      windowMax: WINDOW,
      receiptTimeoutSec: 600,
      validityMaxSec: 900,
      dearOwner: this.#pick(['operator', 'region'] as const),
      store: { recordsPerBatch: this.#pick([1, 3, 50]), batchesPerSegment: this.#pick([1, 4]) },
    });
    this.#wire();
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)] as T;
  }

  #wire(): void {
    for (const adapter of [this.world.cheap, this.world.dear]) {
      adapter.onSubmit = (message) => {
        this.#sent.set(message.destination, (this.#sent.get(message.destination) ?? 0) + 1);
        if (this.#refusedDestinations.has(message.destination)) throw new Error('a refused message was sent');
        if (this.#random() < 0.1) this.#answer(adapter, message);
      };
    }
  }

  // ── what may happen ─────────────────────────────────────────────────────────────────────────────────────────────

  async run(): Promise<void> {
    for (let step = 0; step < STEPS; step++) await this.#step();
    await this.#quiesce();
    this.#check();
  }

  async #step(): Promise<void> {
    const chance = this.#random();
    const { world } = this;
    const adapter = this.#pick([world.cheap, world.dear]);
    if (chance < 0.3) this.#submit();
    else if (chance < 0.5) this.#answer(adapter, this.#pick(adapter.inFlight));
    else if (chance < 0.6) this.#carrierSends();
    else if (chance < 0.64) this.#esme();
    else if (chance < 0.7) this.#acknowledge();
    else if (chance < 0.72) this.#loseLink(adapter);
    else if (chance < 0.76) adapter.linkUp();
    else if (chance < 0.78) world.disk.isFull = this.#random() < 0.3;
    else if (chance < 0.8) world.store.reads.isHeld = this.#random() < 0.5;
    else if (chance < 0.81) await this.#crash();
    else if (chance < 0.9) this.#time();
    if (this.#random() < 0.6) world.store.journal.commit(this.#pick([1, 2, Infinity]));
    if (this.#random() < 0.4) world.disk.project(this.#pick([1, 3, Infinity]));
    if (this.#random() < 0.2) world.disk.sync();
    if (!world.store.reads.isHeld) world.store.reads.release();
    if (this.#random() < 0.8) await settled();
  }

  #submit(): void {
    const destination = `39333${String(1_000_000 + this.#destinations.size + this.#refusedDestinations.size)}`;
    const wantsReceipt = this.#random() < 0.7;
    const { status, token } = this.world.offer({
      destination,
      registeredDelivery: wantsReceipt ? 1 : 0,
      ...(this.#random() < 0.2 ? { validityPeriod: '000000000100000R' } : {}),
    });
    if (status !== 0) this.#refusedDestinations.add(destination);
    else {
      this.#destinations.set(token, destination);
      this.#submitted.push({ token, wantsReceipt });
    }
  }

  #answer(adapter: ScriptedAdapter, message: OutboundMessage | undefined): void {
    if (message === undefined || !adapter.inFlight.includes(message)) return;
    const chance = this.#random();
    if (chance < 0.7) this.#accept(adapter, message);
    else if (chance < 0.9) adapter.refuse(this.#pick(REFUSALS), 0x45, message);
    else {
      this.#mayRepeat.add(message.destination);
      this.#maybeTaken(adapter, message);
      adapter.timeOut(message);
    }
  }

  #accept(adapter: ScriptedAdapter, message: OutboundMessage): void {
    const upstreamId = `u${++this.#upstreamIds}`;
    this.#taken.set(message.destination, (this.#taken.get(message.destination) ?? 0) + 1);
    if (message.wantsReceipt && this.#random() < 0.9) {
      this.#owe(adapter, upstreamId);
      // Early: before the answer to the submit_sm.
      if (this.#random() < 0.2) this.#send(this.#receiptsDue[this.#receiptsDue.length - 1]!);
    }
    adapter.accept(upstreamId, message);
  }

  #owe(adapter: ScriptedAdapter, upstreamId: string): void {
    const trunk = adapter === this.world.cheap ? 'cheap' : 'dear';
    this.#receiptsDue.push({
      trunk,
      upstreamId,
      state: this.#pick(ENDS),
      token: 0,
      copies: this.#random() < 0.1 ? 2 : 1,
    });
  }

  /** Nobody heard an answer, yet the carrier may have taken it. */
  #maybeTaken(adapter: ScriptedAdapter, message: OutboundMessage): void {
    if (this.#random() < 0.5) return;
    this.#taken.set(message.destination, (this.#taken.get(message.destination) ?? 0) + 1);
    if (message.wantsReceipt) this.#owe(adapter, `u${++this.#upstreamIds}`);
  }

  #send(receipt: CarrierReceipt): void {
    const adapter = this.world[receipt.trunk];
    if (adapter.state !== 'up') return;
    receipt.token = adapter.receipt(receipt.upstreamId, receipt.state);
  }

  /** Receipts go out again until they are acknowledged; some more often than that. */
  #carrierSends(): void {
    this.#receiptsDue = this.#receiptsDue.filter((receipt) => {
      if (this.world[receipt.trunk].acknowledged.get(receipt.token) !== 0) return true;
      receipt.token = 0;
      receipt.copies--;
      return receipt.copies > 0;
    });
    const receipt = this.#pick(this.#receiptsDue);
    if (this.#receiptsDue.length > 0) this.#send(receipt);
  }

  #esme(): void {
    if (this.#receiver === undefined) this.#receiver = this.world.receiver();
    else {
      this.#receiver.lose();
      this.#receiver = undefined;
    }
  }

  #acknowledge(): void {
    const owed = this.#receiver?.waiting[0];
    if (owed === undefined) return;
    if (this.#random() < 0.1) {
      this.#receiver?.refuse();
      return;
    }
    this.#acknowledged.add(owed.key);
    this.#receiver?.acknowledge();
  }

  #loseLink(adapter: ScriptedAdapter): void {
    for (const message of adapter.inFlight) {
      this.#mayRepeat.add(message.destination);
      this.#maybeTaken(adapter, message);
    }
    adapter.loseLink();
  }

  #time(): void {
    const { world } = this;
    if (this.#random() < 0.1) {
      const aheadMs = this.#pick([-3_600_000, 0, 3_600_000]);
      world.clock.stepWall(aheadMs - this.#wallAheadMs);
      this.#wallAheadMs = aheadMs;
    }
    world.clock.advance(this.#pick([100, 100, 100, 1_000, 5_000, 31_000]));
    world.flow.tick(world.clock.monotonicMs());
  }

  async #crash(): Promise<void> {
    const { world } = this;
    this.crashes++;
    for (const adapter of [world.cheap, world.dear]) {
      const { unsettled } = world.lane(adapter);
      assert.ok(unsettled <= WINDOW, `window overrun: ${unsettled} attempts are not settled`);
      this.#crashRepeats += unsettled;
      for (const message of adapter.inFlight) this.#maybeTaken(adapter, message);
    }
    for (const receipt of this.#receiptsDue) receipt.token = 0;
    this.#receiver = undefined;
    world.disk.isFull = false;
    await world.restart();
    this.#wire();
  }

  // ── the end ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Everybody behaves from now on; then nothing may stay open. */
  async #quiesce(): Promise<void> {
    const { world } = this;
    world.disk.isFull = false;
    world.store.reads.isHeld = false;
    world.store.reads.release();
    if (this.#random() < 0.5) await this.#crash();
    this.#receiver ??= world.receiver();
    for (let round = 0; round < 400; round++) {
      for (const adapter of [world.cheap, world.dear]) {
        if (adapter.state !== 'up') adapter.linkUp();
        while (adapter.inFlight.length > 0) this.#accept(adapter, adapter.inFlight[0]!);
      }
      for (let left = 0; left < 20 && this.#receiptsDue.length > 0; left++) this.#carrierSends();
      for (const owed of [...this.#receiver.waiting]) {
        this.#acknowledged.add(owed.key);
        this.#receiver.acknowledge(owed);
      }
      // Deadlines of an earlier life may lie two steps of the wall clock ahead.
      await world.pass(25_000, 12_500);
    }
  }

  #check(): void {
    const { world } = this;
    const { flow, disk, ear } = world;
    assert.equal(flow.open.size, 0, 'messages are left open');
    assert.equal(disk.spilled.size, 0, 'rows of messages are left');
    assert.equal(disk.pendingReceipts.size, 0, 'rows of receipts are left');
    assert.equal(flow.match.parkedCount, 0, 'receipts are left parked');
    for (const lane of flow.lanes.values()) {
      assert.equal(lane.awaiting.size, 0, 'messages are left awaiting');
      assert.equal(lane.unsettled, 0, 'window slots are lost');
      assert.equal(lane.deepCount, 0, 'the count of rows is wrong');
    }
    assert.equal(world.desk.owed.size, 0, 'receipts are left owed');
    assert.equal(flow.segments.lowest(Infinity), Infinity, 'journal segments are left in use');
    for (const [token, key] of ear.keys) this.#checkMessage(token, key);
    this.#checkMoney();
    let repeats = 0;
    for (const [destination, count] of this.#taken) if (!this.#mayRepeat.has(destination)) repeats += count - 1;
    assert.ok(repeats <= this.#crashRepeats, `${repeats} repeats for ${this.#crashRepeats} unsettled at crashes`);
  }

  #checkMessage(token: number, key: number): void {
    const ends = this.world.disk.finishes.get(key) ?? [];
    assert.equal(ends.length, 1, `message ${key} ended ${ends.length} times`);
    const end = ends[0]!;
    const wanted = this.#submitted.find((one) => one.token === token)!.wantsReceipt;
    if (wanted) assert.equal(this.#acknowledged.has(key), true, `the receipt of ${key} was never acknowledged`);
    const taken = this.#taken.get(this.#destinations.get(token)!) ?? 0;
    if (taken > 1)
      assert.notEqual(end.flags & FinishFlag.mayHaveRepeated, 0, `${key} was sent twice and does not say so`);
  }

  #checkMoney(): void {
    const { world } = this;
    assert.deepEqual(world.held, [0n, 0n, 0n], 'money is left held');
    for (const buyer of ['customer', 'reseller', 'region'] as const) {
      let charged = 0n;
      for (const [end] of world.disk.finishes.values()) {
        for (const posting of end!.postings) {
          if (posting.kind !== PostingKind.sale) continue;
          assert.ok(posting.chargedMicros === 0n || posting.chargedMicros === posting.heldMicros, 'charged in part');
          if (posting.buyerRef === REF[buyer]) charged += posting.chargedMicros;
        }
      }
      assert.equal(world.balanceOf(buyer).balanceMicros, START_MICROS - charged, `${buyer}'s balance is wrong`);
    }
  }
}
