// Commands that the running switch answers.

import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { readProvisionFile } from '../provision/index.js';
import type { ApplyReport } from '../provision/index.js';
import { usage, wholeNumber } from './arguments.js';
import type { CliCommand, CliContext } from './command.js';
import { word } from './command.js';
import { formatReport, formatTable, formatTree } from './output.js';
import { readableStory } from './story.js';

type Row = Readonly<Record<string, unknown>>;
const DRY_RUN = { type: 'boolean', help: 'show what would change, and change nothing' } as const;

const apply: CliCommand = {
  name: 'apply',
  takes: 'FILE',
  help: 'bring tenants, decks, trunks, accounts … to what FILE says; all of it or nothing',
  options: {
    'dry-run': DRY_RUN,
    prune: { type: 'boolean', help: 'also remove what FILE does not name' },
  },
  wordsMax: 1,
  async run(context) {
    const { args } = context;
    const document = readProvisionFile(word(args, 0, 'FILE'));
    const input = { document, dryRun: args.flag('dry-run'), prune: args.flag('prune') };
    context.show((await context.ask('apply', input)) as ApplyReport, formatReport);
    return undefined;
  },
};

const exportCommand: CliCommand = {
  name: 'export',
  takes: '',
  help: 'print everything provisioned as a file that applies as unchanged',
  options: {},
  wordsMax: 0,
  async run(context) {
    context.show((await context.ask('export', {})) as { yaml: string }, ({ yaml }) => yaml.trimEnd());
    return undefined;
  },
};

const trace: CliCommand = {
  name: 'trace',
  takes: 'ID',
  help: "tell a message's story: prices, candidates, attempts, receipt",
  options: {},
  wordsMax: 1,
  async run(context) {
    context.show(await context.ask('records.trace', { id: word(context.args, 0, 'ID') }), (story) =>
      formatTree(readableStory(story as Row)),
    );
    return undefined;
  },
};

const records: CliCommand = {
  name: 'records',
  takes: '',
  help: 'list message records, newest first',
  options: {
    account: { type: 'string', help: 'ID of the account' },
    trunk: { type: 'string', help: 'ID of the trunk' },
    state: { type: 'string', help: 'delivered, undeliverable, expired, …' },
    destination: { type: 'string', help: 'DIGITS that the destination begins with' },
    from: { type: 'string', help: 'accepted at or after this time (ISO 8601)' },
    to: { type: 'string', help: 'accepted before this time (ISO 8601)' },
    before: { type: 'string', help: 'ID: go on after this message' },
    limit: { type: 'string', help: 'how many (default 50)' },
  },
  wordsMax: 0,
  async run(context) {
    const { args } = context;
    const input: Record<string, unknown> = {};
    for (const name of ['account', 'trunk', 'state', 'destination', 'before']) {
      const text = args.text(name);
      if (text !== undefined) input[name] = text;
    }
    const [from, to, limit] = [args.text('from'), args.text('to'), args.text('limit')];
    if (from !== undefined) input['fromMs'] = instant(from, 'from');
    if (to !== undefined) input['toMs'] = instant(to, 'to');
    const columns = ['id', 'acceptedAt', 'account', 'trunk', 'source', 'destination', 'segments', 'state', 'charge'];
    const rows = await allRecords(context, input, wholeNumber(limit ?? '50', 'limit', 1, 10_000));
    showRows(context, rows, columns, 'no records');
    return undefined;
  },
};

/** The switch looks for a moment at a time; asks on until there are enough or nothing is left. */
async function allRecords(context: CliContext, input: Row, limit: number): Promise<Row[]> {
  const found: Row[] = [];
  let before: string | undefined;
  for (;;) {
    const page = (await context.ask('records.list', {
      ...input,
      ...(before === undefined ? {} : { before }),
      limit: limit - found.length,
    })) as { records: readonly Row[]; next?: string; searchedBackToMs?: number };
    for (const row of page.records) found.push(row);
    if (page.next === undefined || found.length >= limit) return found;
    before = page.next;
    context.terminal.err(`… searched back to ${new Date(page.searchedBackToMs ?? 0).toISOString()}`);
  }
}

function instant(text: string, name: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw usage(`--${name} must be a time such as 2026-11-22T10:00:00Z, not '${text}'`);
  return ms;
}

function showRows(context: CliContext, result: unknown, columns: readonly string[], none: string): void {
  context.show(result as readonly Row[], (rows) => (rows.length === 0 ? none : formatTable(rows, columns)));
}

const balance: CliCommand = {
  name: 'balance',
  takes: '[adjust TENANT AMOUNT]',
  help: 'list balances, or correct one by hand (AMOUNT may be negative: put -- before it)',
  options: { key: { type: 'string', help: 'KEY that makes a repeated adjustment count once' } },
  wordsMax: 3,
  async run(context) {
    if (context.args.words[0] === 'adjust') return post(context, 'balance.adjust', 1);
    if (context.args.words.length > 0) throw usage(`balance takes no word '${context.args.words[0] ?? ''}'`);
    const columns = ['tenant', 'currency', 'balance', 'held', 'creditLimit', 'available', 'closed'];
    showRows(context, await context.ask('balance.list', {}), columns, 'no tenants');
    return undefined;
  },
};

const topup: CliCommand = {
  name: 'topup',
  takes: 'TENANT AMOUNT',
  help: "raise a tenant's balance",
  options: { key: { type: 'string', help: 'KEY that makes a repeated top-up count once' } },
  wordsMax: 2,
  run: (context) => post(context, 'balance.topup', 0),
};

