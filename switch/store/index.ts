// The embedded store: a journal of segment files and SQLite behind three threads.

export { openStore } from './embedded-store.js';
export { restoreBackup } from './backup.js';
export * from './contract.js';
