// How tenants, decks, trunks, accounts and the rest come into the switch, and out again.

export type { ApplyReport, DeckReport, FieldChange, RowChange } from './difference.js';
export { parseProvisionText, readProvisionFile, type ProvisionDocument } from './document.js';
export { exportYaml } from './export.js';
export { noSuch, Provisioner, type ApplyOptions, type ChangeContext, type ProvisionerParts } from './provisioner.js';
export { sandbox, type Sandbox, type SandboxCredentials } from './sandbox.js';
export { deckMappingSchema } from './schemas.js';
export { openTrunkSecret } from './secret-fields.js';
