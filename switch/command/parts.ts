// What the commands need of the rest of the switch; the composition root gives it.

import type { Clock } from '#core';
import type { Directory, Tenant } from '../directory/index.js';
import type { Provisioner } from '../provision/index.js';
import type { Records, Scope } from '../store/contract.js';

/** A change of a balance by hand. */
export interface PostingRequest {
  /** Announced under the caller's key before the posting is made. */
  readonly id: number;
  readonly tenant: Tenant;
  readonly micros: bigint;
  readonly kind: 'top-up' | 'adjustment';
  readonly reason: string;
  readonly actor: string;
}

export interface CommandParts {
  readonly directory: Directory;
  readonly provisioner: Provisioner;
  readonly records: Pick<Records, 'mdrPage' | 'audit' | 'retain' | 'backup' | 'change' | 'postingKey'>;
  readonly clock: Clock;
  /** Of this node: the last digits of its message ids. */
  readonly node: number;
  /** A message's story by the id its sender got; undefined when there is none in this scope. */
  readonly story: (id: string, scope: Scope) => Promise<unknown>;
  readonly newPostingId: () => number;
  /** Posts through the journal; resolves when it is durable. */
  readonly post: (posting: PostingRequest) => Promise<{ readonly id: number; readonly balance: string }>;
  /** What people ask of a running switch: state, trunks, queues. */
  readonly status: () => unknown;
  /** Takes no more traffic and ends the process once what is in flight is done. */
  readonly drain: () => Promise<void>;
}
