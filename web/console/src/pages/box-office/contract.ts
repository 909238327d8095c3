import type { SeatChanges, NamedPlan } from '../../../../shared/src/map/seat-states.svelte.ts';
import type { Payment } from './payment.ts';

/** The shapes of the HTTP contract that the box office reads and writes. Money is in minor units. */
export type Zone = {
  id: string;
  name: string;
  kind: 'numbered' | 'general';
  price: number;
  available: number;
};

export type EventInfo = {
  id: string;
  name: string;
  venue: { name: string };
  starts_at: string;
  timezone: string;
  currency: string;
  on_sale: boolean;
  zones: Zone[];
  ticket_kinds: { code: string; name: string }[];
  asks_customer: boolean;
  payment_methods: string[];
};

export type Plan = NamedPlan & { seats: { number: string[]; price: number[] } };
export type Availability = SeatChanges;

export type HoldItem = {
  zone_id: string;
  seat_id?: string;
  row?: string;
  number?: string;
  ticket_kind?: string;
  quantity: number;
  price: number;
};

export type Hold = {
  hold_token: string;
  event_id: string;
  items: HoldItem[];
  split?: boolean;
  quote: {
    currency: string;
    subtotal: number;
    discounts: number;
    fees: number;
    voucher?: string;
    taxes: { name: string; rate?: number; amount: number }[];
    total: number;
  };
  expires_in_seconds: number;
  extensions_left: number;
};

export type HoldRequest = {
  event_id: string;
  seats?: string[];
  zones?: { zone_id: string; quantity: number }[];
  best_available?: { quantity: number; zone_id?: string };
  customer?: { email: string };
};

export type ConfirmRequest = {
  hold_token: string;
  customer: { name: string; email?: string; phone?: string; document?: string; locale: string };
  payment: Payment;
  expected_total: number;
  point_id: number;
};

export type Confirmation = {
  transaction_id: string;
  fiscal_number: string | null;
  total: number;
  currency: string;
  links: { self: string; tickets: string; page: string };
};

export type TicketList = {
  event: { name: string; starts_at: string; timezone: string; venue: { name: string; address?: string } };
  holder: string;
  tickets: {
    ticket_id: string;
    state: string;
    qr?: { size: number; data: string };
    zone_name: string;
    row?: string;
    number?: string;
  }[];
};
