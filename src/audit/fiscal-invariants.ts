import { own, type Invariant } from './invariant.ts';

/** Everything that has a number of a series, whether a sale's document or a credit note. */
export const numbered = `
  select d.tenant_id, d.series_id, d.number, d.transaction_id, d.issued_at, d.taxes, d.total, d.currency, d.hash, 1 as sign
    from fiscal_documents d where ${own('d')}
  union all
  select n.tenant_id, n.series_id, n.number, n.transaction_id, n.issued_at, n.taxes, n.total, n.currency, n.hash, -1
    from credit_notes n where ${own('n')}`;

/** Numbers that a till printed, or may have, and that are no documents: they stand in a Z's ranges without adding to it. */
const kept = `
  select c.tenant_id, c.series_id, c.kept_number as number from till_conflicts c
   where ${own('c')} and c.kept_number is not null`;

const z = `format('Z %s of point %s of seller %s', day_no, point_no, tenant_id)`;

/** What must be true of fiscal days and their Z reports. */
export const fiscalInvariants: readonly Invariant[] = [
  {
    id: 'I14 ranges',
    sentence:
      'The ranges of the Zs are documents of their point or kept by a conflict of a till, and those of a series or block join without a hole from its first',
    sql: `with ranges as (
            select r.*, coalesce(lag(r.last_number) over w + 1, b.first_number, s.first_number) as start,
                   s.point_no as own_point, b.next_number as beyond, d.report
              from fiscal_day_ranges r
              left join fiscal_series s using (tenant_id, series_id)
              left join fiscal_blocks b using (tenant_id, series_id, block_no)
              left join fiscal_days d on d.tenant_id = r.tenant_id and d.point_no = r.point_no and d.day_no = r.day_no
             where ${own('r')}
            window w as (partition by r.tenant_id, r.series_id, r.block_no order by r.first_number))
          select format('numbers %s to %s of series %s of seller %s', r.first_number, r.last_number, r.series_id, r.tenant_id)
                   as culprit
            from ranges r
           where r.own_point is distinct from r.point_no or r.report is null
              or r.last_number - r.first_number + 1 <> (
                   select count(*) from fiscal_documents d
                    where d.tenant_id = r.tenant_id and d.series_id = r.series_id
                      and d.number between r.first_number and r.last_number) + (
                   select count(*) from credit_notes n
                    where n.tenant_id = r.tenant_id and n.series_id = r.series_id
                      and n.number between r.first_number and r.last_number) + (
                   select count(*) from (${kept}) k
                    where k.tenant_id = r.tenant_id and k.series_id = r.series_id
                      and k.number between r.first_number and r.last_number)
              or case when r.block_no > 0 then r.first_number is distinct from r.start or r.last_number >= r.beyond
                      else r.first_number - r.start is distinct from (
                             select coalesce(sum(b.last_number - b.first_number + 1), 0) from fiscal_blocks b
                              where b.tenant_id = r.tenant_id and b.series_id = r.series_id and b.from_block_no is null
                                and b.first_number >= r.start and b.last_number < r.first_number)
                        or exists (select from fiscal_blocks b
                                    where b.tenant_id = r.tenant_id and b.series_id = r.series_id and b.from_block_no is null
                                      and b.first_number <= r.last_number and b.last_number >= r.first_number) end`,
  },
  {
    id: 'I14 documents',
    sentence: 'Every document of a point whose day is closed stands in a Z',
    sql: `select format('series %s of seller %s: %s numbers, %s in Zs', s.series_id, s.tenant_id, d.count, r.count) as culprit
            from fiscal_series s
            left join (select tenant_id, series_id, count(*)
                         from (select tenant_id, series_id, number from (${numbered}) d union all ${kept}) d group by 1, 2) d
              using (tenant_id, series_id)
            left join (select r.tenant_id, r.series_id, sum(r.last_number - r.first_number + 1) as count
                         from fiscal_day_ranges r where ${own('r')} group by 1, 2) r using (tenant_id, series_id)
           where ${own('s')} and s.day_closed and coalesce(d.count, 0) <> coalesce(r.count, 0)`,
  },
  {
    id: 'I14 totals',
    sentence: 'A Z says what its documents add up to',
    sql: `with ranges as (select r.* from fiscal_day_ranges r where ${own('r')}),
          closed as (select d.* from fiscal_days d where ${own('d')} and d.report is not null)
          select ${z} as culprit
            from (select r.tenant_id, r.point_no, r.day_no, d.currency, sum(d.sign * d.taxes) as taxes,
                         sum(d.sign * d.total) as total
                    from ranges r
                    join (${numbered}) d on d.tenant_id = r.tenant_id and d.series_id = r.series_id
                     and d.number between r.first_number and r.last_number
                   group by 1, 2, 3, 4) f
            full join (select c.tenant_id, c.point_no, c.day_no, b.currency, b.taxes, b.total
                         from closed c
                        cross join jsonb_to_recordset(c.report->'balance') b (currency char(3), taxes bigint, total bigint)) b
              using (tenant_id, point_no, day_no, currency)
           where (f.taxes, f.total) is distinct from (b.taxes::numeric, b.total::numeric)
          union
          select ${z}
            from closed c
            left join (select r.tenant_id, r.point_no, r.day_no, sum(r.last_number - r.first_number + 1) as count
                         from ranges r group by 1, 2, 3) r using (tenant_id, point_no, day_no)
           where coalesce(r.count, 0) <> (select coalesce(sum((s->>'count')::bigint + (s->>'without_document')::bigint), 0)
                                            from jsonb_array_elements(c.report->'series') s)`,
  },
  {
    id: 'I14 days',
    sentence:
      "A point's days are numbered as their Zs, one after the other; only the last is open, and shifts only in an open one",
    sql: `select ${z} as culprit
            from (select d.*, lag(d.day_no) over w as before, lead(d.day_no) over w as next
                    from fiscal_days d where ${own('d')} window w as (partition by d.tenant_id, d.point_no order by d.day_no)) d
           where d.day_no <> coalesce(d.before, 0) + 1 or (d.closed_at is null and d.next is not null)
              or (d.report->>'number')::integer <> d.day_no
          union
          select format('point %s of seller %s: its day is open and its series closed', s.point_no, s.tenant_id)
            from fiscal_series s
            join fiscal_days d on d.tenant_id = s.tenant_id and d.point_no = s.point_no and d.closed_at is null
           where ${own('s')} and s.day_closed
          union
          select format('shift %s at point %s of seller %s', h.shift_no, point_no, tenant_id)
            from (select h.tenant_id, h.point_no, h.shift_no, d.closed_at
                    from shifts h join fiscal_days d using (tenant_id, point_no, day_no)
                   where ${own('h')} and h.closed_at is null) h
            full join (select distinct s.tenant_id, s.point_no, s.shift_no
                         from fiscal_series s where ${own('s')} and s.shift_no is not null) s
              using (tenant_id, point_no)
           where h.shift_no is distinct from s.shift_no or h.closed_at is not null`,
  },
];
