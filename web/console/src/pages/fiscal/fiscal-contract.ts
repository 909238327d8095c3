/** Points, days, shifts and their reports, as the API shows them. */
export type Point = {
  id: number;
  kind: 'online' | 'till';
  name: string;
  device_id: number | null;
  series_id: number;
  prefix: string;
  credit_note_prefix: string;
  sells: boolean;
  open_day_id: number | null;
  open_shift_id: number | null;
};

export type CashSum = { currency: string; amount: number };

export type Day = {
  id: number;
  day: string;
  state: 'open' | 'closed';
  opened_at: string;
  closed_at?: string;
};

export type Shift = {
  id: number;
  point_id: number;
  day_id: number;
  cashier_id: string;
  state: 'open' | 'closed';
  opened_at: string;
  opening_float: CashSum[];
  closed_at?: string;
  expected?: CashSum[];
  counted?: CashSum[];
  difference?: CashSum[];
  note?: string;
};

export type Sums = {
  currency: string;
  count: number;
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  total: number;
};

/** What a Z, an X and a shift have in common: the documents of some numbers, added up. */
export type DocumentReport = {
  series: {
    series_id: number;
    kind: 'sales' | 'credit_notes';
    count: number;
    without_document: number;
    first: string | null;
    last: string | null;
  }[];
  sales: Sums[];
  credit_notes: Sums[];
  voids: Sums[];
  balance: { currency: string; taxes: number; total: number }[];
  taxes: { currency: string; name: string; rate?: number; amount: number }[];
  payments: { method: string; currency: string; count: number; amount: number }[];
};

export type DayReport = DocumentReport & {
  kind: 'x' | 'z';
  number: number;
  point_id: number;
  point: string;
  seller: { legal_name: string; tax_id: string; address?: string };
  day: string;
  opened_at: string;
  closed_at: string;
};

export type ShiftReport = { shift: Shift; expected: CashSum[]; documents: DocumentReport };

export type FiscalDocument = {
  kind: 'receipt' | 'invoice' | 'credit_note';
  series_id: number;
  number: number;
  fiscal_number: string;
  transaction_id: string;
  issued_at: string;
  point: string;
  seller: { legal_name: string; tax_id: string; address?: string };
  buyer: { name: string; document?: string; address?: string };
  event: { name: string; starts_at: string; venue: string };
  currency: string;
  lines: { zone: string; row?: string; seat?: string; total: number }[];
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  total: number;
  tax_lines: { name: string; rate?: number; amount: number }[];
  payments: { method: string; currency: string; amount: number }[];
  corrects?: { fiscal_number: string; issued_at: string; reason: string };
  hash: string;
};

export type Proof = {
  proven_at: string;
  holds: boolean;
  series: { series_id: number; kind: string; documents: number; first: string | null; last: string | null }[];
  checks: { id: string; sentence: string; violations: number; culprits: string[] }[];
};
