/** Amounts of documents in one currency, in minor units. */
export type Sums = {
  currency: string;
  count: number;
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  total: number;
};

/** Consecutive documents of a series; of one that gives blocks, of one block. */
export type DocumentRange = {
  series_id: number;
  block_id: number | null;
  first_number: number;
  last_number: number;
};

/** What a point's series have issued in a time, in the shapes of the API, in which a Z is frozen. */
export type DocumentReport = {
  /** Each series with the documents that it issued, as they are printed. */
  series: {
    series_id: number;
    kind: 'sales' | 'credit_notes';
    count: number;
    /** Numbers in its ranges that a till printed, or may have, and that are no documents. */
    without_document: number;
    first: string | null;
    last: string | null;
  }[];
  ranges: DocumentRange[];
  sales: Sums[];
  /** Without the voids. */
  credit_notes: Sums[];
  /** Sales that were undone before their day was closed. */
  voids: Sums[];
  /** Sales less credit notes and voids. */
  balance: { currency: string; taxes: number; total: number }[];
  /** Of the sales, by rule. */
  taxes: { currency: string; name: string; rate?: number; amount: number }[];
  /** Of the sales, by means of payment and the currency that was paid in. */
  payments: { method: string; currency: string; count: number; amount: number }[];
  /** Blocks of numbers that were open, or ended, in that time. */
  blocks: {
    series_id: number;
    block_id: number;
    purpose: 'process' | 'till';
    state: 'open' | 'used' | 'returned' | 'voided';
    first_number: number;
    last_number: number;
    next_number: number;
  }[];
};

/** A point's day: an X while it is open, a Z once it is closed. */
export type DayReport = DocumentReport & {
  kind: 'x' | 'z';
  /** The number of the Z; of an X, the one that it will have. */
  number: number;
  point_id: number;
  point: string;
  seller: { legal_name: string; tax_id: string; address?: string };
  timezone: string;
  /** In that zone. */
  day: string;
  opened_at: string;
  /** Of an X, when it was made. */
  closed_at: string;
  /** Cash that was put into the drawer and taken out of it beside sales; Zs from before it was recorded have none. */
  cash_moves?: { currency: string; in: number; out: number }[];
};

/** Sales less what was undone, by currency. */
export function balanceOf({
  sales,
  credit_notes,
  voids,
}: Pick<DocumentReport, 'sales' | 'credit_notes' | 'voids'>): DocumentReport['balance'] {
  const balance = new Map<string, { currency: string; taxes: number; total: number }>();
  const add = (sums: Sums[], sign: 1 | -1) => {
    for (const { currency, taxes, total } of sums) {
      const so = balance.get(currency) ?? { currency, taxes: 0, total: 0 };
      balance.set(currency, { currency, taxes: so.taxes + sign * taxes, total: so.total + sign * total });
    }
  };
  add(sales, 1);
  add(credit_notes, -1);
  add(voids, -1);
  return [...balance.values()];
}
