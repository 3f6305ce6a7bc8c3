// Tables: compiled and imported in the pool, kept those of now.

export type { CompileResult, CompileTask, ImportResult } from './contract.js';
export { LiveTables, type LiveSnapshot } from './live-tables.js';
export { TablesPool } from './pool.js';
