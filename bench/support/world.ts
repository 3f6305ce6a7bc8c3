// The world of a run: four levels of tenants, accounts, trunks to the sink and decks, from a seed; and what each tenant
// owes in the end, reckoned from the load processes' logs and the price list alone.

import { destinationOf } from './chance.js';
import { SinkMark } from './control.js';
import type { RunLogs } from './logs.js';
import { Markup, PriceList, type DeckShape } from './price-list.js';

export type ChargeOn = 'submitted' | 'delivered';

export interface WorldOptions {
  readonly seed: number;
  readonly accounts: number;
  readonly deckRows: number;
  readonly ports: readonly number[];
  /** False: nobody asks for receipts, so every plan charges on `submitted`. */
  readonly receipts: boolean;
  /** What a trunk's SMPP legs may have unanswered. */
  readonly trunkWindowMax: number;
  readonly accountWindowMax: number;
  readonly accountBindMax: number;
  /** N of scrypt for the accounts' stored passwords: the switch's own is 16,384, about 50 ms a check. */
  readonly passwordCost: number;
}

export interface WorldTenant {
  readonly id: string;
  readonly parent: WorldTenant | undefined;
  /** The plan it buys by, its parent's; undefined for the operator. */
  readonly plan: WorldPlan | undefined;
}

export interface WorldPlan {
  readonly id: string;
  readonly owner: string;
  readonly deck: DeckShape;
  readonly chargeOn: ChargeOn;
}

export interface WorldDeck extends DeckShape {
  readonly owner: string;
}

export interface WorldAccount {
  readonly id: string;
  readonly systemId: string;
  readonly password: string;
  readonly source: string;
  readonly tenant: WorldTenant;
}

const REGIONS = 2;
const RESELLERS = 4;
const ACCOUNTS_PER_CUSTOMER = 10;

export class World {
  readonly options: WorldOptions;
  readonly prices: PriceList;
  readonly tenants: WorldTenant[] = [];
  readonly decks: WorldDeck[] = [];
  readonly plans: WorldPlan[] = [];
  readonly accounts: WorldAccount[] = [];

  constructor(options: WorldOptions) {
    this.options = options;
    this.prices = new PriceList(options.seed, options.deckRows);
    const operator: WorldTenant = { id: 'operator', parent: undefined, plan: undefined };
    this.tenants.push(operator);
    options.ports.forEach((_, trunk) => this.#deck(`buy-${trunk}`, 'operator', Markup.carrier, 0.35));
    const regions = this.#level('region', REGIONS, [operator], Markup.operator);
    const resellers = this.#level('reseller', RESELLERS, regions, Markup.region);
    const customers = this.#customers(Math.max(1, Math.ceil(options.accounts / ACCOUNTS_PER_CUSTOMER)), resellers);
    for (let account = 0; account < options.accounts; account++) {
      const tenant = customers[account % customers.length] as WorldTenant;
      const systemId = `esme${account}`;
      this.accounts.push({
        id: systemId,
        systemId,
        password: 'bench-pw',
        source: `B${tenant.id.slice(1)}`,
        tenant,
      });
    }
  }

  /** The rows of a deck file: prefix, price in units to nine places, effective date. `salt` makes another version. */
  *deckCsv(deck: DeckShape): Iterable<string> {
    const { prefixes } = this.prices;
    let chunk = 'prefix,price,effective\n';
    for (let prefix = 0; prefix < prefixes.length; prefix++) {
      const nanos = this.prices.priceNanos(deck, prefix);
      if (nanos < 0) continue;
      chunk += `${prefixes[prefix] ?? ''},0.${String(nanos).padStart(9, '0')},2026-01-01\n`;
      if (chunk.length < 1_000_000) continue;
      yield chunk;
      chunk = '';
    }
    yield chunk;
  }

  /** Micros that each tenant (by id) has been charged, by what the load processes saw. */
  expectedChargesMicros(logs: RunLogs, seed: number): Map<string, number> {
    const micros = new Map<DeckShape, Float64Array>();
    for (const plan of this.plans)
      if (!micros.has(plan.deck)) micros.set(plan.deck, this.prices.microsByDestination(plan.deck));
    const chains = this.accounts.map((account) => chainOf(account.tenant));
    const slots = new Map(this.tenants.map((tenant, slot) => [tenant, slot]));
    const sums = new Float64Array(this.tenants.length);
    const accountChains = chains.map((chain) =>
      chain.map(({ tenant, plan }) => ({
        slot: slots.get(tenant) ?? 0,
        micros: micros.get(plan.deck) as Float64Array,
        onDelivery: plan.chargeOn === 'delivered',
      })),
    );
    for (let serial = 0; serial < logs.serials; serial++) {
      if ((logs.sinkCounts[serial] ?? 0) === 0) continue;
      const delivered = ((logs.sinkMarks[serial] ?? 0) & SinkMark.delivered) !== 0;
      const destination = destinationOf(serial, seed);
      for (const sale of accountChains[logs.accounts[serial] as number] ?? []) {
        if (sale.onDelivery && !delivered) continue;
        sums[sale.slot] = (sums[sale.slot] as number) + (sale.micros[destination] as number);
      }
    }
    return new Map(this.tenants.map((tenant, slot) => [tenant.id, sums[slot] as number]));
  }

  #deck(id: string, owner: string, markup: number, countrySpread: number): WorldDeck {
    const deck: WorldDeck = { id, owner, salt: this.decks.length + 1, markup, countrySpread };
    this.decks.push(deck);
    return deck;
  }

