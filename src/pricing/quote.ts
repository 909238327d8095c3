import type { TaxRule } from '../tax/tax-rule.ts';

/** What a cart asks for, already resolved to the event's own numbers. Seats are numbered places. */
export type Cart = {
  seatNos: number[];
  zones: { zoneNo: number; quantity: number }[];
};

/** One line: a seat (quantity 1) or places of a general zone. Integer minor units throughout. */
export type QuoteLine = {
  zoneNo: number;
  /** Null for places of a general zone. */
  seatNo: number | null;
  quantity: number;
  unitPrice: number;
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
};
