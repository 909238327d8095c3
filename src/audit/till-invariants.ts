import { own, type Invariant } from './invariant.ts';

/** Of tills that sell without a network. */
export const tillInvariants: readonly Invariant[] = [
  {
    id: 'I12 tills',
    sentence:
      'Every line that a till has told of is kept once, and is the sale of the number that it printed, or a conflict; what a lease that ended kept is on sale again',
    sql: `select format('till %s of seller %s: %s lines of %s', t.device_no, t.tenant_id, count(r.sequence), t.last_sequence) as culprit
            from tills t left join till_records r using (tenant_id, device_no)
           where ${own('t')}
           group by t.tenant_id, t.device_no, t.last_sequence
          having count(r.sequence) <> t.last_sequence or coalesce(max(r.sequence), 0) <> t.last_sequence
          union all
          select format('line %s of till %s of seller %s', r.sequence, r.device_no, r.tenant_id)
            from till_records r left join fiscal_documents d using (tenant_id, series_id, number)
           where ${own('r')} and r.transaction_id is not null and d.transaction_id is distinct from r.transaction_id
          union all
          select format('line %s of till %s of seller %s: neither a sale nor a conflict', r.sequence, r.device_no, r.tenant_id)
            from till_records r
            left join (select distinct c.tenant_id, c.device_no, c.sequence, true as found from till_conflicts c where ${own('c')}) c
                   using (tenant_id, device_no, sequence)
           where ${own('r')} and r.transaction_id is null and c.found is null
          union all
          select format('lease %s of till %s of seller %s', l.lease_id, l.device_no, l.tenant_id)
            from till_leases l join holds h using (tenant_id, hold_id)
           where ${own('l')} and l.state <> 'open' and h.state = 'live'`,
  },
];
