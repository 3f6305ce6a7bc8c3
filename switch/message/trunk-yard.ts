// The lanes of all trunks: makes an adapter for each, changes it in place, and takes it down when the trunk goes.

import type { AdapterContext, AdapterKind } from '#adapters';
import type { Clock, Logger, Random } from '#core';
import type { DirectoryChange, Trunk } from '../directory/index.js';
import type { MessageFlow } from './flow.js';

export interface TrunkYardParts {
  readonly flow: MessageFlow;
  readonly kinds: readonly AdapterKind[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Opens a secret of a trunk's options. */
  readonly secret: (trunk: Trunk, name: string) => string | undefined;
}

/** How long a removed trunk may still wait for its answers. */
const REMOVAL_DEADLINE_MS = 5_000;

export class TrunkYard {
  readonly #parts: TrunkYardParts;
  readonly #kinds: ReadonlyMap<string, AdapterKind>;
  #isOpen = false;

  constructor(parts: TrunkYardParts) {
    this.#parts = parts;
    this.#kinds = new Map(parts.kinds.map((kind) => [kind.kind, kind]));
  }

  /** Makes the lane of a trunk; it is connected once the yard is open. */
  add(trunk: Trunk): void {
    const { flow, clock, random, log } = this.#parts;
    const kind = this.#kinds.get(trunk.kind);
    const parsed = kind?.parseOptions(trunk.options);
    if (kind === undefined || parsed === undefined || !parsed.ok) {
      const why = parsed?.ok === false ? parsed.why : [`there is no adapter '${trunk.kind}'`];
      log.error({ trunk: trunk.id, why }, 'trunk cannot be used');
      return;
    }
    const context: AdapterContext = {
      clock,
      random,
      log: log.child({ trunk: trunk.id }),
      secret: (name) => this.#parts.secret(trunk, name),
    };
    const adapter = kind.create(trunk.id, parsed.value, flow, context);
    flow.addLane(trunk, adapter);
    if (this.#isOpen && trunk.enabled) adapter.open();
  }

  /** Connects every enabled trunk; after recovery, so that no receipt comes before its message is known. */
  open(): void {
    this.#isOpen = true;
    for (const lane of this.#parts.flow.lanes.values()) if (lane.trunk.enabled) lane.adapter.open();
  }

  /** Carries a change of the directory over. */
  applyChange(change: DirectoryChange): void {
    for (const trunk of change.trunksAdded) this.add(trunk);
    for (const trunk of change.trunksChanged) this.#change(trunk);
    for (const trunk of change.trunksRemoved) {
      void this.#parts.flow.lanes.get(trunk.ref)?.adapter.close(REMOVAL_DEADLINE_MS);
    }
    const { flow } = this.#parts;
    for (const desk of flow.desks.values())
      desk.bucket.configure(desk.account.segmentsPerSec, desk.account.burstSegments);
    // A disabled trunk is no candidate from this moment (TrunkState); an enabled one is connected if it was not.
    for (const lane of flow.lanes.values()) {
      if (this.#isOpen && lane.trunk.enabled && lane.adapter.state === 'down') lane.adapter.open();
      flow.wake(lane);
    }
  }

  #change(trunk: Trunk): void {
    const lane = this.#parts.flow.lanes.get(trunk.ref);
    if (lane === undefined) {
      this.add(trunk);
      return;
    }
    const parsed = this.#kinds.get(trunk.kind)?.parseOptions(trunk.options);
    if (parsed?.ok === true) lane.adapter.reconfigure(parsed.value);
  }

  /** Waits for the answers of what is in flight, unbinds everywhere. */
  close(deadlineMs: number): Promise<void> {
    this.#isOpen = false;
    const closing: Promise<void>[] = [];
    for (const { adapter } of this.#parts.flow.lanes.values()) closing.push(adapter.close(deadlineMs));
    return Promise.all(closing).then(() => undefined);
  }
}
