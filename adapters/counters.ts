// The plain integers that every message adapter owns.

import type { AdapterCounters } from './contract.js';

export function newAdapterCounters(): AdapterCounters {
  return {
    submitted: 0,
    accepted: 0,
    refused: 0,
    throttled: 0,
    unanswered: 0,
    receipts: 0,
    reconnects: 0,
    bindsUp: 0,
    inFlight: 0,
  };
}
