// A disk in memory that loses what was not synced, refuses, tears and forgets, as told by a seeded plan.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { JournalFile, JournalFiles } from '../../switch/store/journal/files.js';
import type { Random } from '#core';

export class DiskError extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`${code}: the simulated disk refused`);
    this.code = code;
  }
}

/** The power is gone: nothing after this operation happens. */
export class PowerCut extends Error {}

interface Medium {
  /** What a reader of this run sees. */
  cached: Buffer;
  /** What is on the medium for certain. */
  synced: Buffer;
  /** Writes since the last sync, each of which may or may not have reached the medium. */
  unsynced: { readonly position: number; readonly bytes: Buffer }[];
}

export interface FaultPlan {
  /** The operation, counted from 1, at which the power is cut; 0 = never. */
  cutAt: number;
  /** Answers what goes wrong with this operation. */
  fault: (operation: string, count: number) => 'none' | 'enospc' | 'eio' | 'short';
}

export class FaultyDisk implements JournalFiles {
  readonly plan: FaultPlan = { cutAt: 0, fault: () => 'none' };
  operations = 0;
  readonly #media = new Map<string, Medium>();
  /** Names on the medium; creations, renames and removals reach it with syncFolder. */
  #names = new Map<string, Medium>();

  list(): readonly string[] {
    return [...this.#media.keys()];
  }

  open(name: string): JournalFile {
    this.#operation('open');
    let medium = this.#media.get(name);
    if (medium === undefined) {
      medium = { cached: Buffer.alloc(0), synced: Buffer.alloc(0), unsynced: [] };
      this.#media.set(name, medium);
    }
    return this.#file(medium);
  }

  read(name: string): Buffer {
    const medium = this.#media.get(name);
    if (medium === undefined) throw new DiskError('ENOENT');
    return Buffer.from(medium.cached);
  }

  readStart(name: string, length: number): Buffer {
    return this.read(name).subarray(0, length);
  }

  rename(from: string, to: string): void {
    this.#operation('rename');
    const medium = this.#media.get(from);
    if (medium === undefined) throw new DiskError('ENOENT');
    this.#media.delete(from);
    this.#media.set(to, medium);
  }

  remove(name: string): void {
    this.#operation('remove');
    this.#media.delete(name);
  }

  syncFolder(): void {
    this.#operation('syncFolder');
    this.#names = new Map(this.#media);
  }

  /** Overwrites octets on the medium, as a rotten sector does. */
  damage(name: string, position: number): void {
    const medium = this.#media.get(name);
    if (medium === undefined) throw new DiskError('ENOENT');
    medium.cached[position] = (medium.cached[position] as number) ^ 0xff;
  }

  /** Cuts a file, as a crash does. */
  cut(name: string, length: number): void {
    const medium = this.#media.get(name);
    if (medium === undefined) throw new DiskError('ENOENT');
    medium.cached = medium.cached.subarray(0, length);
  }

  /**
   * What a machine finds after the power came back: synced octets, and of the rest whatever chance let through, each
   * unsynced write whole, in part, or not at all, and in any order.
   */
  afterPowerCut(random: Random): FaultyDisk {
    const found = new FaultyDisk();
    const names = new Map(this.#names);
    // An unsynced creation may have reached the medium as well.
    for (const [name, medium] of this.#media) if (!names.has(name) && random() < 0.5) names.set(name, medium);
    for (const [name, medium] of names) {
      let bytes: Buffer = Buffer.from(medium.synced);
      for (const write of medium.unsynced) {
        if (random() < 0.4) continue;
        const length = random() < 0.5 ? write.bytes.length : Math.floor(random() * write.bytes.length);
        bytes = overwrite(bytes, write.position, write.bytes.subarray(0, length));
      }
      found.#media.set(name, { cached: bytes, synced: Buffer.from(bytes), unsynced: [] });
    }
    found.#names = new Map(found.#media);
    return found;
  }

  /** Lets a batch be answered in a later turn, as a thread does. */
  static turn(): Promise<void> {
    return nextTurn();
  }

  #operation(name: string): 'none' | 'short' {
    this.operations++;
    if (this.operations === this.plan.cutAt) throw new PowerCut();
    if (this.plan.cutAt > 0 && this.operations > this.plan.cutAt) throw new PowerCut();
    const fault = this.plan.fault(name, this.operations);
    if (fault === 'enospc') throw new DiskError('ENOSPC');
    if (fault === 'eio') throw new DiskError('EIO');
    return fault;
  }

  #file(medium: Medium): JournalFile {
    return {
      write: (bytes, start, length, position) => {
        const isShort = this.#operation('write') === 'short';
        const count = isShort ? Math.max(1, length >> 1) : length;
        const written = Buffer.from(bytes.subarray(start, start + count));
        medium.cached = overwrite(medium.cached, position, written);
        medium.unsynced.push({ position, bytes: written });
        return count;
      },
      sync: () => {
        try {
          this.#operation('sync');
        } catch (cause) {
          // As Linux does: after a failed fsync the pages count as clean, and the next fsync says nothing of them.
          if (!(cause instanceof PowerCut)) medium.unsynced.length = 0;
          throw cause;
        }
        medium.synced = applyAll(medium.synced, medium);
        medium.unsynced.length = 0;
      },
      truncate: (length) => {
        this.#operation('truncate');
        medium.cached = Buffer.from(medium.cached.subarray(0, length));
      },
      size: () => medium.cached.length,
      close: () => undefined,
    };
  }
}

function overwrite(bytes: Buffer, position: number, written: Buffer): Buffer {
  const end = position + written.length;
  const grown = end > bytes.length ? Buffer.concat([bytes, Buffer.alloc(end - bytes.length)]) : bytes;
  written.copy(grown, position);
  return grown;
}

function applyAll(synced: Buffer, medium: Medium): Buffer {
  let bytes = synced;
  for (const write of medium.unsynced) bytes = overwrite(bytes, write.position, write.bytes);
  return bytes.length > medium.cached.length ? bytes.subarray(0, medium.cached.length) : bytes;
}
