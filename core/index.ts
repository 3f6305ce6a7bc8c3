// The words that everybody shares.

export * from './address.js';
export * from './clock.js';
export * from './errors.js';
export * from './ids.js';
export * from './limits.js';
export * from './log.js';
export * from './message-state.js';
export * from './metrics.js';
export * from './money.js';
export * from './prefix-table.js';
export * from './random.js';
export * from './result.js';
export * from './token-bucket.js';
