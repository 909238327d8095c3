import { own, type Invariant } from './invariant.ts';

/** The places that went back, with the refund of each. */
export const returnedItems = `
  select r.tenant_id, r.transaction_id, r.refund_no, r.fees_returned, n.item_no
    from refunds r cross join unnest(r.item_nos) n (item_no) where ${own('r')}`;

/** Whether a till sold a place of a sale that was another's; what comes of it is for people to settle. */
const wasTaken = (sale: string) =>
  `exists (select from till_conflicts c where c.tenant_id = ${sale}tenant_id and c.transaction_id = ${sale}transaction_id
                                          and c.kind = 'place_taken')`;

/** What must be true of what was undone. */
export const refundInvariants: readonly Invariant[] = [
  {
    id: 'I10 refunds',
    sentence:
      "Every place that went back did so by one refund, which gives back what it had cost, less fees that were kept; or a till sold what was another's",
    sql: `select format('place %s of sale %s: %s, %s refunds', item_no, transaction_id, coalesce(i.state::text, 'none'),
                        coalesce(r.refunds, 0)) as culprit
            from (select i.* from transaction_items i where ${own('i')} and i.state = 'returned') i
            full join (select tenant_id, transaction_id, item_no, count(*) as refunds from (${returnedItems}) r group by 1, 2, 3) r
              using (tenant_id, transaction_id, item_no)
           where i.state is null or r.refunds > 1 or (r.refunds is null and not ${wasTaken('i.')})
          union all
          select format('refund %s of sale %s: %s for %s', r.refund_no, r.transaction_id, r.total, sum(i.total))
            from refunds r
            join (${returnedItems}) n using (tenant_id, transaction_id, refund_no)
            left join transaction_items i using (tenant_id, transaction_id, item_no)
           where ${own('r')}
           group by r.tenant_id, r.transaction_id, r.refund_no
          having (r.net, r.discounts, r.taxes, r.fees, r.total) is distinct from
                 (sum(i.net)::bigint, sum(i.discounts)::bigint, sum(i.taxes)::bigint,
                  case when r.fees_returned then sum(i.fees) else 0 end::bigint,
                  sum(i.total - case when r.fees_returned then 0 else i.fees end)::bigint)`,
  },
  {
    id: 'I10 undone',
    sentence: 'A sale is cancelled or refunded exactly when none of its places is sold any more',
    sql: `select format('sale %s is %s with %s places sold', t.transaction_id, t.status, coalesce(i.places, 0)) as culprit
            from transactions t
            left join (select i.tenant_id, i.transaction_id, count(*) as places
                         from transaction_items i where ${own('i')} and i.state = 'live' group by 1, 2) i
              using (tenant_id, transaction_id)
           where ${own('t')} and (t.status in ('cancelled', 'refunded')) <> (coalesce(i.places, 0) = 0)
             and not ${wasTaken('t.')}`,
  },
  {
    id: 'I10 credits',
    sentence:
      "Every refund has exactly one credit note, of its own total, in the series of its sale's point of sale",
    sql: `select format('refund %s of sale %s: credit note %s of series %s', refund_no, transaction_id, c.number, c.series_id)
                   as culprit
            from (select r.*, s.point_no
                    from refunds r
                    left join fiscal_documents d using (tenant_id, transaction_id)
                    left join fiscal_series s using (tenant_id, series_id)
                   where ${own('r')}) r
            full join (select c.*, count(*) over (partition by c.tenant_id, c.transaction_id, c.refund_no) as notes
                         from credit_notes c where ${own('c')}) c using (tenant_id, transaction_id, refund_no)
           where (c.total, c.taxes, c.currency, c.series_id::integer, c.notes)
                 is distinct from (r.total, r.taxes, r.currency, 2 * r.point_no, 1::bigint)`,
  },
  {
    id: 'I10 repayments',
    sentence:
      'What was paid back of a refund is the sum of its repayments and never more than its total; what a provider gave back of a sale is what was asked of it, or was noted as given back unasked',
    sql: `select format('refund %s of sale %s: %s paid back of %s, repayments of %s', r.refund_no, r.transaction_id, r.paid_back,
                        r.total, coalesce(p.done, 0)) as culprit
            from refunds r
            left join (select p.tenant_id, p.transaction_id, p.refund_no, sum(p.amount) as ordered,
                              coalesce(sum(p.amount) filter (where p.done_at is not null), 0) as done
                         from repayments p where ${own('p')} group by 1, 2, 3) p using (tenant_id, transaction_id, refund_no)
           where ${own('r')}
             and (r.paid_back <> coalesce(p.done, 0) or coalesce(p.ordered, 0) > r.total
                  or (r.settled_at is not null) <> (r.paid_back = r.total))
          union all
          select format('payment %s of sale %s: %s gone back, %s asked for and %s unasked, of which %s used', t.tender_no,
                        t.transaction_id, t.refunded, coalesce(p.done, 0), coalesce(o.unasked, 0), coalesce(p.used, 0))
            from tenders t
            join payment_intents i on i.tenant_id = t.tenant_id and i.transaction_id = t.transaction_id and i.state = 'settled'
            join transactions s on s.tenant_id = t.tenant_id and s.transaction_id = t.transaction_id
            left join (select p.tenant_id, p.transaction_id, p.tender_no,
                              sum(p.paid_amount) filter (where not p.unasked) as done,
                              sum(p.paid_amount) filter (where p.unasked) as used
                         from repayments p where ${own('p')} and p.done_at is not null and p.tender_no is not null group by 1, 2, 3) p
              on p.tenant_id = t.tenant_id and p.transaction_id = t.transaction_id and p.tender_no = t.tender_no
            left join (select o.tenant_id, o.transaction_id, o.tender_no, sum(o.amount) as unasked
                         from provider_refunds o where ${own('o')} group by 1, 2, 3) o
              on o.tenant_id = t.tenant_id and o.transaction_id = t.transaction_id and o.tender_no = t.tender_no
           where ${own('t')} and not t.surplus
             and (t.refunded <> coalesce(p.done, 0) + coalesce(o.unasked, 0) or coalesce(p.used, 0) > coalesce(o.unasked, 0))`,
  },
  {
    id: 'I10 repaying',
    sentence:
      'No money of a card waits a day for its way back, and no exchange a day for its end, unless the fiscal day is closed',
    sql: `select format('refund %s of sale %s waits since %s', p.refund_no, p.transaction_id, p.created_at) as culprit
            from repayments p where ${own('p')} and p.done_at is null and p.created_at < now() - interval '1 day'
          union all
          select format('exchange %s of sale %s is open since %s', x.exchange_id, x.transaction_id, x.created_at)
            from exchanges x
           where ${own('x')} and x.state = 'open' and x.created_at < now() - interval '1 day'
             and not exists (select from fiscal_documents d join fiscal_series s using (tenant_id, series_id)
                              where d.tenant_id = x.tenant_id and d.transaction_id = x.transaction_id and s.day_closed)`,
  },
  {
    id: 'I10 exchanges',
    sentence:
      'The sale of an exchange costs what was agreed on; what places that went back paid of it stayed with it',
    sql: `select format('exchange %s is %s: sale of %s for %s, %s credited', x.exchange_id, x.state, t.total, x.total, p.amount)
                   as culprit
            from exchanges x
            left join transactions t on t.tenant_id = x.tenant_id and t.transaction_id = x.exchange_id
            left join (select p.tenant_id, p.exchanged_for, sum(p.amount) as amount
                         from repayments p where ${own('p')} and p.exchanged_for is not null group by 1, 2) p
              on p.tenant_id = x.tenant_id and p.exchanged_for = x.exchange_id
           where ${own('x')}
             and case x.state when 'done' then t.total is distinct from x.total
                                or coalesce(p.amount, 0) <> least(x.credit, x.total)
                              when 'failed' then t.total is not null or p.amount is not null
                              else p.amount is not null or t.total <> x.total end`,
  },
];
