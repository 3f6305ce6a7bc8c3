// What it costs: decks and their tables, the chain of sales, holds and settlements.

export { adjust, Balance, restoreHold, settle, topUp, type Overrun, type TopUp } from './balance.js';
export { chargeStep, type ChargeEvent, type NoReceiptRule } from './charge-moment.js';
export { quote, Quote, release, reserve, settleLevel, type QuoteResult, type Settlement } from './quote.js';
export { NO_PRICE_NANOS, RateTables, type DeckColumn, type TablesImage } from './rate-tables.js';
export { Sale, type SaleTerms } from './sale.js';
