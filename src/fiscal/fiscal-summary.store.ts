import type { Reader } from '../db/transaction.ts';
import { formatFiscalNumber } from './fiscal-number.ts';

type SeriesRow = {
  seriesId: number;
  kind: 'sales' | 'credit_notes';
  numbering: string;
  prefix: string;
  padding: number;
  documents: number;
  first: number | null;
  last: number | null;
  open: number;
  waiting: number;
  voided: number;
};

const series = `
select f.series_id as "seriesId", f.kind, f.numbering, f.prefix, f.padding, coalesce(d.count, 0) as documents, d.first, d.last,
       coalesce(b.open, 0) as open, coalesce(b.waiting, 0) as waiting, coalesce(b.voided, 0) as voided
  from fiscal_series f
  left join (select x.series_id, count(*) as count, min(x.number) as first, max(x.number) as last
               from (select d.series_id, d.number from fiscal_documents d where d.tenant_id = $1
                     union all select n.series_id, n.number from credit_notes n where n.tenant_id = $1) x
              group by 1) d on d.series_id = f.series_id
  left join (select b.series_id,
                    sum(b.last_number - b.next_number + 1) filter (where b.state = 'open')::bigint as open,
                    sum(b.last_number - b.rest_number + 1) filter (where b.state = 'returned')::bigint as waiting,
                    sum(b.last_number - b.rest_number + 1) filter (where b.state = 'voided')::bigint as voided
               from fiscal_blocks b where b.tenant_id = $1 group by 1) b on b.series_id = f.series_id
 where f.tenant_id = $1 order by 1`;

const zs = `
select p.name as point, d.day_no as "dayNo", to_char(d.day, 'YYYY-MM-DD') as day, d.closed_at is not null as closed,
       coalesce((select sum(r.last_number - r.first_number + 1) from fiscal_day_ranges r
                  where r.tenant_id = $1 and r.point_no = d.point_no and r.day_no = d.day_no), 0)::bigint as documents,
       (select string_agg(b->>'currency' || ' ' || (b->>'total'), ', ') from jsonb_array_elements(d.report->'balance') b) as totals
  from fiscal_days d
  join fiscal_points p on p.tenant_id = d.tenant_id and p.point_no = d.point_no
 where d.tenant_id = $1 order by d.point_no, d.day_no`;

/** What a series holds: how many documents, and the numbers of the first and the last as they stand on them. */
export type SeriesSummary = {
  series_id: number;
  kind: 'sales' | 'credit_notes';
  documents: number;
  first: string | null;
  last: string | null;
};

/** What each series of a seller holds. */
export async function summariseFiscalSeries(reader: Reader, tenantId: number): Promise<SeriesSummary[]> {
  const rows = await reader.query<SeriesRow>({ text: series, values: [tenantId] });
  return rows.map(({ seriesId, kind, prefix, padding, documents, first, last }) => {
    const written = (number: number | null) =>
      number === null ? null : formatFiscalNumber(prefix, padding, number);
    return { series_id: seriesId, kind, documents, first: written(first), last: written(last) };
  });
}

/** What a seller's series and days hold, in words: a line each. Money in minor units. */
export async function summariseFiscal(reader: Reader, tenantId: number): Promise<string[]> {
  const values = [tenantId];
  const seriesRows = await reader.query<SeriesRow>({ text: series, values });
  const dayRows = await reader.query<{
    point: string;
    dayNo: number;
    day: string;
    closed: boolean;
    documents: number;
    totals: string | null;
  }>({ text: zs, values });
  return [
    ...seriesRows.map((row) => {
      const { seriesId, kind, numbering, prefix, padding, documents, first, last, open, waiting, voided } =
        row;
      const span =
        first === null || last === null
          ? ''
          : ` ${formatFiscalNumber(prefix, padding, first)} to ${formatFiscalNumber(prefix, padding, last)},`;
      const rests = `${open} to be issued in open blocks, ${waiting} wait, ${voided} void`;
      return `series ${seriesId} (${kind}, ${numbering}):${span} ${documents} documents, ${rests}`;
    }),
    ...dayRows.map(({ point, dayNo, day, closed, documents, totals }) =>
      closed
        ? `Z ${dayNo} of ${point}, ${day}: ${documents} documents, ${totals ?? 'nothing'}`
        : `day ${dayNo} of ${point}, ${day}: open`,
    ),
  ];
}