async function post(context: CliContext, command: string, at: number): Promise<undefined> {
  const { args } = context;
  const tenant = word(args, at, 'TENANT');
  const input = { tenant, amount: word(args, at + 1, 'AMOUNT'), key: args.text('key') ?? randomUUID() };
  const result = (await context.ask(command, input)) as { balance: string };
  context.show(result, (posted) => `${tenant}: balance ${posted.balance}`);
  return undefined;
}

const switchCommand = (name: string): CliCommand => ({
  name,
  takes: 'enable|disable ID',
  help: `switch ${name === 'account' ? 'an' : 'a'} ${name} on or off, at once`,
  options: {},
  wordsMax: 2,
  async run(context) {
    const [action = ''] = context.args.words;
    if (action !== 'enable' && action !== 'disable') throw usage(`${name} takes enable or disable, then an ID`);
    const report = (await context.ask(`${name}.${action}`, { id: word(context.args, 1, 'ID') })) as ApplyReport;
    context.show(report, formatReport);
    return undefined;
  },
});

const deck: CliCommand = {
  name: 'deck',
  takes: 'import ID FILE | rollback ID VERSION',
  help: 'give a rate deck the rows of a CSV file, or an older version of them',
  options: {
    'dry-run': DRY_RUN,
    prefix: { type: 'string', help: 'column of the prefix (name or number)' },
    price: { type: 'string', help: 'column of the price' },
    effective: { type: 'string', help: 'column of the date from which it holds' },
    decimal: { type: 'string', help: 'decimal sign: . or ,' },
    'date-format': { type: 'string', help: 'such as DD/MM/YYYY (default ISO 8601)' },
  },
  wordsMax: 3,
  async run(context) {
    const { args } = context;
    const [action] = args.words;
    const id = word(args, 1, 'ID');
    let report: unknown;
    if (action === 'rollback') {
      const version = wholeNumber(word(args, 2, 'VERSION'), 'version', 1, 1_000_000);
      report = await context.ask('deck.rollback', { id, version });
    } else if (action === 'import') {
      const columns = deckColumns(context);
      const path = resolve(word(args, 2, 'FILE'));
      report = await context.ask('deck.import', { id, path, columns, dryRun: args.flag('dry-run') });
    } else throw usage('deck takes import or rollback');
    context.show(report as ApplyReport, formatReport);
    return undefined;
  },
};

function deckColumns({ args }: CliContext): Record<string, string | number> {
  const columns: Record<string, string | number> = {};
  for (const name of ['prefix', 'price', 'effective', 'decimal', 'date-format']) {
    const text = args.text(name);
    if (text === undefined) continue;
    const isColumn = name !== 'decimal' && name !== 'date-format';
    columns[name === 'date-format' ? 'dateFormat' : name] = isColumn && /^\d{1,3}$/.test(text) ? Number(text) : text;
  }
  return columns;
}

const backup: CliCommand = {
  name: 'backup',
  takes: 'FOLDER',
  help: 'copy everything, consistent, into an empty FOLDER while the switch runs',
  options: {},
  wordsMax: 1,
  async run(context) {
    const folder = resolve(word(context.args, 0, 'FOLDER'));
    context.show(await context.ask('backup', { folder }), () => `backed up to ${folder}; keep the key file with it`);
    return undefined;
  },
};

const audit: CliCommand = {
  name: 'audit',
  takes: '',
  help: 'list who changed what, newest first',
  options: { limit: { type: 'string', help: 'how many (default 50)' } },
  wordsMax: 0,
  async run(context) {
    const limit = wholeNumber(context.args.text('limit') ?? '50', 'limit', 1, 10_000);
    const entries = (await context.ask('audit.list', { limit })) as (Row & { atMs: number })[];
    context.show(entries, (list) => {
      const rows = list.map((entry) => ({ ...entry, at: new Date(entry.atMs).toISOString() }));
      return formatTable(rows, ['at', 'actor', 'tenantId', 'command', 'reason', 'detail']);
    });
    return undefined;
  },
};

const retain: CliCommand = {
  name: 'retain',
  takes: 'DAYS',
  help: 'drop message records older than DAYS; their totals are kept',
  options: {},
  wordsMax: 1,
  async run(context) {
    const days = wholeNumber(word(context.args, 0, 'DAYS'), 'days', 1, 36_500);
    const result = (await context.ask('retain', { days })) as { dropped: readonly string[] };
    context.show(result, ({ dropped }) => (dropped.length === 0 ? 'nothing to drop' : `dropped ${dropped.join(', ')}`));
    return undefined;
  },
};

const status: CliCommand = {
  name: 'status',
  takes: '',
  help: 'show what the running switch is doing',
  options: {},
  wordsMax: 0,
  async run(context) {
    context.show(await context.ask('status', {}), (state) => formatTree(state));
    return undefined;
  },
};

const drain: CliCommand = {
  name: 'drain',
  takes: '',
  help: 'take no more traffic, finish what is in flight, and stop',
  options: {},
  wordsMax: 0,
  async run(context) {
    context.show(await context.ask('drain', {}), () => 'drained');
    return undefined;
  },
};

export const askingCommands: readonly CliCommand[] = [
  apply,
  exportCommand,
  trace,
  records,
  balance,
  topup,
  switchCommand('trunk'),
  switchCommand('carrier'),
  switchCommand('account'),
  deck,
  backup,
  audit,
  retain,
  status,
  drain,
];
