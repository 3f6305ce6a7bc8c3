// How tenants, decks, trunks, accounts and the rest come into the switch, and out again.

export type { ApplyReport, RowChange } from './difference.js';
export { parseProvisionText, readProvisionFile } from './document.js';
export { exportYaml } from './export.js';
export { Provisioner, type ChangeContext } from './provisioner.js';
export { sandbox, type Sandbox } from './sandbox.js';
export { deckMappingSchema } from './schemas.js';
export { openTrunkSecret } from './secret-fields.js';
