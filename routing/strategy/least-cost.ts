// Cheapest first.

import type { Strategy } from './contract.js';

export const leastCost: Strategy = {
  name: 'least-cost',
  score: (parts) => parts.costNanos,
};
