import type { CustomerKind, TaxRule } from '../tax/tax-rule.ts';
import type { Take, Voucher } from './price-list.ts';

/** What a cart asks for, already resolved to the event's own numbers. Seats are numbered places. */
export type Cart = {
  seatNos: number[];
  /** The kinds of the seats, by their place in `seatNos`; absent or null: the zone's first. */
  seatKinds?: (string | null)[];
  /** A zone may stand several times, with different kinds. */
  zones: { zoneNo: number; quantity: number; kind?: string | null }[];
};

/** Who buys, as far as prices and taxes depend on it. */
export type Buyer = {
  kind: CustomerKind;
  /** What their purchases are counted by: a digest of their document or address; null when they gave none. */
  key: string | null;
  /** As an invoice shows it. */
  address?: string | undefined;
};

/** One line: a seat (quantity 1) or places of a general zone of one kind and stage. Integer minor units throughout. */
export type QuoteLine = {
  zoneNo: number;
  /** Null for places of a general zone. */
  seatNo: number | null;
  quantity: number;
  unitPrice: number;
  /** The code of the ticket kind and of the price stage; absent in an event without any. */
  kind?: string | undefined;
  stage?: string | undefined;
  /** Before taxes: what is left of unitPrice × quantity once included taxes are taken out. */
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  /** Always net + taxes + fees − discounts. */
  total: number;
};

/** The sum of one tax rule over all lines. */
export type QuoteTax = {
  taxRuleId: number;
  name: string;
  inclusion: TaxRule['inclusion'];
  /** Null for a fixed amount. */
  ratePpm: number | null;
  amount: number;
};

/** One fee over all lines, with the taxes that are included in it. An absorbed one is in no total. */
export type QuoteFee = { name: string; amount: number; absorbed: boolean };

/** What a quote was made under beside places and prices: a new quote of the same hold is made under the same. */
export type QuoteTerms = {
  buyer: Buyer | null;
  paymentMethod: string | null;
  voucher: Voucher | null;
  fees: QuoteFee[];
};

/** What a cart costs, and under which versions of prices and taxes, and until when that holds. */
export type Quote = {
  currency: string;
  lines: QuoteLine[];
  /** Sum of the lines' net. */
  net: number;
  discounts: number;
  fees: number;
  taxes: QuoteTax[];
  /** Sum of the lines' taxes, and of `taxes`. */
  taxTotal: number;
  total: number;
  pricingVersion: number;
  taxVersion: number;
  /** The next instant at which a tax rule of the event starts or ends: milliseconds since 1970, or Infinity. */
  validUntil: number;
  /** Absent when the cart is plain: only places, prices and taxes. */
  terms?: QuoteTerms | undefined;
  /** What the cart takes of counters; absent when nothing. */
  takes?: Take[] | undefined;
};

/** One step of the sum, for people: what it is, what it adds to what the buyer pays, and what stands then. */
export type PriceStep = {
  step:
    | 'price'
    | 'modifier'
    | 'stage'
    | 'ticket_kind'
    | 'voucher'
    | 'fee'
    | 'absorbed_fee'
    | 'included_tax'
    | 'added_tax';
  name: string;
  /** The place of the line in the quote; absent for what concerns the whole order. */
  line?: number;
  /** Minor units; for `included_tax` and `absorbed_fee` they are part of what was there already. */
  amount: number;
  /** The unit price so far, for what changes it; else the line's or the order's sum so far. */
  result: number;
};
