import type { Locale } from '../base/format.ts';
import type { Reader, Row } from '../db/transaction.ts';
import type { CustomerKind } from '../tax/tax-rule.ts';
import { readNoteTaxes } from './credit-note-taxes.store.ts';
import { kindOfSale, type DocumentLine, type FiscalDocument } from './fiscal-document.ts';
import { formatFiscalNumber } from './fiscal-number.ts';

type HeadRow = {
  number: number;
  transactionId: string;
  issuedAt: Date;
  hash: string;
  prefix: string;
  padding: number;
  point: string;
  legalName: string;
  taxId: string;
  address: string | null;
  sellerTimezone: string;
  eventName: string;
  startsAt: Date;
  venue: string;
  timezone: string;
  locale: Locale;
  currency: string;
  customerName: string;
  customerDocument: string | null;
  customerKind: CustomerKind | null;
  customerAddress: string | null;
  itemNos: number[] | null;
  net: number;
  discounts: number;
  fees: number;
  taxes: number;
  total: number;
  /** Of a credit note: the sale's document. */
  ofPrefix: string | null;
  ofPadding: number | null;
  ofNumber: number | null;
  ofIssuedAt: Date | null;
  reason: string | null;
};

// Seller and event as they were when the document was issued: a row of their histories, if they have changed since.
const head = `
with issued as (
  select d.number, d.transaction_id, d.issued_at, d.hash, null::smallint as refund_no from fiscal_documents d
   where d.tenant_id = $1 and d.series_id = $2 and d.number = $3
  union all
  select n.number, n.transaction_id, n.issued_at, n.hash, n.refund_no from credit_notes n
   where n.tenant_id = $1 and n.series_id = $2 and n.number = $3)
select i.number, i.transaction_id as "transactionId", i.issued_at as "issuedAt", encode(i.hash, 'hex') as hash,
       f.prefix, f.padding, p.name as point,
       coalesce(sh.legal_name, s.legal_name) as "legalName", coalesce(sh.tax_id, s.tax_id) as "taxId",
       case when sh.until is null then s.address else sh.address end as address, s.timezone as "sellerTimezone",
       coalesce(eh.name, e.name) as "eventName", coalesce(eh.starts_at, e.starts_at) as "startsAt",
       v.name as venue, v.timezone, t.locale, t.currency, t.customer_name as "customerName",
       t.customer_document as "customerDocument", h.terms->'buyer'->>'kind' as "customerKind",
       h.terms->'buyer'->>'address' as "customerAddress", r.item_nos as "itemNos",
       coalesce(r.net, t.net) as net, coalesce(r.discounts, t.discounts) as discounts, coalesce(r.fees, t.fees) as fees,
       coalesce(r.taxes, t.taxes) as taxes, coalesce(r.total, t.total) as total,
       cf.prefix as "ofPrefix", cf.padding as "ofPadding", c.number as "ofNumber", c.issued_at as "ofIssuedAt", r.reason
  from issued i
  join fiscal_series f on f.tenant_id = $1 and f.series_id = $2
  left join fiscal_points p on p.tenant_id = $1 and p.point_no = f.point_no
  join sellers s on s.tenant_id = $1
  left join lateral (select * from seller_history x where x.tenant_id = $1 and x.until > i.issued_at
                      order by x.until limit 1) sh on true
  join transactions t on t.tenant_id = $1 and t.transaction_id = i.transaction_id
  join events e on e.tenant_id = $1 and e.event_id = t.event_id
  left join lateral (select * from event_history x where x.tenant_id = $1 and x.event_id = t.event_id
                        and x.until > i.issued_at order by x.until limit 1) eh on true
  join venues v on v.tenant_id = $1 and v.venue_id = coalesce(eh.venue_id, e.venue_id)
  left join holds h on h.tenant_id = $1 and h.hold_id = t.hold_id
  left join refunds r on r.tenant_id = $1 and r.transaction_id = i.transaction_id and r.refund_no = i.refund_no
  left join fiscal_documents c on c.tenant_id = $1 and c.transaction_id = i.transaction_id and i.refund_no is not null
  left join fiscal_series cf on cf.tenant_id = $1 and cf.series_id = c.series_id`;

