/** One invariant of docs/INVARIANTS.md: a query over one snapshot that must return no row. */
export type Invariant = {
  id: string;
  sentence: string;
  /**
   * Returns a culprit a row, told in one text column `culprit`. $1 is a seller, or null for all; `own(x)` stands for the
   * condition on it.
   */
  sql: string;
};

const own = (alias: string) => `($1::integer is null or ${alias}.tenant_id = $1)`;

/** Places that holds of a state keep in general zones. */
const heldPlaces = `
  select h.tenant_id, h.event_id, l.zone_no, sum(l.quantity) as places
    from holds h cross join unnest(h.line_zone, h.line_seat, h.line_quantity) l (zone_no, seat_no, quantity)
   where ${own('h')} and h.state = 'live' and l.seat_no = 0 group by 1, 2, 3`;

const soldPlaces = `
  select i.tenant_id, i.event_id, i.zone_no, count(*) as places
    from transaction_items i where ${own('i')} and i.state = 'live' and i.seat_no is null group by 1, 2, 3`;

const liveSeats = `
  select i.tenant_id, i.event_id, i.seat_no, i.transaction_id
    from transaction_items i where ${own('i')} and i.state = 'live' and i.seat_no is not null`;

const heldSeats = `
  select h.tenant_id, h.event_id, s.seat_no, h.hold_id
    from holds h cross join unnest(h.line_seat) s (seat_no) where ${own('h')} and h.state = 'live' and s.seat_no > 0`;

const paid = `select t.* from transactions t where ${own('t')} and t.status in ('processing', 'completed')`;

