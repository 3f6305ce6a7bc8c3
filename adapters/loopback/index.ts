// The adapter kind `loopback`: carriers simulated in the process, for the sandbox and for tests.

import type { AdapterKind } from '../contract.js';
import { LoopbackAdapter } from './adapter.js';
import { parseLoopbackOptions, validOptions } from './options.js';

export type { LoopbackOptions } from './options.js';
export { LoopbackAdapter } from './adapter.js';

export const loopbackAdapterKind: AdapterKind = {
  kind: 'loopback',
  parseOptions: parseLoopbackOptions,
  create: (trunkId, options, events, context) =>
    new LoopbackAdapter(trunkId, validOptions(trunkId, options), events, context),
};
