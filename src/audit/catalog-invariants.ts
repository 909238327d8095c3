import { own, type Invariant } from './invariant.ts';

/** Of events, their zones and seats, and what refers to them. */
export const catalogInvariants: readonly Invariant[] = [
  {
    id: 'I15 events',
    sentence: 'What a sale, a hold, an item and a seat refer to is there, at the same seller and event',
    sql: `select format('sale %s', t.transaction_id) as culprit
            from transactions t left join events e using (tenant_id, event_id) where ${own('t')} and e.event_id is null
          union all
          select format('hold %s', h.hold_id)
            from holds h left join events e using (tenant_id, event_id) where ${own('h')} and e.event_id is null
          union all
          select format('item %s of sale %s', i.item_no, i.transaction_id)
            from transaction_items i left join transactions t using (tenant_id, transaction_id)
           where ${own('i')} and t.event_id is distinct from i.event_id
          union all
          select format('items of zone %s-%s-z%s', tenant_id, event_id, zone_no)
            from (select distinct i.tenant_id, i.event_id, i.zone_no, i.seat_no is null as general
                    from transaction_items i where ${own('i')}) i
            left join zones z using (tenant_id, event_id, zone_no)
           where (z.kind = 'general') is distinct from i.general
          union all
          select format('item of seat %s-%s-s%s', tenant_id, event_id, seat_no)
            from transaction_items i left join seats s using (tenant_id, event_id, seat_no)
           where ${own('i')} and i.seat_no is not null and s.zone_no is distinct from i.zone_no
          union all
          select format('seat %s-%s-s%s', tenant_id, event_id, seat_no)
            from (select s.* from seats s where ${own('s')}) s
            full join (select s.* from seat_states s where ${own('s')}) c using (tenant_id, event_id, seat_no)
           where s.zone_no is null or c.state is null`,
  },
  {
    id: 'I15 retired',
    sentence: 'A seat that a later plan of its event left out is neither free nor held nor sold',
    sql: `select format('seat %s-%s-s%s: %s', tenant_id, event_id, seat_no, c.state) as culprit
            from (select s.* from seats s where ${own('s')} and s.retired) s
            join seat_states c using (tenant_id, event_id, seat_no)
           where c.state <> 'blocked'`,
  },
];
