import { own, paid, steps, type Invariant } from './invariant.ts';
import { returnedItems } from './refund-invariants.ts';

/** Sales that are in the statistics, with the quarter of an hour that they were made in. */
const countedSales = `
  select t.*, date_bin('15 minutes', t.created_at, 'epoch') as quarter
    from transactions t join (${steps('statistics')}) s using (tenant_id, transaction_id)
   where ${own('t')} and s.state = 'done'`;

/** The places that were sold in a price stage, by their numbers in their sales. */
const stagedPlaces = `
  select t.tenant_id, t.transaction_id, l.price_stage,
         row_number() over (partition by t.tenant_id, t.transaction_id order by l.line_no, place) as item_no
    from (${countedSales}) t join holds h using (tenant_id, hold_id)
   cross join unnest(h.line_quantity, array(select jsonb_array_elements_text(h.terms->'stages'))) with ordinality
           l (quantity, price_stage, line_no)
   cross join generate_series(1, l.quantity) place
   where h.terms is not null`;

/** Of statistics, held against the sales that are counted. */
export const statisticsInvariants: readonly Invariant[] = [
  {
    id: 'I13 statistics',
    sentence: 'Statistics equal the same sums computed afresh from the sales that are counted',
    sql: `select format('zone %s-%s-z%s, stage "%s", %s, %s: %s tickets for %s, %s returned for %s; found %s for %s, %s for %s',
                        tenant_id, event_id, zone_no, price_stage, channel, quarter, z.tickets_sold, z.total,
                        z.tickets_returned, z.total_returned, i.tickets_sold, i.total, i.tickets_returned, i.total_returned)
                   as culprit
            from (select z.* from sales_statistics z where ${own('z')}) z
            full join (
              select i.tenant_id, i.event_id, i.zone_no, coalesce(l.price_stage, '') as price_stage,
                     coalesce(p.kind::text, 'online') as channel, t.quarter,
                     count(*) as tickets_sold, sum(i.net) as net, sum(i.discounts) as discounts, sum(i.fees) as fees,
                     sum(i.taxes) as taxes, sum(i.total) as total,
                     count(*) filter (where i.state = 'returned') as tickets_returned,
                     coalesce(sum(i.taxes) filter (where i.state = 'returned'), 0) as taxes_returned,
                     coalesce(sum(i.total - case when r.fees_returned is false then i.fees else 0 end)
                                filter (where i.state = 'returned'), 0) as total_returned
                from (${countedSales}) t join transaction_items i using (tenant_id, transaction_id)
                left join (${stagedPlaces}) l using (tenant_id, transaction_id, item_no)
                left join fiscal_documents d using (tenant_id, transaction_id)
                left join fiscal_series f using (tenant_id, series_id)
                left join fiscal_points p using (tenant_id, point_no)
                left join (${returnedItems}) r using (tenant_id, transaction_id, item_no)
               group by 1, 2, 3, 4, 5, 6
            ) i using (tenant_id, event_id, zone_no, price_stage, channel, quarter)
           where (z.tickets_sold, z.net, z.discounts, z.fees, z.taxes, z.total,
                  z.tickets_returned, z.taxes_returned, z.total_returned)
                 is distinct from (i.tickets_sold, i.net, i.discounts, i.fees, i.taxes, i.total,
                                   i.tickets_returned, i.taxes_returned, i.total_returned)`,
  },
  {
    id: 'I13 taxes',
    sentence:
      'Statistics of taxes by their rules equal the same sums computed afresh from the sales that are counted',
    sql: `select format('tax %s of event %s-%s, %s: %s, found %s', tax_rule_id, tenant_id, event_id, quarter, z.taxes, t.taxes)
                   as culprit
            from (select z.* from tax_statistics z where ${own('z')}) z
            full join (
              select t.tenant_id, t.event_id, u.tax_rule_id, t.quarter, sum(u.amount) as taxes
                from (${countedSales}) t cross join unnest(t.tax_rule_ids, t.tax_amounts) u (tax_rule_id, amount)
               group by 1, 2, 3, 4
            ) t using (tenant_id, event_id, tax_rule_id, quarter)
           where z.taxes is distinct from t.taxes`,
  },
  {
    id: 'I13 counted',
    sentence: 'Every completed sale is counted in the statistics',
    sql: `select format('sale %s: %s', transaction_id, coalesce(s.state::text, 'no step')) as culprit
            from (${paid} and t.status = 'completed') t left join (${steps('statistics')}) s using (tenant_id, transaction_id)
           where s.state is distinct from 'done'`,
  },
  {
    id: 'I13 found',
    sentence: 'Every sale that is counted is found in the list of its event',
    sql: `select format('sale %s', transaction_id) as culprit
            from (${countedSales}) t
            left join (select x.tenant_id, x.transaction_id, x.kind from sale_terms x where ${own('x')} and x.kind = 'event') x
              using (tenant_id, transaction_id)
           where x.kind is null`,
  },
];