  #plan(deck: WorldDeck, chargeOn: ChargeOn): WorldPlan {
    const chargedOn = this.options.receipts ? chargeOn : 'submitted';
    const plan: WorldPlan = { id: `plan-${deck.id}-${chargedOn}`, owner: deck.owner, deck, chargeOn: chargedOn };
    const known = this.plans.find((other) => other.id === plan.id);
    if (known !== undefined) return known;
    this.plans.push(plan);
    return plan;
  }

  /** Every buyer of a level has a deck of its own at its parent. */
  #level(name: string, count: number, parents: readonly WorldTenant[], markup: number): WorldTenant[] {
    return Array.from({ length: count }, (_, at) => {
      const parent = parents[at % parents.length] as WorldTenant;
      const deck = this.#deck(`sell-${name}-${at}`, parent.id, markup, 0);
      const tenant: WorldTenant = {
        id: `${name}-${at}`,
        parent,
        plan: this.#plan(deck, at % 2 === 0 ? 'submitted' : 'delivered'),
      };
      this.tenants.push(tenant);
      return tenant;
    });
  }

  /** Customers of one reseller share its deck, half of them charged on delivery. */
  #customers(count: number, resellers: readonly WorldTenant[]): WorldTenant[] {
    const decks = resellers.map((reseller) => this.#deck(`sell-of-${reseller.id}`, reseller.id, Markup.reseller, 0));
    return Array.from({ length: count }, (_, at) => {
      const seller = at % resellers.length;
      const chargeOn = Math.floor(at / resellers.length) % 2 === 0 ? 'delivered' : 'submitted';
      const plan = this.#plan(decks[seller] as WorldDeck, chargeOn);
      const tenant: WorldTenant = { id: `c${at}`, parent: resellers[seller], plan };
      this.tenants.push(tenant);
      return tenant;
    });
  }
}

/** The sales of a chain, the customer's first. */
function chainOf(tenant: WorldTenant): { tenant: WorldTenant; plan: WorldPlan }[] {
  const chain: { tenant: WorldTenant; plan: WorldPlan }[] = [];
  for (let at: WorldTenant | undefined = tenant; at?.plan !== undefined; at = at.parent)
    chain.push({ tenant: at, plan: at.plan });
  return chain;
}
