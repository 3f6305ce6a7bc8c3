// The adapter kind `smpp`: upstreams that speak SMPP.

import type { AdapterKind } from '../contract.js';
import { SmppAdapter } from './adapter.js';
import { parseSmppOptions, validOptions } from './options.js';

export type { SmppTrunkOptions } from './options.js';
export { SmppAdapter } from './adapter.js';

export const smppAdapterKind: AdapterKind = {
  kind: 'smpp',
  parseOptions: parseSmppOptions,
  create: (trunkId, options, events, context) =>
    new SmppAdapter(trunkId, validOptions(trunkId, options), events, context),
};
