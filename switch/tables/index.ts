// Tables: compiled and imported in the pool, kept those of now.

export type { CompileResult, CompileTask, ImportResult, TrunkDeck } from './contract.js';
export { LiveTables, type LiveSnapshot, type LiveTablesParts } from './live-tables.js';
export { shareRows, TablesPool, type ImportRequest } from './pool.js';
