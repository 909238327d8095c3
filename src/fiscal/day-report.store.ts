import type { Reader, Row } from '../db/transaction.ts';
import { balanceOf, type DocumentRange, type DocumentReport, type Sums } from './day-report.ts';
import { formatFiscalNumber } from './fiscal-number.ts';

/** Whose documents are reported: the numbers of a point, since when blocks are looked at. */
type Scope = { tenantId: number; pointNo: number; since: Date; ranges: DocumentRange[] };

const inRanges = `unnest($2::smallint[], $3::bigint[], $4::bigint[]) r (series_id, first_number, last_number)`;

const sales = `
  ${inRanges}
  join fiscal_documents d on d.tenant_id = $1 and d.series_id = r.series_id
   and d.number between r.first_number and r.last_number
  join transactions t on t.tenant_id = $1 and t.transaction_id = d.transaction_id`;

const sums = (alias: string) => `count(*)::integer as count, sum(${alias}.net)::bigint as net,
  sum(${alias}.discounts)::bigint as discounts, sum(${alias}.fees)::bigint as fees,
  sum(${alias}.taxes)::bigint as taxes, sum(${alias}.total)::bigint as total`;

const salesSums = `select d.currency, ${sums('t')} from ${sales} group by 1 order by 1`;

const noteSums = `
select n.currency, f.kind = 'void' as voided, ${sums('f')}
  from ${inRanges}
  join credit_notes n on n.tenant_id = $1 and n.series_id = r.series_id
   and n.number between r.first_number and r.last_number
  join refunds f on f.tenant_id = $1 and f.transaction_id = n.transaction_id and f.refund_no = n.refund_no
 group by 1, 2 order by 1, 2`;

const taxes = `
select d.currency, x.name, x.rate_ppm as "ratePpm", sum(u.amount)::bigint as amount
  from ${sales}
 cross join unnest(t.tax_rule_ids, t.tax_amounts) u (tax_rule_id, amount)
  join tax_rules x on x.tenant_id = $1 and x.tax_rule_id = u.tax_rule_id
 group by 1, 2, 3 order by 1, 2, 3`;

// Of an order that was paid in parts, in another currency or later, the tenders say how; of an exchange its payments.
const payments = `
select coalesce(n.method, p.method)::text as method, coalesce(n.paid_currency, p.currency) as currency,
       count(*)::integer as count, sum(coalesce(n.paid_amount, p.amount))::bigint as amount
  from ${sales}
  join payments p on p.tenant_id = $1 and p.transaction_id = t.transaction_id
  left join tenders n on n.tenant_id = $1 and n.transaction_id = t.transaction_id and n.captured > 0 and not n.surplus
   and p.payment_no = 1 and p.method <> 'exchange'
 group by 1, 2 order by 1, 2`;

const series = `
select s.series_id as "seriesId", s.kind, s.prefix, s.padding, coalesce(sum(r.last_number - r.first_number + 1 - k.count), 0)::integer as count,
       coalesce(sum(k.count), 0)::integer as "withoutDocument", min(r.first_number) as first, max(r.last_number) as last
  from fiscal_series s
  left join ${inRanges} on r.series_id = s.series_id
  left join lateral (select count(*) from till_conflicts c
                      where c.tenant_id = $1 and c.series_id = r.series_id
                        and c.kept_number between r.first_number and r.last_number) k on true
 where s.tenant_id = $1 and s.point_no = $5 group by 1, 2, 3, 4 order by 1`;

const blocks = `
select b.series_id, b.block_no as block_id, b.purpose, b.state, b.first_number, b.last_number, b.next_number
  from fiscal_blocks b
 where b.tenant_id = $1 and (b.state = 'open' or b.ended_at >= $3)
   and b.series_id in (select s.series_id from fiscal_series s where s.tenant_id = $1 and s.point_no = $2)
 order by 1, 2`;

type SeriesRow = {
  seriesId: number;
  kind: 'sales' | 'credit_notes';
  prefix: string;
  padding: number;
  count: number;
  withoutDocument: number;
  first: number | null;
  last: number | null;
};

function sumsOf({ currency, count, net, discounts, fees, taxes: tax, total }: Sums): Sums {
  return { currency, count, net, discounts, fees, taxes: tax, total };
}

/** Adds up the documents of some numbers of a point, in a constant number of queries. */
export async function reportDocuments(reader: Reader, scope: Scope): Promise<DocumentReport> {
  const { tenantId, pointNo, since, ranges } = scope;
  const values = [
    tenantId,
    ranges.map((range) => range.series_id),
    ranges.map((range) => range.first_number),
    ranges.map((range) => range.last_number),
  ];
  const sold = await reader.query<Sums & Row>({ text: salesSums, values });
  const notes = await reader.query<Sums & Row & { voided: boolean }>({ text: noteSums, values });
  const taxRows = await reader.query<{
    currency: string;
    name: string;
    ratePpm: number | null;
    amount: number;
  }>({ text: taxes, values });
  const paid = await reader.query<DocumentReport['payments'][number]>({ text: payments, values });
  const seriesRows = await reader.query<SeriesRow>({ text: series, values: [...values, pointNo] });
  const blockRows = await reader.query<DocumentReport['blocks'][number]>({
    text: blocks,
    values: [tenantId, pointNo, since],
  });
  const parts = {
    sales: sold.map(sumsOf),
    credit_notes: notes.filter((row) => !row.voided).map(sumsOf),
    voids: notes.filter((row) => row.voided).map(sumsOf),
  };
  return {
    series: seriesRows.map(({ seriesId, kind, prefix, padding, count, withoutDocument, first, last }) => ({
      series_id: seriesId,
      kind,
      count,
      without_document: withoutDocument,
      first: first === null ? null : formatFiscalNumber(prefix, padding, first),
      last: last === null ? null : formatFiscalNumber(prefix, padding, last),
    })),
    ranges,
    ...parts,
    balance: balanceOf(parts),
    taxes: taxRows.map(({ currency, name, ratePpm, amount }) => ({
      currency,
      name,
      ...(ratePpm !== null && { rate: ratePpm / 10_000 }),
      amount,
    })),
    payments: paid,
    blocks: blockRows,
  };
}
