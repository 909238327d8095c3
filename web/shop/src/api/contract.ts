import type { Area } from '../../../shared/src/map/map-plan.ts';

/** The shapes of the HTTP contract that the shop reads and writes. Money is in minor units. */

export type Category = { name: string; color: string; price: number };

export type Zone = {
  id: string;
  name: string;
  kind: 'numbered' | 'general';
  /** The lowest price of the zone. */
  price: number;
  available: number;
  capacity: number;
};

export type PaymentMethod = string;

/** A kind of ticket; a place of no kind named is of its zone's first. */
export type TicketKind = { code: string; name: string };

export type EventInfo = {
  id: string;
  name: string;
  description?: string | null;
  seller: { name: string };
  venue: { name: string; address?: string | null };
  starts_at: string;
  timezone: string;
  currency: string;
  on_sale: boolean;
  sales_start_at: string | null;
  sales_end_at: string | null;
  zones: Zone[];
  ticket_kinds: TicketKind[];
  /** A hold needs the address of the buyer. */
  asks_customer: boolean;
  categories: Category[];
  payment_methods: PaymentMethod[];
};

export type EventList = { data: EventInfo[]; has_more: boolean };

/** The plan in columns: entry `i` of every list belongs to seat `i`. */
export type SeatColumns = {
  id: string[];
  zone_id: string[];
  row: string[];
  number: string[];
  x: number[];
  y: number[];
  category: number[];
  price: number[];
};

export type SeatPlan = {
  event_id: string;
  size: { width: number; height: number };
  categories: Category[];
  areas: Area[];
  seats: SeatColumns;
};

export type TakenState = 'held' | 'sold' | 'blocked';

/** A snapshot leaves the free seats out; a change names a seat that became free as `free`. */
export type Availability = {
  event_id: string;
  seats: Record<string, TakenState | 'free'>;
  zones: Record<string, number>;
};

export type HoldRequest = {
  event_id: string;
  seats?: string[];
  zones?: { zone_id: string; quantity: number }[];
  best_available?: { quantity: number; zone_id?: string };
  customer?: { email: string };
};

/** What is absent stays as it is; a voucher of null is taken away. */
export type HoldChange = {
  /** Of all places together; the others are of their zone's first kind. */
  ticket_kinds?: { ticket_kind: string; quantity: number }[];
  voucher?: string | null;
};

export type HoldItem = {
  zone_id: string;
  seat_id?: string | null;
  row?: string | null;
  number?: string | null;
  quantity: number;
  price: number;
};

export type QuoteLine = {
  zone_id: string;
  seat_id?: string | null;
  quantity: number;
  ticket_kind?: string;
  price_stage?: string;
  unit_price: number;
  /** Without taxes, where the price includes them. */
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  total: number;
};

export type TaxLine = {
  name: string;
  /** Percent; absent for a fixed amount. */
  rate?: number | null;
  amount: number;
};

/** total = subtotal + fees + taxes − discounts. */
export type Quote = {
  currency: string;
  lines: QuoteLine[];
  subtotal: number;
  discounts: number;
  fees: number;
  voucher?: string;
  fee_lines?: { name: string; amount: number; absorbed: boolean }[];
  taxes: TaxLine[];
  total: number;
};

export type Hold = {
  hold_token: string;
  event_id: string;
  status: 'live' | 'confirmed' | 'released' | 'expired';
  items: HoldItem[];
  quote: Quote;
  expires_at: string;
  expires_in_seconds: number;
  extensions_left: number;
  /** True when best available could not seat the party together. */
  split?: boolean;
};

export type ConfirmRequest = {
  hold_token: string;
  customer: { name: string; email?: string; phone?: string; document?: string; locale?: string };
  payment: {
    method: PaymentMethod;
    reference?: string;
    report?: { bank: string; reference: string; phone?: string; document?: string };
  };
  accept_substitutes?: boolean;
  expected_total: number;
};

export type SaleLinks = { self: string; events: string; tickets: string; ticket_page: string; page: string };

export type Confirmation = {
  success: boolean;
  message: string;
  transaction_id: string;
  status: string;
  fiscal_number: string | null;
  total: number;
  currency: string;
  payment?: { url?: string };
  links: SaleLinks;
};

export type StepState = 'pending' | 'done' | 'failed' | 'skipped';

export type Step = { name: string; state: StepState; at: string | null; detail?: string | null };

export type SaleItem = {
  ticket_id: string;
  zone_id: string;
  zone_name: string;
  seat_id?: string | null;
  row?: string | null;
  number?: string | null;
  total: number;
};

export type Sale = {
  id: string;
  status: 'processing' | 'awaiting_payment' | 'completed' | 'cancelled' | 'refunded';
  fiscal_number: string | null;
  currency: string;
  total: number;
  created_at: string;
  event: { id: string; name: string; starts_at: string; timezone: string; venue: { name: string } };
  customer: { name: string; email?: string | null; phone?: string | null };
  items: SaleItem[];
  taxes: TaxLine[];
  steps: Step[];
  /** Of an order whose money comes later, until it is a sale. */
  payment?: { state: string; message: string; expires_at: string; url?: string };
  links: SaleLinks;
};

/** `path` is a JSON pointer into the body. */
export type FieldFault = { path: string; code: string; message: string };
