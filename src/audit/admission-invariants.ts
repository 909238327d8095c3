import { own, type Invariant } from './invariant.ts';

/** Scans that let a ticket through and were not taken back. */
const effective = `
  select s.* from scans s
   where ${own('s')} and s.verdict in ('admitted', 'left')
     and not exists (select from scans u where u.tenant_id = s.tenant_id and u.transaction_id = s.transaction_id
                        and u.item_no = s.item_no and u.verdict = 'undone' and u.other_scan_id = s.scan_id)`;

/** What must be true of the door. */
export const admissionInvariants: readonly Invariant[] = [
  {
    id: 'I17 entries',
    sentence:
      'Nobody comes in by a ticket that is in, nor goes out by one that is not: its entries and exits take turns',
    sql: `select format('ticket %s-%s: %s by scan %s after %s', transaction_id, item_no, verdict, scan_id, coalesce(before::text, 'nothing'))
                   as culprit
            from (select e.*, lag(e.verdict) over (partition by e.tenant_id, e.transaction_id, e.item_no order by e.scan_no) as before
                    from (${effective}) e) e
           where (verdict = 'admitted') = (before is not distinct from 'admitted')`,
  },
  {
    id: 'I17 admissions',
    sentence: 'How a ticket stands at the door is what its scans add up to',
    sql: `select format('ticket %s-%s: %s after %s entries by %s, its scans say %s after %s by %s', transaction_id, item_no, a.state,
                        a.entries, a.scan_id, e.verdict, coalesce(e.entries, 0), e.scan_id) as culprit
            from (select a.* from admissions a where ${own('a')}) a
            full join (select distinct on (tenant_id, transaction_id, item_no) tenant_id, transaction_id, item_no, verdict, scan_id,
                              zone_no, event_id,
                              count(*) filter (where verdict = 'admitted') over (partition by tenant_id, transaction_id, item_no) as entries
                         from (${effective}) e order by tenant_id, transaction_id, item_no, scan_no desc) e
              using (tenant_id, transaction_id, item_no)
           where case when e.scan_id is null then a.state <> 'undone' or a.entries <> 0
                      else (a.state::text, a.entries, a.scan_id, a.zone_no, a.event_id) is distinct from
                           (case e.verdict when 'admitted' then 'inside' else 'outside' end, e.entries, e.scan_id, e.zone_no, e.event_id)
                 end`,
  },
  {
    id: 'I17 scans',
    sentence:
      "The scans of an event are numbered from 1 to its counter's last; who was let through had a place of the event",
    sql: `select format('event %s-%s: %s scans up to %s of %s', tenant_id, event_id, coalesce(s.scans, 0), coalesce(s.last, 0),
                        coalesce(c.last_no, 0)) as culprit
            from (select c.* from door_counters c where ${own('c')}) c
            full join (select s.tenant_id, s.event_id, count(*) as scans, max(s.scan_no) as last, min(s.scan_no) as first
                         from scans s where ${own('s')} group by 1, 2) s using (tenant_id, event_id)
           where (s.scans, s.last, s.first) is distinct from (c.last_no::bigint, c.last_no, 1)
          union all
          select format('scan %s of ticket %s-%s', s.scan_id, s.transaction_id, s.item_no)
            from (${effective}) s
            left join transaction_items i using (tenant_id, transaction_id, item_no)
           where (i.event_id, i.zone_no) is distinct from (s.event_id, s.zone_no)`,
  },
  {
    id: 'I17 counts',
    sentence: 'The live count of a gate and zone equals the same sums computed afresh from the scans',
    sql: `select format('event %s-%s, gate %s, zone %s: %s entries, %s exits, %s refused; found %s, %s, %s', tenant_id, event_id, gate_no,
                        zone_no, c.entries, c.exits, c.refused, s.entries, s.exits, s.refused) as culprit
            from (select c.* from gate_counts c where ${own('c')}) c
            full join (select s.tenant_id, s.event_id, s.gate_no, coalesce(s.zone_no, 0) as zone_no,
                              count(*) filter (where s.verdict = 'admitted') - count(*) filter (where o.verdict = 'admitted' and s.verdict = 'undone') as entries,
                              count(*) filter (where s.verdict = 'left') - count(*) filter (where o.verdict = 'left' and s.verdict = 'undone') as exits,
                              count(*) filter (where s.verdict not in ('admitted', 'left', 'undone')) as refused
                         from scans s
                         left join scans o on o.tenant_id = s.tenant_id and o.scan_id = s.other_scan_id
                        where ${own('s')} group by 1, 2, 3, 4) s using (tenant_id, event_id, gate_no, zone_no)
           where (c.entries, c.exits, c.refused) is distinct from (s.entries::integer, s.exits::integer, s.refused::integer)
          union all
          select format('event %s-%s, zone %s: %s arrived of %s', tenant_id, event_id, zone_no, c.arrived, a.arrived)
            from (select c.tenant_id, c.event_id, c.zone_no, sum(c.arrived) as arrived from gate_counts c where ${own('c')}
                   group by 1, 2, 3) c
            full join (select a.tenant_id, a.event_id, a.zone_no, count(*) filter (where a.state <> 'undone') as arrived
                         from admissions a where ${own('a')} group by 1, 2, 3) a using (tenant_id, event_id, zone_no)
           where coalesce(c.arrived, 0)::bigint <> coalesce(a.arrived, 0)`,
  },
];
