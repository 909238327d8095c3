import { own, type Invariant } from './invariant.ts';

/** What must be true of orders whose money comes later, and of their payments. */
export const paymentInvariants: readonly Invariant[] = [
  {
    id: 'I10 tenders',
    sentence:
      'The payments of an order are its total, less what an exchange credits; a sale has all of their money, an order that ended none, a refunded one gave all back',
    sql: `select format('order %s, %s: payments of %s for %s', i.transaction_id, i.state, sum(t.amount), i.amount) as culprit
            from payment_intents i
            left join (select p.tenant_id, p.transaction_id, true as planned from payment_plans p where ${own('p')}) p
              using (tenant_id, transaction_id)
            left join tenders t using (tenant_id, transaction_id)
            left join exchanges x on i.exchanged and x.tenant_id = i.tenant_id and x.exchange_id = i.transaction_id
           where ${own('i')}
           group by i.tenant_id, i.transaction_id, p.planned
          having (p.planned is null and sum(t.amount) is distinct from i.amount::numeric - coalesce(max(x.credit), 0))
              or bool_or(t.refunded > t.captured)
              or (p.planned is null and i.state in ('paid', 'settled') and bool_or(t.captured <> t.paid_amount))
              or (i.state = 'ended' and sum(t.captured) > 0)
              or (i.state = 'refunded' and sum(t.captured) <> sum(t.refunded + t.kept))`,
  },
  {
    id: 'I10 plans',
    sentence:
      'A plan is paid at most its total, and exactly that when it is a sale; what its seller kept stands in a settlement, numbered without a gap',
    sql: `select format('plan %s, %s: %s paid of %s, %s kept, settlement of %s', p.transaction_id, i.state, t.paid, i.amount, t.kept,
                        s.kept) as culprit
            from payment_plans p
            join payment_intents i using (tenant_id, transaction_id)
            left join (select t.tenant_id, t.transaction_id, sum(t.kept) as kept, bool_or(t.surplus and t.kept > 0) as odd,
                              coalesce(sum(t.amount) filter (where t.captured > 0 and not t.surplus), 0) as paid
                         from tenders t where ${own('t')} group by 1, 2) t using (tenant_id, transaction_id)
            left join plan_settlements s using (tenant_id, transaction_id)
           where ${own('p')}
             and (t.paid > i.amount or t.odd
                  or (i.state in ('paid', 'settled') and t.paid <> i.amount)
                  or coalesce(t.kept > 0, false) <> coalesce(s.kept > 0, false)
                  or (s.kept is not null and i.state not in ('refunding', 'refunded')))
          union all
          select format('settlement %s of seller %s', s.settlement_no, s.tenant_id)
            from (select s.*, row_number() over (partition by s.tenant_id order by s.settlement_no) as place
                    from plan_settlements s where ${own('s')}) s
           where s.settlement_no <> s.place`,
  },
  {
    id: 'I10 orders',
    sentence:
      'An order whose money came is a sale of its amount; one that waits, ended or was refunded is none',
    sql: `select format('order %s, %s: sale of %s for %s', i.transaction_id, i.state, t.total, i.amount) as culprit
            from payment_intents i left join transactions t using (tenant_id, transaction_id)
           where ${own('i')}
             and case when i.state = 'settled' then (t.total, t.currency) is distinct from (i.amount, i.currency)
                      when i.state = 'paid' then false
                      else t.event_id is not null end`,
  },
  {
    id: 'I10 deadlines',
    sentence:
      'No order waits for money a day beyond its deadline, and no money of a card a day for its sale or its way back',
    sql: `select format('order %s is %s since %s', i.transaction_id, i.state, i.updated_at) as culprit
            from payment_intents i
           where ${own('i')}
             and (i.state = 'awaiting' and i.expires_at < now() - interval '1 day'
                  or i.state in ('paid', 'refunding') and i.updated_at < now() - interval '1 day'
                     and exists (select from tenders t where t.tenant_id = i.tenant_id
                                    and t.transaction_id = i.transaction_id and t.provider is not null
                                    and t.captured > t.refunded + t.kept))
          union all
          select format('payment %s of plan %s waits for its way back since %s', t.tender_no, t.transaction_id, t.updated_at)
            from tenders t
           where ${own('t')} and t.surplus and t.provider is not null and t.captured > t.refunded
             and t.updated_at < now() - interval '1 day'`,
  },
  {
    id: 'I10 references',
    sentence: 'A payment is named once: by its page at its provider, or by its bank and reference',
    sql: `select format('payment %s of seller %s: %s times', name, tenant_id, count(*)) as culprit
            from (select t.tenant_id, t.provider || ' ' || t.page_id as name from tenders t where ${own('t')}
                  union all
                  select t.tenant_id, t.bank || ' ' || t.reference from tenders t
                   where ${own('t')} and t.state not in ('failed', 'cancelled')) named
           where name is not null group by tenant_id, name having count(*) > 1`,
  },
];
