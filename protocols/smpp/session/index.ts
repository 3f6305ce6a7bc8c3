// The session: both roles of one SMPP link, and the sockets under it.

export * from './connect.js';
export * from './contract.js';
export * from './listen.js';
export { flushSessions } from './outbound.js';
export * from './session.js';
export type { BindKind, BindState, BoundState } from './state.js';
export { boundStateOf, isBindCommand } from './state.js';
