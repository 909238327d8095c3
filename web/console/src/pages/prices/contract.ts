export type PriceChange = { kind: 'percentage' | 'amount' | 'set'; value: number };

export type Stage = {
  code: string;
  name: string;
  zone_ids?: string[];
  from?: string;
  until?: string;
  quantity?: number;
  change: PriceChange;
};

export type TicketKind = { code: string; name: string; zone_ids?: string[]; change?: PriceChange };

export type Fee = {
  name: string;
  per: 'ticket' | 'order';
  amount?: number;
  rate_ppm?: number;
  taxed: boolean;
  absorbed: boolean;
};

/** An event's prices as the API reads and writes them; what the console does not edit goes back as it came. */
export type PriceList = {
  event_id: string;
  pricing_version: number;
  currency: string;
  categories: { name: string; price: number }[];
  zones: { zone_id: string; price: number | null }[];
  modifiers: unknown[];
  ticket_kinds: TicketKind[];
  stages: Stage[];
  fees: Fee[];
  order_places_max: number | null;
  customer_places_max: number | null;
  whole_tables: unknown[];
  hidden_zones: unknown[];
};

export type TaxRule = {
  id: number;
  name: string;
  event_id?: string;
  kind: 'percentage' | 'fixed';
  rate_ppm?: number;
  amount?: number;
  inclusion: 'included' | 'added';
  valid_from?: string;
  valid_until?: string;
};

export type Voucher = {
  id: number;
  code: string;
  event_id?: string;
  effect: 'amount' | 'percentage' | 'set_price' | 'access';
  value: number;
  currency: string;
  uses_max: number | null;
  valid_from?: string;
  valid_until?: string;
  used: number;
};

type QuoteStep = { step: string; name: string; line?: number; amount: number; result: number };
export type QuotePreview = {
  at: string;
  quote: { total: number; subtotal: number; discounts: number; fees: number; currency: string };
  steps: QuoteStep[];
};