const lines = `
select z.name as zone, s.row_label as row, s.seat_label as seat, i.net, i.discounts, i.fees, i.taxes, i.total
  from transaction_items i
  join zones z on z.tenant_id = $1 and z.event_id = i.event_id and z.zone_no = i.zone_no
  left join seats s on s.tenant_id = $1 and s.event_id = i.event_id and s.seat_no = i.seat_no
 where i.tenant_id = $1 and i.transaction_id = $2 and ($3::smallint[] is null or i.item_no = any ($3))
 order by i.item_no`;

const taxes = `
select r.name, r.rate_ppm as "ratePpm", u.amount
  from transactions t
 cross join unnest(t.tax_rule_ids, t.tax_amounts) with ordinality u (tax_rule_id, amount, place)
  join tax_rules r on r.tenant_id = t.tenant_id and r.tax_rule_id = u.tax_rule_id
 where t.tenant_id = $1 and t.transaction_id = $2 order by u.place`;

const payments = `
select coalesce(n.method, p.method)::text as method, coalesce(n.paid_currency, p.currency) as currency,
       coalesce(n.paid_amount, p.amount) as amount
  from payments p
  left join tenders n on n.tenant_id = $1 and n.transaction_id = p.transaction_id and n.captured > 0 and not n.surplus
   and p.payment_no = 1 and p.method <> 'exchange'
 where p.tenant_id = $1 and p.transaction_id = $2 order by p.payment_no, n.tender_no`;

function corrects({
  ofPrefix,
  ofPadding,
  ofNumber,
  ofIssuedAt,
  reason,
}: HeadRow): FiscalDocument['corrects'] {
  if (ofPrefix === null || ofPadding === null || ofNumber === null || !ofIssuedAt) return null;
  const fiscalNumber = formatFiscalNumber(ofPrefix, ofPadding, ofNumber);
  return { fiscalNumber, issuedAt: ofIssuedAt, reason: reason ?? '' };
}

/** A document of a series, a sale's or a credit note, as it was issued; null when there is none. */
export async function readDocument(
  reader: Reader,
  key: { tenantId: number; seriesId: number; number: number },
): Promise<FiscalDocument | null> {
  const { tenantId, seriesId, number } = key;
  const [row] = await reader.query<HeadRow>({ text: head, values: [tenantId, seriesId, number] });
  if (!row) return null;
  const { transactionId, customerDocument } = row;
  const isNote = row.itemNos !== null;
  const of = [tenantId, transactionId];
  return {
    kind: isNote ? 'credit_note' : kindOfSale(row.customerKind, customerDocument),
    seriesId,
    number,
    fiscalNumber: formatFiscalNumber(row.prefix, row.padding, number),
    transactionId,
    issuedAt: row.issuedAt,
    point: row.point,
    seller: { legalName: row.legalName, taxId: row.taxId, address: row.address },
    timezone: row.sellerTimezone,
    buyer: { name: row.customerName, document: customerDocument, address: row.customerAddress },
    event: { name: row.eventName, startsAt: row.startsAt, venue: row.venue, timezone: row.timezone },
    locale: row.locale,
    currency: row.currency,
    lines: await reader.query<DocumentLine & Row>({ text: lines, values: [...of, row.itemNos] }),
    net: row.net,
    discounts: row.discounts,
    fees: row.fees,
    taxes: row.taxes,
    taxLines: row.itemNos
      ? await readNoteTaxes(reader, { tenantId, transactionId }, row.itemNos)
      : await reader.query<FiscalDocument['taxLines'][number]>({ text: taxes, values: of }),
    total: row.total,
    payments: isNote
      ? []
      : await reader.query<FiscalDocument['payments'][number]>({ text: payments, values: of }),
    corrects: corrects(row),
    hash: row.hash,
  };
}

/** The document of a sale, by its transaction; null when it has none. */
export async function readDocumentOfSale(
  reader: Reader,
  { tenantId, transactionId }: { tenantId: number; transactionId: string },
): Promise<FiscalDocument | null> {
  const [row] = await reader.query<{ seriesId: number; number: number }>({
    text: `select series_id as "seriesId", number from fiscal_documents where tenant_id = $1 and transaction_id = $2`,
    values: [tenantId, transactionId],
  });
  return row ? await readDocument(reader, { tenantId, ...row }) : null;
}
