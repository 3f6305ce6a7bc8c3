// Everything provisioned as a file that applies back as unchanged: passwords as hashes, upstream secrets sealed.

import { stringify } from 'yaml';
import { KINDS } from '../directory/index.js';
import type { Directory, Kind } from '../directory/index.js';
import type { Scope } from '../store/contract.js';
import { SECTIONS } from './schemas.js';

/** What names the owner in each kind; a trunk has its carrier's. */
const OWNER_FIELD: Readonly<Record<Kind, string>> = {
  tenant: 'parent',
  deck: 'tenant',
  plan: 'tenant',
  carrier: 'tenant',
  trunk: '',
  account: 'tenant',
  resource: 'tenant',
  key: 'tenant',
};

const HEAD = `# Everything provisioned, as exported. Applying it changes nothing. Passwords are hashes, upstream secrets are sealed
# with this switch's key file. Rows of rate decks
# are not in here; decks keep theirs.
`;

/** Rows owned within the scope. */
export function exportYaml(directory: Directory, scope: Scope): string {
  const file: Record<string, Record<string, unknown>> = {};
  const inScope = new Set(scope.tenantRefs);
  for (const kind of KINDS) {
    const section: Record<string, unknown> = {};
    for (const row of directory.rows()) {
      const isSeen = inScope.has(row.tenantRef) || (row.kind === 'tenant' && inScope.has(row.ref));
      if (row.kind !== kind || !isSeen) continue;
      const owner = directory.idOf(row.tenantRef);
      const body = JSON.parse(row.body) as Record<string, unknown>;
      section[row.id] =
        owner === undefined || OWNER_FIELD[kind] === '' ? body : { [OWNER_FIELD[kind]]: owner, ...body };
    }
    if (Object.keys(section).length > 0) file[SECTIONS[kind]] = section;
  }
  return HEAD + stringify(file, { lineWidth: 0, singleQuote: true });
}
