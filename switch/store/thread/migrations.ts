// The main database's tables, as forward-only migrations built with knex. Never change one that has shipped; add one.

import knex, { type Knex } from 'knex';

/** knex serves as the SQL builder only: its pool and its promises have no place inside a thread that commits. */
const sql = knex({ client: 'better-sqlite3', useNullAsDefault: true });

type Table = Knex.CreateTableBuilder;

const create = (name: string, columns: (table: Table) => void): string[] =>
  sql.schema
    .createTable(name, columns)
    .toSQL()
    .map((statement) => statement.sql);

const first: readonly string[] = [
  ...create('meta', (table) => {
    table.text('name').primary();
    table.integer('value').notNullable();
  }),
  ...create('provisioned', (table) => {
    table.increments('ref');
    table.text('kind').notNullable();
    table.text('id').notNullable();
    table.integer('tenant_ref').notNullable();
    table.integer('version').notNullable();
    table.text('body').notNullable();
    table.unique(['kind', 'id']);
  }),
  ...create('deck_version', (table) => {
    table.text('id').notNullable();
    table.integer('version').notNullable();
    table.text('source').notNullable();
    table.integer('at_ms').notNullable();
    table.binary('rows').notNullable();
    table.primary(['id', 'version']);
  }),
  ...create('audit', (table) => {
    table.increments('sequence');
    table.integer('at_ms').notNullable();
    table.text('actor').notNullable();
    table.integer('tenant_ref').notNullable().index();
    table.text('tenant_id').notNullable();
    table.text('permission').notNullable();
    table.text('command').notNullable();
    table.text('reason').notNullable();
    table.text('detail').notNullable();
  }),
  ...create('balances', (table) => {
    table.integer('tenant_ref').notNullable();
    table.text('currency').notNullable();
    table.integer('micros').notNullable();
    table.primary(['tenant_ref', 'currency']);
  }),
  ...create('ledger', (table) => {
    table.increments('id');
    table.integer('batch').notNullable();
    table.integer('kind').notNullable();
    table.integer('buyer').notNullable();
    table.integer('seller').notNullable();
    table.text('currency').notNullable();
    table.integer('micros').notNullable();
    table.integer('count').notNullable();
  }),
  ...create('spilled', (table) => {
    table.integer('key').primary();
    table.integer('trunk').notNullable();
    table.integer('phase').notNullable();
    table.text('upstream_id').notNullable();
    table.integer('due_ms').notNullable();
    table.binary('image').notNullable();
  }),
  'create index spilled_queue on spilled(trunk, key) where phase = 0',
  'create index spilled_upstream on spilled(trunk, upstream_id) where phase = 1',
  'create index spilled_due on spilled(due_ms)',
  ...create('pending_receipts', (table) => {
    table.integer('key').primary();
    table.integer('account').notNullable();
    table.binary('image').notNullable();
  }),
  'create index pending_receipts_account on pending_receipts(account, key)',
  ...create('sealed_day', (table) => {
    table.text('day').notNullable();
    table.integer('part').notNullable();
    table.integer('is_dropped').notNullable();
    table.integer('messages').notNullable();
    table.integer('segments').notNullable();
    table.text('by_state').notNullable();
    table.text('charges').notNullable();
    table.integer('sealed_ms').notNullable();
    table.primary(['day', 'part']);
  }),
];

const second: readonly string[] = [
  ...create('posting_key', (table) => {
    table.text('key').primary();
    table.text('intent').notNullable();
    table.integer('posting_id').notNullable();
    table.integer('at_ms').notNullable();
  }),
  // Postings that the journal holds: a key without one moved no money.
  ...create('posted', (table) => {
    table.integer('id').primary();
  }),
  ...create('job_run', (table) => {
    table.text('name').primary();
    table.integer('at_ms').notNullable();
  }),
  ...create('expired_receipt', (table) => {
    table.integer('key').primary();
  }),
];

/** Migration n brings the database from user_version n to n + 1. */
export const migrations: readonly (readonly string[])[] = [first, second];
