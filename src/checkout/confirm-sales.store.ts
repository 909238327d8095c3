import type { EventKey } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transactOnce } from '../db/transaction.ts';
import { formatFiscalNumber } from '../fiscal/fiscal-number.ts';
import type { PointRefusal } from '../fiscal/selling-point.ts';
import type { Payment } from '../payments/payment.ts';

/** Who buys, and in which language they are written to. */
export type Customer = {
  name: string;
  email?: string;
  phone?: string;
  document?: string;
  locale: 'es' | 'en';
};

export type ConfirmOrder = {
  keyDigest: string;
  bodyDigest: string;
  holdId: string;
  transactionId: string;
  customer: Customer;
  payment: Payment;
  /** Minor units; null when the buyer accepts what the hold quoted. */
  expectedTotal: number | null;
};

/** A sale as the group committed it, or as a replay found it. */
export type ConfirmedSale = {
  transactionId: string;
  /** With the series' prefix and padding. */
  fiscalNumber: string;
  total: number;
  currency: string;
};

/** What each means stands in sql/0005_confirm.sql and sql/0036_fiscal_points.sql. */
export type ConfirmOutcome =
  | { outcome: 'confirmed' | 'replayed'; sale: ConfirmedSale }
  | { outcome: 'again' }
  | {
      outcome:
        | 'key_reused'
        | 'stale'
        | 'hold_not_found'
        | 'hold_expired'
        | 'hold_released'
        | 'hold_already_confirmed'
        | 'sales_closed'
        | PointRefusal;
    };

export type ConfirmedGroup = {
  /** In the order of the group. */
  outcomes: ConfirmOutcome[];
  /** The numbered seats that the group sold. */
  soldSeats: number[];
  /** The holder's blocks of a preallocated series are running low. */
  blockLow: boolean;
};

type Row = {
  outcomes: ConfirmOutcome['outcome'][];
  transaction_ids: string[];
  numbers: (number | null)[];
  totals: (number | null)[];
  currency: string;
  sold_seats: number[];
  prefix: string;
  padding: number;
  block_low: boolean | null;
};

/**
 * Confirms a group of holds of one event: one transaction, one round trip (confirm_sales in SQL).
 * @param holderId whose blocks the numbers of a preallocated series come from; null takes them from the series itself.
 * @param shiftNo the shift that sells, where the series is a till's.
 */
export async function confirmSales(
  pool: Pool,
  key: EventKey,
  seriesId: number,
  orders: ConfirmOrder[],
  holderId: string | null = null,
  shiftNo: number | null = null,
): Promise<ConfirmedGroup> {
  const [row] = await transactOnce<Row>(pool, {
    name: 'confirm_sales',
    text: 'select * from confirm_sales($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)',
    values: [
      key.tenantId,
      key.eventId,
      seriesId,
      shiftNo,
      orders.map((order) => order.keyDigest),
      orders.map((order) => order.bodyDigest),
      orders.map((order) => order.holdId),
      orders.map((order) => order.transactionId),
      orders.map((order) => order.expectedTotal),
      orders.map((order) => order.customer.name),
      orders.map((order) => order.customer.email ?? null),
      orders.map((order) => order.customer.phone ?? null),
      orders.map((order) => order.customer.document ?? null),
      orders.map((order) => order.customer.locale),
      orders.map((order) => order.payment.method),
      orders.map((order) => order.payment.reference ?? null),
      holderId,
    ],
  });
  const { outcomes, transaction_ids, numbers, totals, currency, sold_seats, prefix, padding, block_low } =
    row!;
  return {
    soldSeats: sold_seats,
    blockLow: block_low ?? false,
    outcomes: outcomes.map((outcome, i) => {
      if (outcome !== 'confirmed' && outcome !== 'replayed') return { outcome };
      const fiscalNumber = formatFiscalNumber(prefix, padding, numbers[i]!);
      return {
        outcome,
        sale: { transactionId: transaction_ids[i]!, fiscalNumber, total: totals[i]!, currency },
      };
    }),
  };
}
