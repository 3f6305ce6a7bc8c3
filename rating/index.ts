// What it costs: decks and their tables, the chain of sales, holds and settlements.

export { adjust, Balance, restoreHold, settle, topUp, type Overrun, type TopUp } from './balance.js';
export { chargeStep, type ChargeEvent, type NoReceiptRule } from './charge-moment.js';
export { compileTables, type DeckSource } from './compile-tables.js';
export { parseDeckCsv, type ParsedDeck } from './deck-csv.js';
export { diffDecks, type DeckChange, type DeckDiff, type DeckDiffExample } from './deck-diff.js';
export type { ColumnChoice, DeckMapping, RowError } from './deck-mapping.js';
export { packDeckRows, unpackDeckRows, type DeckRow } from './deck-rows.js';
export { quote, Quote, release, reserve, settleLevel, type QuoteResult, type Settlement } from './quote.js';
export { NO_PRICE_NANOS, RateTables, type DeckColumn, type TablesImage } from './rate-tables.js';
export { Sale, type SaleTerms } from './sale.js';
