import type { Reader, Row } from '../db/transaction.ts';

/** A line of the export: what it is about, and its facts; numbers of documents and money are integers. */
export type ExportRecord = { record: string } & Record<string, unknown>;

// Instants are microseconds since 1970, as the hashes are made over them; `issued_at` is the same for people.
const micros = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint`;

const issued = (table: string, refund: string) => `
  select ${table === 'credit_notes' ? "'credit_note'" : "'document'"} as record, d.series_id, d.number, b.block_no as block_id,
         d.transaction_id, ${micros('d.issued_at')} as issued_at_micros, d.issued_at, d.taxes, d.total, d.currency,
         encode(d.hash, 'hex') as hash${refund}
    from ${table} d
    left join fiscal_blocks b on b.tenant_id = d.tenant_id and b.series_id = d.series_id
     and b.first_number <= d.number and b.next_number > d.number
   where d.tenant_id = $1 order by d.series_id, d.number`;

/** The kinds of record, in the order in which they are written. */
export const exportRecords = [
  'seller',
  'series',
  'block',
  'document',
  'credit_note',
  'number_without_document',
  'z',
  'z_range',
  'total',
] as const;
export type ExportKind = (typeof exportRecords)[number];

/** What a seller has issued, by kind of record. */
const parts: readonly string[] = [
  `select 'seller' as record, s.tenant_id as seller_id, s.legal_name, s.tax_id, s.address, s.timezone
     from sellers s where s.tenant_id = $1`,
  `select 'series' as record, f.series_id, f.kind, f.point_no as point_id, f.prefix, f.padding, f.numbering,
          f.first_number, f.next_number
     from fiscal_series f where f.tenant_id = $1 order by f.series_id`,
  `select 'block' as record, b.series_id, b.block_no as block_id, b.purpose, b.state, b.first_number, b.last_number,
          b.next_number, b.rest_number, b.from_block_no as from_block_id, b.leased_at, b.ended_at, b.void_reason
     from fiscal_blocks b where b.tenant_id = $1 order by b.series_id, b.block_no`,
  issued('fiscal_documents', ''),
  issued('credit_notes', ', d.refund_no'),
  `select 'number_without_document' as record, c.series_id, c.kept_number as number, c.kind as why, c.detail, c.created_at
     from till_conflicts c where c.tenant_id = $1 and c.kept_number is not null order by c.series_id, c.kept_number`,
  `select 'z' as record, d.point_no as point_id, d.day_no as number, to_char(d.day, 'YYYY-MM-DD') as day, d.opened_at,
          d.closed_at, d.report->'balance' as balance, d.report
     from fiscal_days d where d.tenant_id = $1 and d.closed_at is not null order by d.point_no, d.day_no`,
  `select 'z_range' as record, r.point_no as point_id, r.day_no as z_number, r.series_id, nullif(r.block_no, 0) as block_id,
          r.first_number, r.last_number
     from fiscal_day_ranges r where r.tenant_id = $1 order by r.point_no, r.day_no, r.series_id, r.first_number`,
  `select 'total' as record, x.series_id, x.currency, count(*) as count, sum(x.taxes)::bigint as taxes, sum(x.total)::bigint as total
     from (select d.series_id, d.currency, d.taxes, d.total from fiscal_documents d where d.tenant_id = $1
           union all
           select n.series_id, n.currency, n.taxes, n.total from credit_notes n where n.tenant_id = $1) x
    group by 2, 3 order by 2, 3`,
];

const pageRows = 2_000;

/**
 * Everything of a seller's numbers, page by page, so that a million documents take no more memory than a few thousand.
 * @param tx over one snapshot.
 * @param only the records of one kind; all unless given.
 */
export async function* exportFiscal(
  tx: Reader,
  tenantId: number,
  only?: ExportKind,
): AsyncGenerator<ExportRecord[]> {
  for (const [i, text] of parts.entries()) {
    if (only !== undefined && exportRecords[i] !== only) continue;
    await tx.query({
      text: `declare fiscal_export_${i} no scroll cursor for ${text.replaceAll('$1', String(tenantId))}`,
    });
    for (;;) {
      const rows = await tx.query<ExportRecord & Row>({ text: `fetch ${pageRows} from fiscal_export_${i}` });
      if (rows.length === 0) break;
      yield rows;
    }
  }
}
