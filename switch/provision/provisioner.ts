// Changes what is provisioned: check everything, write it in one transaction with its audit record, then show it to
// the running switch. One change at a time; all of it or nothing.

import { resolve } from 'node:path';
import { AppError } from '#core';
import type { Clock } from '#core';
import { diffDecks } from '#rating';
import type { DeckMapping } from '#rating';
import type { Kind } from '../directory/index.js';
import type { SecretBox } from '../secrets/index.js';
import type { AuditEntry, ProvisionChange, ProvisionedRow, Records, Scope } from '../store/contract.js';
import type { ImportResult } from '../tables/index.js';
import { checkDraft } from './check.js';
import type { CheckParts } from './check.js';
import { deckReport, differenceOf, isDeckChanged } from './difference.js';
import type { ApplyReport, DeckReport, Difference } from './difference.js';
import { DocumentFaults } from './document.js';
import type { ProvisionDocument } from './document.js';
import { Draft } from './draft.js';
import { Filler } from './fill.js';
import { fileSchema } from './schemas.js';
import type { ProvisionFile } from './schemas.js';
import { formatPath } from '../config/index.js';

export interface ProvisionerParts extends CheckParts {
  readonly box: SecretBox;
  readonly records: Pick<Records, 'change' | 'deckVersions'>;
  readonly clock: Clock;
  /** Parses, packs and compares a deck file: the tables pool. */
  readonly importDeck: (request: {
    source: string | Uint8Array;
    mapping?: DeckMapping;
    before?: Uint8Array;
  }) => Promise<ImportResult>;
  /** An older version of a deck; undefined when there is none. */
  readonly deckVersion: (id: string, version: number) => Promise<Uint8Array | undefined>;
  /** Shows committed rows and deleted refs to the running switch: tables, directory, trunks. The command ends with it. */
  readonly show: (rows: readonly ProvisionedRow[], removedRefs: readonly number[]) => Promise<unknown>;
  /** One sentence why a row must stay although nothing provisioned names it; undefined when it may go. */
  readonly inUse: (kind: Kind, ref: number) => Promise<string | undefined>;
}

/** Who changes, under which permission, and why: the audit record. */
export interface ChangeContext {
  readonly actor: string;
  readonly scope: Scope;
  readonly permission: string;
  readonly command: string;
  readonly reason: string;
  readonly progress: (text: string) => void;
}

export interface ApplyOptions {
  readonly dryRun: boolean;
  readonly prune: boolean;
}

interface ReadDeck {
  readonly id: string;
  readonly rows: Uint8Array;
  readonly source: string;
  readonly report: DeckReport;
}

