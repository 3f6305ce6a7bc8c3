// Everything the switch is told about by its operators, as live objects.

export * from './allow-list.js';
export * from './bodies.js';
export { countryTable, isCountry } from './countries.js';
export type { DirectoryChange } from './catalog.js';
export * from './directory.js';
export * from './entries.js';
export { SenderRights } from './sender-rights.js';
