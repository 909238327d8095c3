import { api, withQuery } from '../../api/client.ts';
import { session } from '../../lib/session.svelte.ts';

export type SaleStatus = 'processing' | 'awaiting_payment' | 'completed' | 'cancelled' | 'refunded';

export const statuses: readonly SaleStatus[] = [
  'completed',
  'processing',
  'awaiting_payment',
  'cancelled',
  'refunded',
];

/** The badge that a status is shown by. */
export const statusTone: Record<SaleStatus, string> = {
  completed: 'good',
  processing: 'warn',
  awaiting_payment: 'warn',
  cancelled: 'bad',
  refunded: 'bad',
};

type Customer = { name: string; email?: string; phone?: string; document?: string };

/** A sale in a list. Money in minor units. */
export type SaleRow = {
  id: string;
  status: SaleStatus;
  created_at: string;
  currency: string;
  total: number;
  fiscal_number: string | null;
  customer: Customer;
  event: { id: string; name: string; starts_at: string };
  tickets: number;
  seats: string[];
  matched: string[];
};

export type SaleItem = {
  ticket_id: string;
  zone_id: string;
  zone_name: string;
  row?: string;
  number?: string;
  total: number;
  returned?: boolean;
};

export type Sale = {
  id: string;
  status: SaleStatus;
  locale: string;
  fiscal_number: string | null;
  currency: string;
  total: number;
  created_at: string;
  event: { id: string; name: string; starts_at: string; timezone: string };
  customer: Customer;
  items: SaleItem[];
  payments: {
    method: string;
    state: string;
    amount: number;
    currency: string;
    paid_amount: number;
    paid_currency: string;
    reference?: string;
    at: string;
  }[];
  documents: { series_id: number; number: number; fiscal_number: string; issued_at: string }[];
  refunds: {
    refund_no: number;
    kind: string;
    credit_note: string;
    created_at: string;
    total: number;
    paid_back: number;
    to_pay_back_by_hand: number;
    reason: string;
  }[];
  notes: { id: string; at: string; by: string; text: string }[];
  links: { page: string; ticket_page: string; tickets: string };
};

export type TimelineEntry = {
  at: string;
  event: string;
  step?: string;
  channel?: string;
  to?: string;
  by?: string;
  detail?: string;
};

export type BulkAction = {
  id: string;
  kind: 'resend' | 'refund';
  state: 'running' | 'ended';
  by: string;
  created_at: string;
  sales: number;
  done: number;
  failed: number;
  failures: { transaction_id: string; code: string; detail: string }[];
};

/** An address of the API at the seller that the person looks at. */
export const sellerPath = (path: string): string => `/sellers/${session.seller!.id}/${path}`;

/** The number of a ticket within its sale. */
export const itemNoOf = (ticketId: string): string => ticketId.slice(ticketId.lastIndexOf('-') + 1);

/** A place as people name it. */
export function placeOf({ zone_name, row, number }: SaleItem): string {
  return row === undefined ? zone_name : `${zone_name} · ${row}-${number ?? ''}`;
}

export type EventChoice = { id: string; name: string; starts_at: string };

/** The seller's events for a filter, the newest first; none for whoever reads no reports. */
export async function readEvents(): Promise<EventChoice[]> {
  if (!session.may('reports.read')) return [];
  type Row = { event_id: string; name: string; starts_at: string };
  const { data } = await api.get<{ data: Row[] }>(withQuery(sellerPath('reports/events'), { limit: 200 }));
  return data.map(({ event_id: id, name, starts_at }) => ({ id, name, starts_at }));
}
