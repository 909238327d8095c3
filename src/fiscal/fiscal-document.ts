import type { Locale } from '../base/format.ts';
import type { CustomerKind } from '../tax/tax-rule.ts';

/** One place that a document is about. Money in minor units of the document's currency. */
export type DocumentLine = {
  zone: string;
  row: string | null;
  seat: string | null;
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  total: number;
};

/** A fiscal document as it was issued: nothing of it changes when event, seller or prices do. */
export type FiscalDocument = {
  kind: 'receipt' | 'invoice' | 'credit_note';
  seriesId: number;
  number: number;
  fiscalNumber: string;
  transactionId: string;
  issuedAt: Date;
  point: string;
  seller: { legalName: string; taxId: string; address: string | null };
  timezone: string;
  buyer: { name: string; document: string | null; address: string | null };
  event: { name: string; startsAt: Date; venue: string; timezone: string };
  locale: Locale;
  currency: string;
  lines: DocumentLine[];
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  /** The taxes by rule; of a credit note those of the places that went back. */
  taxLines: { name: string; ratePpm: number | null; amount: number }[];
  total: number;
  payments: { method: string; currency: string; amount: number }[];
  /** What a credit note corrects, and why. */
  corrects: { fiscalNumber: string; issuedAt: Date; reason: string } | null;
  /** SHA-256 that chains it to the one before it. */
  hash: string;
};

const invoiced: readonly (CustomerKind | null)[] = ['company', 'public_body'];

/** An invoice is what somebody gets who needs one: a company or a public body with its tax id. */
export function kindOfSale(
  customerKind: CustomerKind | null,
  document: string | null,
): 'receipt' | 'invoice' {
  return document !== null && invoiced.includes(customerKind) ? 'invoice' : 'receipt';
}
