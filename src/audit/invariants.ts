import { fiscalInvariants, numbered } from './fiscal-invariants.ts';
import { own, paid, type Invariant } from './invariant.ts';
import { messageInvariants } from './message-invariants.ts';
import { refundInvariants, returnedItems } from './refund-invariants.ts';
import { tillInvariants } from './till-invariants.ts';

// Every query reads its tables in the order of their keys and joins them on the front of these. For a million
// sales of two places the whole list takes 47 s of one core.

/** Places that live holds keep in general zones. */
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

const confirmedHolds = `select h.* from holds h where ${own('h')} and h.state = 'confirmed'`;

/** A step of each sale that has it, by its name. */
const steps = (name: string) => `select s.* from steps s where ${own('s')} and s.name = '${name}'`;

/** Sales that are in the statistics, with the quarter of an hour that they were made in. */
const countedSales = `
  select t.*, date_bin('15 minutes', t.created_at, 'epoch') as quarter
    from transactions t join (${steps('statistics')}) s using (tenant_id, transaction_id)
   where ${own('t')} and s.state = 'done'`;

const document = `format('document %s of series %s of seller %s', d.number, d.series_id, d.tenant_id)`;

/** Documents with the block that issued them; null when the series itself did. */
const documentsOfBlocks = `
  select d.*, b.block_no
    from (${numbered}) d
    left join (select b.tenant_id, b.series_id, b.block_no, generate_series(b.first_number, b.next_number - 1) as number
                 from fiscal_blocks b where ${own('b')}) b using (tenant_id, series_id, number)`;

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
    sql: `select format('zone %s-%s-z%s: counted %s held, %s sold of %s; found %s, %s of %s', tenant_id, event_id, zone_no,
                        c.held, c.sold, c.capacity, coalesce(h.places, 0), coalesce(s.places, 0), z.capacity) as culprit
            from (select z.* from zones z where ${own('z')} and z.kind = 'general') z
            full join (select c.* from zone_counters c where ${own('c')}) c using (tenant_id, event_id, zone_no)
            full join (${heldPlaces}) h using (tenant_id, event_id, zone_no)
            full join (${soldPlaces}) s using (tenant_id, event_id, zone_no)
           where (c.held, c.sold, c.capacity) is distinct from (coalesce(h.places, 0), coalesce(s.places, 0), z.capacity)
              or c.held + c.sold > c.capacity`,
  },
  {
    id: 'I2 sold',
    sentence: 'A sold seat has a live item, and the other way round',
    sql: `select format('seat %s-%s-s%s: %s', tenant_id, event_id, seat_no,
                        case when i.transaction_id is null then 'sold without an item' else 'an item, but not sold' end) as culprit
            from (select s.* from seat_states s where ${own('s')} and s.state = 'sold') s
            full join (${liveSeats}) i using (tenant_id, event_id, seat_no)
           where i.transaction_id is null or s.state is null`,
  },
  {
    id: 'I2 held',
    sentence: 'A held seat is in the live hold that it names, and the other way round',
    sql: `select format('seat %s-%s-s%s: state says hold %s, live hold is %s', tenant_id, event_id, seat_no, s.hold_id, h.hold_id)
                   as culprit
            from (select s.* from seat_states s where ${own('s')} and s.state = 'held') s
            full join (${heldSeats}) h using (tenant_id, event_id, seat_no)
           where s.hold_id is distinct from h.hold_id`,
  },
  {
    id: 'I3 lines',
    sentence: 'The total of every item and sale is net + taxes + fees − discounts, and no amount is negative',
    sql: `select format('%s: %s + %s + %s − %s = %s', what, net, taxes, fees, discounts, total) as culprit
            from (select i.tenant_id, format('item %s of sale %s', i.item_no, i.transaction_id) as what,
                         i.net, i.taxes, i.fees, i.discounts, i.total from transaction_items i
                  union all
                  select t.tenant_id, format('sale %s', t.transaction_id), t.net, t.taxes, t.fees, t.discounts, t.total
                    from transactions t) l
           where ${own('l')} and (total <> net + taxes + fees - discounts or least(net, taxes, fees, discounts, total) < 0)`,
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
                 or t.taxes <> (select coalesce(sum(a), 0) from unnest(t.tax_amounts) a))`,
  },
  {
    id: 'I3 quote',
    sentence: 'A sale costs what its hold had quoted',
    sql: `select format('sale %s: %s, quoted %s', t.transaction_id, t.total, h.total) as culprit
            from transactions t join (${confirmedHolds}) h using (tenant_id, hold_id)
           where ${own('t')} and (t.net, t.discounts, t.fees, t.taxes, t.total, t.tax_rule_ids, t.tax_amounts)
                 <> (h.net, h.discounts, h.fees, h.taxes, h.total, h.tax_rule_ids, h.tax_amounts)`,
  },
  {
    id: 'I4 numbers',
    sentence:
      'Every number of a series from its first to before its next is exactly one of: a document, to be issued in an open block, a rest that waits, void, kept by a conflict of a till',
    sql: `with accounted as (
            select r.*, lag(r.last) over w as before, lead(r.first) over w as next
              from (select d.tenant_id, d.series_id, d.number as first, d.number as last from (${numbered}) d
                    union all
                    select b.tenant_id, b.series_id, coalesce(b.rest_number, b.next_number), b.last_number from fiscal_blocks b
                     where ${own('b')} and b.state <> 'used' and coalesce(b.rest_number, b.next_number) <= b.last_number
                    union all
                    select c.tenant_id, c.series_id, c.kept_number, c.kept_number from till_conflicts c
                     where ${own('c')} and c.kept_number is not null) r
            window w as (partition by r.tenant_id, r.series_id order by r.first, r.last))
          select format('numbers %s to %s of series %s of seller %s: after %s, before %s', r.first, r.last, r.series_id,
                        r.tenant_id, r.before, coalesce(r.next, s.next_number)) as culprit
            from accounted r left join fiscal_series s using (tenant_id, series_id)
           where r.first is distinct from coalesce(r.before + 1, s.first_number)
              or (r.next is null and r.last + 1 is distinct from s.next_number)
          union all
          select format('series %s of seller %s: nothing accounted for, but next is %s', s.series_id, s.tenant_id, s.next_number)
            from fiscal_series s left join (select distinct tenant_id, series_id, true as used from accounted) r
                   using (tenant_id, series_id)
           where ${own('s')} and r.used is null and s.next_number <> s.first_number`,
  },
  {
    id: 'I4 blocks',
    sentence:
      'A block has new numbers of a preallocated series or a rest, no two have the same, and each has ended as it says',
    sql: `with blocks as (
            select b.*, lag(b.last_number) over w as before, lead(b.first_number) over w as next
              from fiscal_blocks b where ${own('b')}
            window w as (partition by b.tenant_id, b.series_id, b.from_block_no order by b.first_number))
          select format('block %s of series %s of seller %s', b.block_no, b.series_id, b.tenant_id) as culprit
            from blocks b
            left join fiscal_series s using (tenant_id, series_id)
            left join fiscal_blocks p
              on p.tenant_id = b.tenant_id and p.series_id = b.series_id and p.block_no = b.from_block_no
            left join (select c.tenant_id, c.series_id, c.from_block_no, sum(c.last_number - c.first_number + 1) as numbers
                         from fiscal_blocks c group by 1, 2, 3) c
              on c.tenant_id = b.tenant_id and c.series_id = b.series_id and c.from_block_no = b.block_no
           where s.numbering is distinct from 'preallocated'
              or case when b.from_block_no is null
                      then b.first_number <= b.before or b.first_number < s.first_number or b.last_number >= s.next_number
                      else b.first_number is distinct from coalesce(b.before + 1, p.next_number)
                        or (b.next is null and b.last_number + 1 is distinct from p.rest_number) end
              or coalesce(c.numbers, 0) <> coalesce(b.rest_number, b.next_number) - b.next_number
              or (b.state = 'used') <> (b.next_number > b.last_number)
              or (b.state in ('open', 'used')) <> (b.rest_number is null)
              or (b.state = 'voided') <> (b.void_reason is not null)`,
  },
  {
    id: 'I5 instants',
    sentence:
      'Issue instants never go back as the numbers of a block, or of a series outside blocks, go up, nor beyond its last',
    sql: `select ${document} as culprit
            from (select d.*, lag(d.issued_at) over w as before, lead(d.number) over w as next
                    from (${documentsOfBlocks}) d
                  window w as (partition by d.tenant_id, d.series_id, d.block_no order by d.number)) d
            join fiscal_series s using (tenant_id, series_id)
            left join fiscal_blocks b using (tenant_id, series_id, block_no)
           where d.issued_at < d.before
              or (d.next is null
                  and d.issued_at > case when d.block_no is null then s.last_issued_at else b.last_issued_at end)`,
  },
  {
    id: 'I5 chain',
    sentence:
      'Every document is chained by hash to the one before it in its block, or in its series outside blocks, and that to the last',
    sql: `with chained as (
            select d.*, lead(d.number) over w as next,
                   lag(d.hash, 1, case when d.block_no is null then '\\x'::bytea
                                       else fiscal_block_start(d.series_id, d.block_no) end) over w as before
              from (${documentsOfBlocks}) d
            window w as (partition by d.tenant_id, d.series_id, d.block_no order by d.number))
          select ${document} as culprit
            from chained d
            join fiscal_series s using (tenant_id, series_id)
            left join fiscal_blocks b using (tenant_id, series_id, block_no)
           where d.hash <> sha256(d.before || convert_to(fiscal_content(
                   d.series_id, d.number, d.transaction_id, d.issued_at, d.taxes, d.total, d.currency), 'UTF8'))
              or (d.next is null and d.hash <> case when d.block_no is null then s.last_hash else b.last_hash end)
          union all
          select format('block %s of series %s of seller %s', b.block_no, b.series_id, b.tenant_id)
            from fiscal_blocks b
           where ${own('b')} and b.next_number = b.first_number and b.last_hash <> fiscal_block_start(b.series_id, b.block_no)`,
  },
  {
    id: 'I6 document',
    sentence: 'A paid sale has exactly one fiscal document, of its own total; any other has none',
    sql: `select format('sale %s: %s', transaction_id,
                        case when t.total is null then 'a document without a paid sale'
                             when d.number is null then 'no document'
                             when d.documents > 1 then 'several documents' else 'another total' end) as culprit
            from (${paid}) t
            full join (select d.*, count(*) over (partition by d.tenant_id, d.transaction_id) as documents
                         from fiscal_documents d where ${own('d')}) d using (tenant_id, transaction_id)
           where d.number is null or t.total is null or d.documents > 1
              or (d.total, d.taxes, d.currency) is distinct from (t.total, t.taxes, t.currency)`,
  },
  {
    id: 'I6 tickets',
    sentence:
      'Each place of a sale has a ticket exactly when its tickets are made, unless it was given back, and no sale is completed without',
    sql: `select format('ticket %s-%s: %s', transaction_id, item_no,
                        case when k.key_id is null then 'missing' else 'not of a place whose tickets are made' end) as culprit
            from (select i.tenant_id, i.transaction_id, i.item_no, i.state, t.status, coalesce(s.state = 'done', false) as made
                    from transaction_items i
                    left join (${steps('tickets')}) s using (tenant_id, transaction_id)
                    left join transactions t using (tenant_id, transaction_id)
                   where ${own('i')}) i
            full join (select k.* from tickets k where ${own('k')}) k using (tenant_id, transaction_id, item_no)
           where case when i.state = 'returned' then k.key_id is not null and not i.made
                      else coalesce(i.made, false) <> (k.key_id is not null) or (i.status = 'completed' and k.key_id is null) end`,
  },
  {
    id: 'I7 codes',
    sentence:
      'Every code of a ticket but its last is revoked, and that too once its place was given back, by the numbers of its event without a gap',
    sql: `select format('ticket %s-%s: %s codes to be revoked, %s revoked up to %s', transaction_id, item_no, k.codes,
                        coalesce(r.codes, 0), coalesce(r.last, 0)) as culprit
            from (select k.tenant_id, k.transaction_id, k.item_no,
                         coalesce(k.generation, 1) - case i.state when 'returned' then 0 else 1 end as codes
                    from tickets k left join transaction_items i using (tenant_id, transaction_id, item_no)
                   where ${own('k')} and (k.generation is not null or i.state = 'returned')) k
            full join (select r.tenant_id, r.transaction_id, r.item_no, count(*) as codes, max(r.generation) as last
                         from revoked_codes r where ${own('r')} group by 1, 2, 3) r
              using (tenant_id, transaction_id, item_no)
           where k.codes is distinct from r.codes or r.codes is distinct from r.last
          union all
          select format('event %s-%s: %s revocations, counted %s', tenant_id, event_id, coalesce(r.codes, 0), c.last_no)
            from (select r.tenant_id, r.event_id, count(*) as codes, max(r.revocation_no) as last
                    from revoked_codes r where ${own('r')} group by 1, 2) r
            full join (select c.* from revocation_counters c where ${own('c')}) c using (tenant_id, event_id)
           where (r.codes, r.last) is distinct from (c.last_no::bigint, c.last_no)`,
  },
  {
    id: 'I7 transfers',
    sentence: "A ticket is its buyer's, or of somebody who accepted it; each acceptance revoked one code",
    sql: `select format('ticket %s-%s is of transfer %s', k.transaction_id, k.item_no, k.transfer_id) as culprit
            from tickets k left join ticket_transfers x using (tenant_id, transfer_id)
           where ${own('k')} and k.transfer_id is not null
             and (x.accepted_at is null or (x.transaction_id, x.item_no) <> (k.transaction_id, k.item_no))
          union all
          select format('ticket %s-%s: %s accepted, %s codes revoked', transaction_id, item_no, coalesce(x.count, 0),
                        coalesce(r.count, 0))
            from (select x.tenant_id, x.transaction_id, x.item_no, count(*)
                    from ticket_transfers x where ${own('x')} and x.accepted_at is not null group by 1, 2, 3) x
            full join (select r.tenant_id, r.transaction_id, r.item_no, count(*)
                         from revoked_codes r where ${own('r')} and r.reason = 'transferred' group by 1, 2, 3) r
              using (tenant_id, transaction_id, item_no)
           where x.count is distinct from r.count`,
  },
  {
    id: 'I8 steps',
    sentence:
      'Every step ends within 25 hours, and a sale is completed, or was undone, exactly when all of its steps have ended',
    sql: `select format('sale %s is %s with %s steps pending since %s', t.transaction_id, t.status,
                        count(*) filter (where s.state = 'pending'), t.created_at) as culprit
            from (${paid}) t left join (select s.* from steps s where ${own('s')}) s using (tenant_id, transaction_id)
           group by t.tenant_id, t.transaction_id, t.status, t.created_at
          having (t.status <> 'processing') <> (count(*) filter (where s.state = 'pending') = 0)
              or count(s.name) = 0
              or (count(*) filter (where s.state = 'pending') > 0 and t.created_at < now() - interval '25 hours')`,
  },
  ...messageInvariants,
  {
    id: 'I9 expiry',
    sentence: 'No hold is still live a minute after its expiry while others are being placed',
    // Against the newest hold and not the clock: nobody sweeps a database whose server is not running.
    sql: `select format('hold %s of seller %s expired at %s', h.hold_id, h.tenant_id, h.expires_at) as culprit
            from holds h where ${own('h')} and h.state = 'live'
             and h.expires_at < (select max(created_at) from holds) - interval '1 minute'`,
  },
  {
    id: 'I9 holds',
    sentence: 'Every sale names the hold that was confirmed for it, and the other way round',
    sql: `select format('sale %s of hold %s, hold %s', transaction_id, t.hold_id, h.hold_id) as culprit
            from (select t.* from transactions t where ${own('t')}) t
            full join (${confirmedHolds}) h using (tenant_id, transaction_id)
           where (t.hold_id, t.event_id) is distinct from (h.hold_id, h.event_id)`,
  },
  {
    id: 'I9 places',
    sentence: 'What a sale sold are exactly the places that its hold held',
    sql: `select format('sale %s, zone %s, seat %s: %s sold of %s held', transaction_id, zone_no, seat_no,
                        coalesce(i.places, 0), coalesce(h.places, 0)) as culprit
            from (select i.tenant_id, i.transaction_id, i.zone_no, coalesce(i.seat_no, 0) as seat_no, count(*) as places
                    from transaction_items i where ${own('i')} group by 1, 2, 3, 4) i
            full join (select h.tenant_id, h.transaction_id, l.zone_no, l.seat_no, sum(l.quantity) as places
                         from (${confirmedHolds}) h
                        cross join unnest(h.line_zone, h.line_seat, h.line_quantity) l (zone_no, seat_no, quantity)
                        group by 1, 2, 3, 4) h using (tenant_id, transaction_id, zone_no, seat_no)
           where i.places is distinct from h.places`,
  },
  {
    id: 'I10 payments',
    sentence: 'What was captured for a paid sale is its total; for any other nothing was',
    sql: `select format('sale %s: %s captured of %s', transaction_id, coalesce(p.captured, 0), t.total) as culprit
            from (${paid}) t
            full join (select p.tenant_id, p.transaction_id, p.currency, sum(p.amount) as captured
                         from payments p where ${own('p')} and p.state = 'captured' group by 1, 2, 3) p
              using (tenant_id, transaction_id)
           where (p.captured, p.currency) is distinct from (t.total::numeric, t.currency)`,
  },
  ...refundInvariants,
  {
    id: 'I10 tenders',
    sentence:
      'The payments of an order are its total; a sale has all of their money, an order that ended none, a refunded one gave all back',
    sql: `select format('order %s, %s: payments of %s for %s', i.transaction_id, i.state, sum(t.amount), i.amount) as culprit
            from payment_intents i left join tenders t using (tenant_id, transaction_id)
           where ${own('i')}
           group by i.tenant_id, i.transaction_id
          having sum(t.amount) is distinct from i.amount::numeric
              or bool_or(t.refunded > t.captured)
              or (i.state in ('paid', 'settled') and bool_or(t.captured <> t.paid_amount))
              or (i.state = 'ended' and sum(t.captured) > 0)
              or (i.state = 'refunded' and sum(t.captured) <> sum(t.refunded))`,
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
                                    and t.captured > t.refunded))`,
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
  {
    id: 'I11 keys',
    sentence:
      'Every sale has exactly one idempotency key, and one more when its money came later; every key is of a sale, an order or an exchange',
    sql: `select format('sale %s: %s keys', transaction_id, count(k.key_digest)) as culprit
            from (select t.tenant_id, t.transaction_id, true as sold from transactions t where ${own('t')}) t
            full join (select i.tenant_id, i.transaction_id, true as ordered from payment_intents i where ${own('i')}) i
              using (tenant_id, transaction_id)
            full join (select x.tenant_id, x.exchange_id as transaction_id, true as exchanged from exchanges x
                        where ${own('x')} and x.state = 'failed') x using (tenant_id, transaction_id)
            full join (select k.* from idempotency_keys k where ${own('k')}) k using (tenant_id, transaction_id)
           group by tenant_id, transaction_id, sold, ordered, exchanged
          having (sold is null and ordered is null and exchanged is null)
              or (sold and count(k.key_digest) <> case when ordered then 2 else 1 end)
              or (sold is null and count(k.key_digest) not in (1, 2))`,
  },
  ...tillInvariants,
  {
    id: 'I13 statistics',
    sentence: 'Statistics equal the same sums computed afresh from the sales that are counted',
    sql: `select format('zone %s-%s-z%s, stage "%s", %s, %s: %s tickets for %s, %s returned for %s; found %s for %s, %s for %s',
                        tenant_id, event_id, zone_no, price_stage, channel, quarter, z.tickets_sold, z.total,
                        z.tickets_returned, z.total_returned, i.tickets_sold, i.total, i.tickets_returned, i.total_returned)
                   as culprit
            from (select z.* from sales_statistics z where ${own('z')}) z
            full join (
              select i.tenant_id, i.event_id, i.zone_no, '' as price_stage, 'web' as channel, t.quarter,
                     count(*) as tickets_sold, sum(i.net) as net, sum(i.discounts) as discounts, sum(i.fees) as fees,
                     sum(i.taxes) as taxes, sum(i.total) as total,
                     count(*) filter (where i.state = 'returned') as tickets_returned,
                     coalesce(sum(i.taxes) filter (where i.state = 'returned'), 0) as taxes_returned,
                     coalesce(sum(i.total - case when r.fees_returned is false then i.fees else 0 end)
                                filter (where i.state = 'returned'), 0) as total_returned
                from (${countedSales}) t join transaction_items i using (tenant_id, transaction_id)
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
  ...fiscalInvariants,
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
    id: 'I15 sales',
    sentence:
      'The sale of every step, payment and message is there, at the same seller, or the order that is to be one',
    sql: (['steps', 'payments', 'messages', 'tenders', 'provider_events'] as const)
      .map(
        (table) => `
          select format('${table} of sale %s', r.transaction_id) as culprit
            from ${table} r
            left join transactions t using (tenant_id, transaction_id)
            left join payment_intents i using (tenant_id, transaction_id)
           where ${own('r')} and t.event_id is null and i.event_id is null`,
      )
      .join(' union all '),
  },
  {
    id: 'I16 uses',
    sentence:
      'What is counted of price stages, vouchers and customers is what live and confirmed holds take, within its limit',
    sql: `select format('counter %s of seller %s: %s counted, %s allowed, %s found', counter_key, tenant_id,
                        c.used, c.allowed, coalesce(h.uses, 0)) as culprit
            from (select c.* from use_counters c where ${own('c')}) c
            full join (select h.tenant_id, u.counter_key, sum(u.uses) as uses
                         from holds h cross join unnest(h.use_keys, h.use_counts) u (counter_key, uses)
                        where ${own('h')} and h.state in ('live', 'confirmed') group by 1, 2) h
                   using (tenant_id, counter_key)
           where coalesce(c.used, 0) <> coalesce(h.uses, 0) or c.used > c.allowed`,
  },
  {
    id: 'I19 owners',
    sentence: 'Who has an owner keeps one who is active',
    sql: `select format('seller %s', s.tenant_id) as culprit
            from staff s where ${own('s')} and s.role in ('owner', 'administrator')
           group by s.tenant_id having bool_and(s.deactivated_at is not null)`,
  },
];