/** Every invariant that SQL decides, in the order of their numbers. */
export const invariants: readonly Invariant[] = [
  {
    id: 'I1 seats',
    sentence: 'A seat belongs to at most one live item',
    sql: `select format('seat %s-%s-s%s: %s live items', tenant_id, event_id, seat_no, count(*)) as culprit
            from (${liveSeats}) i group by tenant_id, event_id, seat_no having count(*) > 1`,
  },
  {
    id: 'I1 zones',
    sentence: 'The counters of a general zone are what is held and sold, and within its capacity',
    sql: `select format('zone %s-%s-z%s: counted %s held, %s sold of %s; found %s, %s', c.tenant_id, c.event_id, c.zone_no,
                        c.held, c.sold, c.capacity, coalesce(h.places, 0), coalesce(s.places, 0)) as culprit
            from zone_counters c
            left join (${heldPlaces}) h using (tenant_id, event_id, zone_no)
            left join (${soldPlaces}) s using (tenant_id, event_id, zone_no)
           where ${own('c')} and (c.held <> coalesce(h.places, 0) or c.sold <> coalesce(s.places, 0)
                                  or c.held + c.sold > c.capacity)`,
  },
  {
    id: 'I2 sold',
    sentence: 'A sold seat has a live item, and the other way round',
    sql: `select format('seat %s-%s-s%s: %s', tenant_id, event_id, seat_no,
                        case when i.transaction_id is null then 'sold without an item' else 'an item, but not sold' end) as culprit
            from (select * from seat_states s where ${own('s')} and s.state = 'sold') s
            full join (${liveSeats}) i using (tenant_id, event_id, seat_no)
           where i.transaction_id is null or s.state is null`,
  },
  {
    id: 'I2 held',
    sentence: 'A held seat is in the live hold that it names, and the other way round',
    sql: `select format('seat %s-%s-s%s: state says hold %s, live hold is %s', tenant_id, event_id, seat_no, s.hold_id, h.hold_id)
                   as culprit
            from (select * from seat_states s where ${own('s')} and s.state = 'held') s
            full join (${heldSeats}) h using (tenant_id, event_id, seat_no)
           where s.hold_id is distinct from h.hold_id`,
  },
  {
    id: 'I3 sums',
    sentence: 'A sale is the sum of its items, and its taxes the sum of their amounts',
    sql: `select format('sale %s: %s, items %s, taxes %s of %s', t.transaction_id, t.total, i.total, t.taxes,
                        (select sum(a) from unnest(t.tax_amounts) a)) as culprit
            from transactions t
            left join (select i.tenant_id, i.transaction_id, sum(i.net) as net, sum(i.discounts) as discounts,
                              sum(i.fees) as fees, sum(i.taxes) as taxes, sum(i.total) as total
                         from transaction_items i where ${own('i')} group by 1, 2) i using (tenant_id, transaction_id)
           where ${own('t')} and (
                 (t.net, t.discounts, t.fees, t.taxes, t.total) is distinct from (i.net, i.discounts, i.fees, i.taxes, i.total)
                 or t.taxes <> coalesce((select sum(a) from unnest(t.tax_amounts) a), 0))`,
  },
  {
    id: 'I4 numbers',
    sentence: 'The numbers of a series have no gap, begin at its first and end before its next',
    sql: `select format('series %s of seller %s: %s documents from %s to %s, next %s', s.series_id, s.tenant_id, count(d.number),
                        min(d.number), max(d.number), s.next_number) as culprit
            from fiscal_series s left join fiscal_documents d using (tenant_id, series_id)
           where ${own('s')} group by s.tenant_id, s.series_id
          having count(d.number) <> s.next_number - s.first_number
              or min(d.number) <> s.first_number or max(d.number) <> s.next_number - 1`,
  },
  {
    id: 'I5 instants',
    sentence: 'Issue instants never go back as numbers go up',
    sql: `select format('document %s of series %s of seller %s', number, series_id, tenant_id) as culprit
            from (select d.*, lag(d.issued_at) over w as before from fiscal_documents d where ${own('d')}
                  window w as (partition by d.tenant_id, d.series_id order by d.number)) d
           where issued_at < before`,
  },
  {
    id: 'I5 chain',
    sentence: 'Every document is chained by hash to the one before it, and the series to the last',
    sql: `with chained as (
            select d.*, lag(d.hash, 1, '\\x'::bytea) over w as before, lead(d.number) over w as next
              from fiscal_documents d where ${own('d')}
            window w as (partition by d.tenant_id, d.series_id order by d.number))
          select format('document %s of series %s of seller %s', d.number, d.series_id, d.tenant_id) as culprit
            from chained d join fiscal_series s using (tenant_id, series_id)
           where d.hash <> sha256(d.before || convert_to(fiscal_content(
                   d.series_id, d.number, d.transaction_id, d.issued_at, d.taxes, d.total, d.currency), 'UTF8'))
              or (d.next is null and d.hash <> s.last_hash)`,
  },
  {
    id: 'I6 document',
    sentence: 'A paid sale has exactly one fiscal document, of its own total; any other has none',
    sql: `select format('sale %s: %s', transaction_id,
                        case when t.total is null then 'a document without a paid sale'
                             when d.number is null then 'no document' else 'another total' end) as culprit
            from (${paid}) t
            full join (select * from fiscal_documents d where ${own('d')}) d using (tenant_id, transaction_id)
           where d.number is null or t.total is null
              or (d.total, d.taxes, d.currency) is distinct from (t.total, t.taxes, t.currency)`,
  },
  {
    id: 'I6 places',
    sentence: 'A paid sale has an item for each place that its hold held',
    sql: `select format('sale %s: %s items for %s places', t.transaction_id, i.items, h.places) as culprit
            from (${paid}) t
            left join (select i.tenant_id, i.transaction_id, count(*) as items
                         from transaction_items i where ${own('i')} group by 1, 2) i using (tenant_id, transaction_id)
            left join (select h.tenant_id, h.hold_id, (select sum(q) from unnest(h.line_quantity) q) as places
                         from holds h where ${own('h')}) h using (tenant_id, hold_id)
           where i.items is distinct from h.places`,
  },
  {
    id: 'I6 tickets',
    sentence: 'A sale whose tickets are made has as many tickets as items; any other has none',
    sql: `select format('sale %s: %s tickets for %s items', transaction_id, coalesce(k.tickets, 0), i.items) as culprit
            from (select i.tenant_id, i.transaction_id, count(*) as items
                    from transaction_items i where ${own('i')} group by 1, 2) i
            left join (select k.tenant_id, k.transaction_id, count(*) as tickets
                         from tickets k where ${own('k')} group by 1, 2) k using (tenant_id, transaction_id)
            left join (select s.* from steps s where ${own('s')} and s.name = 'tickets') s using (tenant_id, transaction_id)
           where coalesce(k.tickets, 0) <> case when s.state = 'done' then i.items else 0 end`,
  },
  {
    id: 'I8 steps',
    sentence:
      'Every step ends within a day, and a sale is completed exactly when all of its steps have ended',
    sql: `select format('sale %s is %s with %s steps pending since %s', t.transaction_id, t.status,
                        count(*) filter (where s.state = 'pending'), t.created_at) as culprit
            from transactions t left join steps s using (tenant_id, transaction_id)
           where ${own('t')} and t.status in ('processing', 'completed')
           group by t.tenant_id, t.transaction_id
          having (t.status = 'completed') <> (count(*) filter (where s.state = 'pending') = 0)
              or count(s.name) = 0
              or (count(*) filter (where s.state = 'pending') > 0 and t.created_at < now() - interval '1 day')`,
  },
  {
    id: 'I8 messages',
    sentence: 'A sale with an address has its e-mail step, and one that is done has its message accepted',
    sql: `select format('sale %s: step %s, message %s', t.transaction_id, s.state, m.state) as culprit
            from (${paid}) t
            left join steps s on s.tenant_id = t.tenant_id and s.transaction_id = t.transaction_id and s.name = 'email'
            left join messages m on m.tenant_id = t.tenant_id and m.transaction_id = t.transaction_id and m.channel = 'email'
           where (t.customer_email is not null) <> (s.name is not null)
              or (s.state = 'done') <> coalesce(m.state = 'accepted', false)`,
  },
  {
    id: 'I9 expiry',
    sentence: 'No live hold is older than its expiry and a minute of grace',
    sql: `select format('hold %s of seller %s expired at %s', h.hold_id, h.tenant_id, h.expires_at) as culprit
            from holds h where ${own('h')} and h.state = 'live' and h.expires_at < now() - interval '1 minute'`,
  },
  {
    id: 'I9 holds',
    sentence: 'Every sale names the hold that was confirmed for it, and every sold seat was in that hold',
    sql: `select format('sale %s, seat %s, hold %s', t.transaction_id, i.seat_no, t.hold_id) as culprit
            from transactions t
            left join transaction_items i using (tenant_id, transaction_id)
            left join holds h using (tenant_id, hold_id)
           where ${own('t')} and (h.transaction_id is distinct from t.transaction_id or h.state <> 'confirmed'
                 or (i.seat_no is not null and not i.seat_no = any (h.line_seat)))`,
  },
  {
    id: 'I10 payments',
    sentence: 'What was captured for a paid sale is its total',
    sql: `select format('sale %s: %s captured of %s', t.transaction_id, coalesce(p.captured, 0), t.total) as culprit
            from (${paid}) t
            left join (select p.tenant_id, p.transaction_id, p.currency, sum(p.amount) as captured
                         from payments p where ${own('p')} and p.state = 'captured' group by 1, 2, 3) p
              using (tenant_id, transaction_id)
           where (p.captured, p.currency) is distinct from (t.total::numeric, t.currency)`,
  },
  {
    id: 'I11 keys',
    sentence: 'Every sale has exactly one idempotency key, and every key its sale',
    sql: `select format('sale %s: %s keys', transaction_id, count(k.key_digest)) as culprit
            from (select t.tenant_id, t.transaction_id, t.hold_id from transactions t where ${own('t')}) t
            full join (select k.* from idempotency_keys k where ${own('k')}) k using (tenant_id, transaction_id)
           group by tenant_id, transaction_id having count(k.key_digest) <> 1 or count(t.hold_id) <> 1`,
  },
  {
    id: 'I13 statistics',
    sentence: 'Statistics equal the same sums computed afresh from the sales that are counted',
    sql: `select format('zone %s-%s-z%s: %s tickets for %s, found %s for %s', tenant_id, event_id, zone_no, z.tickets_sold,
                        z.total, i.tickets, i.total) as culprit
            from (select * from zone_statistics z where ${own('z')}) z
            full join (
              select i.tenant_id, i.event_id, i.zone_no, count(*) as tickets, sum(i.net) as net, sum(i.discounts) as discounts,
                     sum(i.fees) as fees, sum(i.taxes) as taxes, sum(i.total) as total
                from transaction_items i join steps s using (tenant_id, transaction_id)
               where ${own('i')} and i.state = 'live' and s.name = 'statistics' and s.state = 'done' group by 1, 2, 3
            ) i using (tenant_id, event_id, zone_no)
           where (z.tickets_sold, z.net, z.discounts, z.fees, z.taxes, z.total)
                 is distinct from (i.tickets, i.net, i.discounts, i.fees, i.taxes, i.total)`,
  },
  {
    id: 'I15 tenants',
    sentence: 'What a row refers to is there, at the same seller',
    sql: `select format('sale %s', t.transaction_id) as culprit
            from transactions t left join events e using (tenant_id, event_id) where ${own('t')} and e.event_id is null
          union all
          select format('item %s of sale %s', i.item_no, i.transaction_id)
            from transaction_items i
            left join transactions t using (tenant_id, transaction_id)
            left join zones z on z.tenant_id = i.tenant_id and z.event_id = i.event_id and z.zone_no = i.zone_no
           where ${own('i')} and (z.zone_no is null or t.event_id is distinct from i.event_id)
          union all
          select format('hold %s', h.hold_id)
            from holds h left join events e using (tenant_id, event_id) where ${own('h')} and e.event_id is null
          union all
          select format('%s %s', r.kind, r.transaction_id)
            from (select 'step of' as kind, tenant_id, transaction_id from steps
                  union all select 'payment of', tenant_id, transaction_id from payments
                  union all select 'ticket of', tenant_id, transaction_id from tickets
                  union all select 'message of', tenant_id, transaction_id from messages) r
            left join transactions t using (tenant_id, transaction_id) where ${own('r')} and t.transaction_id is null`,
  },
];
