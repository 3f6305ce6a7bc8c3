// Which way: ranked candidates and the reasons, over trunk indexes and price columns. Knows no decks.

export { buildRanks, type RankImage, type RankInput } from './ranks.js';
export { Decision, DecideRequest, Router, type RoutingSnapshot } from './router.js';
export { Skip, skipText } from './skip.js';
export type { ScoreParts, Strategy } from './strategy/contract.js';
export { leastCost } from './strategy/least-cost.js';
export { TrunkState } from './trunk-state.js';