export class Provisioner {
  readonly #parts: ProvisionerParts;
  /** The change under way; the next one waits for it. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: ProvisionerParts) {
    this.#parts = parts;
  }

  apply(document: ProvisionDocument, options: ApplyOptions, context: ChangeContext): Promise<ApplyReport> {
    return this.#inTurn(() => this.#apply(document, options, context));
  }

  /** Changes fields of one row that is there: switches, mostly. */
  edit(
    kind: Kind,
    id: string,
    fields: Readonly<Record<string, unknown>>,
    context: ChangeContext,
  ): Promise<ApplyReport> {
    return this.#inTurn(async () => {
      const draft = Draft.of(this.#parts.directory);
      const row = draft.get(kind, id);
      if (row === undefined) throw noSuch(kind, id);
      draft.put({ ...row, body: { ...row.body, ...fields }, isGiven: true });
      return this.#commit(differenceOf(draft, this.#parts.directory), [], 0, false, context);
    });
  }

  /** Gives one deck the rows of a CSV file. */
  importDeck(
    id: string,
    source: { readonly path: string; readonly mapping?: DeckMapping },
    dryRun: boolean,
    context: ChangeContext,
  ): Promise<ApplyReport> {
    return this.#inTurn(async () => {
      if (this.#parts.directory.row('deck', id) === undefined) throw noSuch('deck', id);
      const faults = new DocumentFaults({ file: source.path, folder: '/', content: {}, lines: {} });
      const deck = await this.#readDeck(id, source.path, source.mapping ?? {}, faults, await this.#currentRows());
      faults.throwIfAny();
      return this.#commitDecks(deck === undefined ? [] : [deck], dryRun, context);
    });
  }

  /** Makes an older version of a deck the newest one. */
  rollbackDeck(id: string, version: number, context: ChangeContext): Promise<ApplyReport> {
    return this.#inTurn(async () => {
      if (this.#parts.directory.row('deck', id) === undefined) throw noSuch('deck', id);
      const rows = await this.#parts.deckVersion(id, version);
      if (rows === undefined) throw new AppError('MX1403', `deck '${id}' has no version ${version}`);
      const diff = diffDecks((await this.#currentRows()).get(id), rows);
      const { added, raised, lowered, rescheduled, unchanged } = diff;
      const report = deckReport(id, added + raised + lowered + rescheduled + unchanged, diff);
      return this.#commitDecks([{ id, rows, source: `version ${version}`, report }], false, context);
    });
  }

  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const before = this.#last;
    const mine = before.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #apply(document: ProvisionDocument, options: ApplyOptions, context: ChangeContext): Promise<ApplyReport> {
    const { directory, box } = this.#parts;
    const faults = new DocumentFaults(document);
    const file = readContent(document, faults);
    const draft = Draft.of(directory);
    context.progress('checking');
    await new Filler(draft, faults, box).fill(file);
    if (options.prune) for (const row of draft.rows()) if (!row.isGiven) draft.delete(row);
    checkDraft(draft, faults, this.#parts);
    const decks = await this.#readDecks(document, file, faults, context);
    faults.throwIfAny();
    const difference = differenceOf(draft, directory);
    await this.#refuseRemovalInUse(difference);
    const changedDecks = decks.filter((deck) => isDeckChanged(deck.report));
    const unchanged = difference.unchanged + decks.length - changedDecks.length;
    return this.#commit(difference, changedDecks, unchanged, options.dryRun, context);
  }

  async #readDecks(
    document: ProvisionDocument,
    file: ProvisionFile,
    faults: DocumentFaults,
    context: ChangeContext,
  ): Promise<ReadDeck[]> {
    const named = Object.entries(file.decks).filter(([, deck]) => deck.file !== undefined);
    if (named.length === 0) return [];
    const current = await this.#currentRows();
    const decks: ReadDeck[] = [];
    for (const [id, { file: name, columns }] of named) {
      context.progress(`reading deck ${id}`);
      const path = resolve(document.folder, name ?? '');
      const mapping = withoutUndefined(columns ?? {}) as DeckMapping;
      const deck = await this.#readDeck(id, path, mapping, faults, current);
      if (deck !== undefined) decks.push(deck);
    }
    return decks;
  }

  async #readDeck(
    id: string,
    path: string,
    mapping: DeckMapping,
    faults: DocumentFaults,
    current: ReadonlyMap<string, Uint8Array>,
  ): Promise<ReadDeck | undefined> {
    const before = current.get(id);
    let result: ImportResult;
    try {
      result = await this.#parts.importDeck({ source: path, mapping, ...(before === undefined ? {} : { before }) });
    } catch (cause) {
      faults.add(
        ['decks', id, 'file'],
        `${path} cannot be read (${(cause as NodeJS.ErrnoException).code ?? String(cause)})`,
      );
      return undefined;
    }
    if (result.ok) return { id, rows: result.rows, source: path, report: deckReport(id, result.rowCount, result.diff) };
    for (const { line, column, value, why } of result.errors) {
      faults.addElsewhere({ file: path, line, field: column, message: value === '' ? why : `'${value}' ${why}` });
    }
    const unlisted = result.errorCount - result.errors.length;
    if (unlisted > 0)
      faults.addElsewhere({ file: path, line: 0, field: '', message: `has ${unlisted} more bad fields` });
    return undefined;
  }

  async #currentRows(): Promise<Map<string, Uint8Array>> {
    return new Map((await this.#parts.records.deckVersions()).map((deck) => [deck.id, deck.rows]));
  }

  #commitDecks(decks: readonly ReadDeck[], dryRun: boolean, context: ChangeContext): Promise<ApplyReport> {
    const none: Difference = { changes: [], removedRefs: [], created: [], changed: [], removed: [], unchanged: 0 };
    const changed = decks.filter((deck) => isDeckChanged(deck.report));
    return this.#commit(none, changed, decks.length - changed.length, dryRun, context);
  }

  async #commit(
    difference: Difference,
    decks: readonly ReadDeck[],
    unchanged: number,
    dryRun: boolean,
    context: ChangeContext,
  ): Promise<ApplyReport> {
    const { created, changed, removed } = difference;
    const report: ApplyReport = {
      dryRun,
      created,
      changed,
      removed,
      decks: decks.map((deck) => deck.report),
      unchanged,
    };
    const versions = decks.map(({ id, rows, source }): ProvisionChange => ({ op: 'deck-version', id, rows, source }));
    const changes = [...difference.changes, ...versions];
    this.#refuseOutsideScope(difference, decks, context);
    if (dryRun || changes.length === 0) return report;
    context.progress('writing');
    const rows = await this.#parts.records.change(changes, this.#audit(report, context));
    await this.#parts.show(rows, difference.removedRefs);
    return report;
  }

  #audit(report: ApplyReport, context: ChangeContext): AuditEntry {
    const { actor, scope, permission, command, reason } = context;
    const { created, changed, removed, decks } = report;
    const short = (rows: ApplyReport['created']): string[] => rows.map((row) => `${row.kind}/${row.id}`);
    return {
      atMs: this.#parts.clock.wallMs(),
      actor,
      // Before the first tenant exists, the first one made answers for its own making.
      tenantId: this.#parts.directory.idOf(scope.tenantRef) ?? created.find((row) => row.kind === 'tenant')?.id ?? '',
      permission,
      command,
      reason,
      detail: JSON.stringify({ created: short(created), changed, removed: short(removed), decks }),
    };
  }

  async #refuseRemovalInUse(difference: Difference): Promise<void> {
    for (const { kind, id } of difference.removed) {
      const ref = this.#parts.directory.row(kind, id)?.ref ?? 0;
      const why = this.#balanceLeft(ref) ?? (await this.#parts.inUse(kind, ref));
      if (why === undefined) continue;
      throw new AppError('MX1402', `${kind} '${id}' cannot be removed: ${why}`, {
        next: 'disable it instead, or apply without --prune',
      });
    }
  }

  #balanceLeft(ref: number): string | undefined {
    const balance = this.#parts.directory.tenants.get(ref)?.balance;
    if (balance === undefined || (balance.balanceMicros === 0n && balance.heldMicros === 0n)) return undefined;
    return 'its balance is not zero';
  }

  /** A tenant changes only what belongs to it or to those below it, and never its own row. */
  #refuseOutsideScope(difference: Difference, decks: readonly ReadDeck[], context: ChangeContext): void {
    const { directory } = this.#parts;
    const root = directory.root;
    if (root === undefined || root.ref === context.scope.tenantRef) return;
    const allowed = new Set(context.scope.tenantRefs.map((ref) => directory.idOf(ref)));
    const created = new Set(difference.created.filter((row) => row.kind === 'tenant').map((row) => row.id));
    for (const change of difference.changes) {
      if (change.op !== 'put' && change.op !== 'delete') continue;
      const owner = change.op === 'put' ? change.tenantId : this.#ownerOf(change.kind as Kind, change.id);
      if (!allowed.has(owner) && !created.has(owner)) throw outside(change.id);
    }
    for (const deck of decks) if (!allowed.has(this.#ownerOf('deck', deck.id))) throw outside(deck.id);
  }

  #ownerOf(kind: Kind, id: string): string {
    return this.#parts.directory.idOf(this.#parts.directory.row(kind, id)?.tenantRef ?? 0) ?? '';
  }
}

const outside = (id: string): AppError => new AppError('MX1404', `'${id}' belongs to a tenant outside your scope`);

const noSuch = (kind: Kind, id: string): AppError => new AppError('MX1403', `there is no ${kind} '${id}'`);

function readContent(document: ProvisionDocument, faults: DocumentFaults): ProvisionFile {
  const parsed = fileSchema.safeParse(document.content);
  if (parsed.success) return parsed.data;
  for (const issue of parsed.error.issues) {
    const path = issue.path.filter((part) => typeof part !== 'symbol');
    if (issue.code === 'unrecognized_keys')
      for (const name of issue.keys) faults.add([...path, name], 'is not known here');
    else if (issue.code === 'invalid_key') faults.add(path, `'${formatPath(path.slice(-1))}' is no id`);
    else faults.add(path, issue.code !== 'custom' && missing(document, path) ? 'is missing' : issue.message);
  }
  faults.throwIfAny();
  throw new AppError('MX1401', `${document.file} is not valid`);
}

function missing(document: ProvisionDocument, path: readonly (string | number)[]): boolean {
  let at: unknown = document.content;
  for (const part of path) at = (at as Record<string | number, unknown> | undefined)?.[part];
  return at === undefined;
}

const withoutUndefined = (record: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined));
