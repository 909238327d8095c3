-- What was sold is undone: voided on its fiscal day, refunded in whole or by ticket, exchanged, or refunded for all sales of
-- an event (docs/decisions/0030). Lock order: statistics (shared), the sale, its tickets, its hold, seats by key, zone counters
-- by key, use counters by key, statistics by key, the event's counter of revocations, the series of credit notes last.

alter type revocation_reason add value 'returned';
-- What the places that went back for these paid of them.
alter type payment_method add value 'exchange';

-- A sale that was undone keeps the instant at which it was completed.
alter table transactions drop constraint transactions_check1;
alter table transactions add constraint transactions_completed
  check (case status when 'completed' then completed_at is not null when 'processing' then completed_at is null else true end);

alter table refunds
  -- Whether the fees went back, too.
  add column fees_returned boolean not null default true,
  add column bulk_id uuid,
  -- Of the request that made it, as in idempotency_keys; null: a job did.
  add column key_digest uuid,
  add column body_digest uuid;
create unique index refunds_by_key on refunds (tenant_id, key_digest) where key_digest is not null;
create index refunds_of_bulk on refunds (tenant_id, bulk_id) where bulk_id is not null;

-- Money on its way back: by the provider that took it, by hand as somebody at the seller says, or into the sale that the
-- places were exchanged for.
create table repayments (
  tenant_id integer not null,
  transaction_id uuid not null,
  refund_no smallint not null,
  repayment_no smallint not null,
  -- In the sale's currency.
  amount bigint not null check (amount > 0),
  -- The payment that a provider gives back, and how much of it in the currency that it was paid in.
  tender_no smallint,
  paid_amount bigint,
  paid_currency char(3),
  method payment_method,
  reference text,
  staff_id uuid,
  key_digest uuid,
  exchanged_for uuid,
  created_at timestamptz not null,
  -- Null while the provider is still to be asked; until leased_until somebody does.
  done_at timestamptz,
  leased_until timestamptz not null default '-infinity',
  last_error text,
  primary key (tenant_id, transaction_id, refund_no, repayment_no),
  foreign key (tenant_id, transaction_id, refund_no) references refunds,
  check (num_nonnulls(tender_no, method, exchanged_for) = 1),
  check (tender_no is not null or done_at is not null),
  check (num_nulls(tender_no, paid_amount, paid_currency) in (0, 3))
);
create unique index repayments_by_key on repayments (tenant_id, key_digest) where key_digest is not null;
-- Not led by the tenant: the reconciler looks for what is due at every seller at once.
create index repayments_due on repayments (leased_until) where done_at is null;

-- open: decided, its places can go back by nothing else · done: sold anew and credited · failed: nothing was sold.
create type exchange_state as enum ('open', 'done', 'failed');

create table exchanges (
  tenant_id integer not null,
  -- The id of the new sale.
  exchange_id uuid not null,
  transaction_id uuid not null,
  item_nos smallint[] not null,
  event_id integer not null,
  hold_id uuid not null,
  state exchange_state not null default 'open',
  fees_returned boolean not null,
  resold boolean not null,
  reason text not null,
  staff_id uuid,
  key_digest uuid not null,
  body_digest uuid not null,
  currency char(3) not null,
  -- What the places that go back are worth, and what the new ones cost; the buyer paid the rest by `method`.
  credit bigint not null,
  total bigint not null,
  method payment_method,
  reference text,
  refund_no smallint,
  failure text,
  leased_until timestamptz not null default '-infinity',
  created_at timestamptz not null,
  primary key (tenant_id, exchange_id),
  check ((total > credit) = (method is not null)),
  check ((state = 'done') = (refund_no is not null)),
  check ((state = 'failed') = (failure is not null))
);
create unique index exchanges_by_key on exchanges (tenant_id, key_digest);
create index exchanges_open on exchanges (tenant_id, transaction_id) where state = 'open';
create index exchanges_due on exchanges (leased_until) where state = 'open';

-- A walk over the sales of an event that refunds each.
create table bulk_refunds (
  tenant_id integer not null,
  bulk_id uuid not null,
  event_id integer not null,
  kind refund_kind not null,
  fees_returned boolean not null,
  resold boolean not null,
  reason text not null,
  note text,
  staff_id uuid,
  created_at timestamptz not null,
  -- Sales with places that were to go back when it began.
  sales_found integer not null,
  -- Those up to here were looked at.
  walked_to uuid not null default '00000000-0000-0000-0000-000000000000',
  leased_until timestamptz not null default '-infinity',
  ended_at timestamptz,
  primary key (tenant_id, bulk_id),
  foreign key (tenant_id, event_id) references events
);
create unique index one_open_bulk_refund on bulk_refunds (tenant_id, event_id) where ended_at is null;
create index bulk_refunds_due on bulk_refunds (leased_until) where ended_at is null;

-- Sales that a walk could not refund, and why; it is resumed for them.
create table bulk_refund_failures (
  tenant_id integer not null,
  bulk_id uuid not null,
  transaction_id uuid not null,
  code text not null,
  detail text not null,
  failed_at timestamptz not null,
  primary key (tenant_id, bulk_id, transaction_id),
  foreign key (tenant_id, bulk_id) references bulk_refunds
);

-- Which states a sale may go to from which; src/orders/sale-status.ts has the same table.
create function sale_may_become(p_from transaction_status, p_to transaction_status) returns boolean
language sql immutable as $$
  select case p_from::text
    when 'processing' then p_to::text in ('completed', 'cancelled', 'refunded')
    when 'completed' then p_to::text in ('cancelled', 'refunded')
    else false end
$$;

-- As it stands in 0028_statistics.sql, but for fees that were kept when places went back.
create or replace function add_statistics(p_tenant integer, p_transactions uuid[]) returns void language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
begin
  insert into sales_statistics as s
         (tenant_id, event_id, zone_no, price_stage, channel, quarter, tickets_sold, net, discounts, fees, taxes, total,
          updated_at, tickets_returned, taxes_returned, total_returned)
  select p_tenant, t.event_id, i.zone_no, '', 'web', t.quarter, count(*), sum(i.net), sum(i.discounts), sum(i.fees),
         sum(i.taxes), sum(i.total), clock_timestamp(), count(*) filter (where i.state = 'returned'),
         coalesce(sum(i.taxes) filter (where i.state = 'returned'), 0),
         coalesce(sum(i.total - case when r.fees_returned is false then i.fees else 0 end) filter (where i.state = 'returned'), 0)
    from (select t.transaction_id, t.event_id, date_bin('15 minutes', t.created_at, 'epoch') as quarter
            from transactions t where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions)) t
    join transaction_items i on i.transaction_id = t.transaction_id
    left join (select r.transaction_id, r.fees_returned, n.item_no
                 from refunds r cross join unnest(r.item_nos) n (item_no)
                where r.tenant_id = p_tenant and r.transaction_id = any (p_transactions)) r
      on r.transaction_id = i.transaction_id and r.item_no = i.item_no
   where i.tenant_id = p_tenant and i.transaction_id = any (p_transactions)
   group by t.event_id, i.zone_no, t.quarter
   order by t.event_id, i.zone_no, t.quarter
  on conflict (tenant_id, event_id, zone_no, price_stage, channel, quarter) do update
     set tickets_sold = s.tickets_sold + excluded.tickets_sold, net = s.net + excluded.net,
         discounts = s.discounts + excluded.discounts, fees = s.fees + excluded.fees,
         taxes = s.taxes + excluded.taxes, total = s.total + excluded.total, updated_at = excluded.updated_at,
         tickets_returned = s.tickets_returned + excluded.tickets_returned,
         taxes_returned = s.taxes_returned + excluded.taxes_returned,
         total_returned = s.total_returned + excluded.total_returned;

  insert into tax_statistics as s (tenant_id, event_id, tax_rule_id, quarter, taxes)
  select p_tenant, t.event_id, u.rule_id, date_bin('15 minutes', t.created_at, 'epoch') as quarter, sum(u.amount)
    from transactions t cross join unnest(t.tax_rule_ids, t.tax_amounts) u (rule_id, amount)
   where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions)
   group by t.event_id, u.rule_id, quarter
   order by t.event_id, u.rule_id, quarter
  on conflict (tenant_id, event_id, tax_rule_id, quarter) do update set taxes = s.taxes + excluded.taxes;
end $$;

-- Puts seats and places of general zones that were sold back on sale, or takes them off the market; of what is not sold
-- again a general zone has fewer. Returns what its general zones have left.
create function free_sold_places(
  p_tenant integer, p_event integer, p_hold uuid, p_seats integer[], p_zones smallint[], p_resold boolean,
  out zones smallint[], out zones_left integer[]
) language plpgsql as $$
declare
  v_freed integer;
begin
  perform from seat_states s
    where s.tenant_id = p_tenant and s.event_id = p_event and s.seat_no = any (p_seats) order by s.seat_no for update;
  update seat_states s set state = case when p_resold then 'free' else 'blocked' end::seat_state, hold_id = null
   where s.tenant_id = p_tenant and s.event_id = p_event and s.seat_no = any (p_seats)
     and s.state = 'sold' and s.hold_id = p_hold;
  get diagnostics v_freed = row_count;
  if v_freed <> cardinality(p_seats) then
    raise exception 'only % of % seats were sold under hold %', v_freed, cardinality(p_seats), p_hold;
  end if;
  perform from zone_counters z
    where z.tenant_id = p_tenant and z.event_id = p_event and z.zone_no = any (p_zones) order by z.zone_no for update;
  with freed as (
    update zone_counters z
       set sold = z.sold - u.places, capacity = z.capacity - case when p_resold then 0 else u.places end
      from (select zone_no, count(*)::integer as places from unnest(p_zones) u (zone_no) group by 1) u
     where z.tenant_id = p_tenant and z.event_id = p_event and z.zone_no = u.zone_no
    returning z.zone_no, z.capacity, z.capacity - z.held - z.sold as places
  ), fewer as (
    update zones z set capacity = f.capacity from freed f
     where z.tenant_id = p_tenant and z.event_id = p_event and z.zone_no = f.zone_no and z.capacity <> f.capacity
  )
  select coalesce(array_agg(f.zone_no order by f.zone_no), '{}'), coalesce(array_agg(f.places order by f.zone_no), '{}')
    into zones, zones_left from freed f;
end $$;

-- Gives back what a confirmed hold took of price stages, vouchers and its customer's limit: for some of its places what is
-- counted by place, for the last of them all that is left.
create function give_back_uses(p_tenant integer, p_hold uuid, p_items smallint[], p_whole boolean) returns void
language plpgsql as $$
declare
  v_hold holds%rowtype;
  v_given integer[];
begin
  select * into strict v_hold from holds h where h.tenant_id = p_tenant and h.hold_id = p_hold for update;
  if cardinality(v_hold.use_keys) = 0 then
    return;
  end if;
  -- The places of the hold are numbered as confirm_sales numbers the items of its sale.
  with returned as (
    select p.zone_no, v_hold.terms -> 'stages' ->> (p.line_no - 1)::integer as stage
      from (select row_number() over (order by l.line_no, place) as item_no, l.zone_no, l.line_no
              from unnest(v_hold.line_zone, v_hold.line_quantity) with ordinality l (zone_no, quantity, line_no)
             cross join generate_series(1, l.quantity) place) p
     where p.item_no = any (p_items)
  )
  select array_agg(case
           when p_whole then k.uses
           when split_part(k.counter_key, ':', 1) = 'stage' then
             least(k.uses, (select count(*) from returned r where k.counter_key = 'stage:' || v_hold.event_id || ':' || r.stage))
           when split_part(k.counter_key, ':', 1) = 'customer' then least(k.uses, cardinality(p_items))
           when split_part(k.counter_key, ':', 1) = 'reserve' then
             least(k.uses, (select count(*) from returned r where r.zone_no::text = split_part(k.counter_key, ':', 3)))
           else 0 end order by k.place)
    into v_given
    from unnest(v_hold.use_keys, v_hold.use_counts) with ordinality k (counter_key, uses, place);
  perform from use_counters c where c.tenant_id = p_tenant and c.counter_key = any (v_hold.use_keys)
    order by c.counter_key for update;
  update use_counters c set used = c.used - u.uses
    from (select k.counter_key, sum(k.uses)::integer as uses from unnest(v_hold.use_keys, v_given) k (counter_key, uses) group by 1) u
   where c.tenant_id = p_tenant and c.counter_key = u.counter_key;
  update holds h
     set use_counts = (select array_agg(k.uses - k.given order by k.place)
                         from unnest(v_hold.use_counts, v_given) with ordinality k (uses, given, place))
   where h.tenant_id = p_tenant and h.hold_id = p_hold;
end $$;

-- Revokes the codes of tickets whose places went back, ends their open offers, and voids their passes.
create function revoke_returned(p_tenant integer, p_event integer, p_transaction uuid, p_items smallint[], p_now timestamptz)
returns void language plpgsql as $$
declare
  v_tickets smallint[];
  v_last integer;
begin
  select array_agg(k.item_no order by k.item_no) into v_tickets
    from tickets k where k.tenant_id = p_tenant and k.transaction_id = p_transaction and k.item_no = any (p_items);
  if v_tickets is null then
    return;
  end if;
  update ticket_transfers x set withdrawn_at = p_now
   where x.tenant_id = p_tenant and x.transaction_id = p_transaction and x.item_no = any (v_tickets)
     and x.accepted_at is null and x.withdrawn_at is null;
  insert into revocation_counters as c (tenant_id, event_id, last_no) values (p_tenant, p_event, cardinality(v_tickets))
  on conflict (tenant_id, event_id) do update set last_no = c.last_no + excluded.last_no returning c.last_no into v_last;
  insert into revoked_codes (tenant_id, event_id, revocation_no, transaction_id, item_no, generation, reason, revoked_at)
  select p_tenant, p_event, v_last - cardinality(v_tickets) + row_number() over (order by k.item_no), p_transaction, k.item_no,
         coalesce(k.generation, 1), 'returned', p_now
    from tickets k where k.tenant_id = p_tenant and k.transaction_id = p_transaction and k.item_no = any (v_tickets);
  perform update_passes(p_tenant, p_event, p_transaction, i.item_no, p_now)
     from (select u.item_no from unnest(v_tickets) u (item_no) order by 1) i;
end $$;

-- Of a sale whose places have all gone back nothing follows any more: its tickets and their messages are skipped.
create function skip_steps(p_tenant integer, p_transaction uuid) returns void language plpgsql as $$
declare
  v_names step_name[];
begin
  select array_agg(s.name) into v_names from steps s
   where s.tenant_id = p_tenant and s.transaction_id = p_transaction and s.state = 'pending' and s.name <> 'statistics';
  if v_names is null then
    return;
  end if;
  perform finish_steps(p_tenant, array_fill(p_transaction, array[cardinality(v_names)]), v_names,
                       array_fill('skipped'::step_state, array[cardinality(v_names)]),
                       array_fill('The sale was undone.'::text, array[cardinality(v_names)]), 1);
  update messages m set state = 'skipped', next_attempt_at = null
   where m.tenant_id = p_tenant and m.transaction_id = p_transaction and m.kind = 'tickets' and m.state in ('queued', 'sending');
end $$;

-- Decides that money of a sale goes back: by the provider of each payment of its that has one, as far as it goes. What
-- p_kept says stays with the sale p_exchange.
create function order_repayments(
  p_tenant integer, p_transaction uuid, p_refund smallint, p_total bigint, p_exchange uuid, p_kept bigint, p_now timestamptz
) returns void language plpgsql as $$
declare
  v_left bigint := p_total - p_kept;
  v_part bigint;
  v_no smallint := 0;
  v_tender record;
begin
  if p_kept > 0 then
    v_no := 1;
    insert into repayments (tenant_id, transaction_id, refund_no, repayment_no, amount, exchanged_for, created_at, done_at)
    values (p_tenant, p_transaction, p_refund, v_no, p_kept, p_exchange, p_now, p_now);
  end if;
  for v_tender in
    select t.tender_no, t.amount, t.paid_amount, t.paid_currency, coalesce(r.amount, 0) as gone, coalesce(r.paid_amount, 0) as gone_paid
      from tenders t
      left join (select r.tender_no, sum(r.amount)::bigint as amount, sum(r.paid_amount)::bigint as paid_amount
                   from repayments r where r.tenant_id = p_tenant and r.transaction_id = p_transaction group by 1) r
        on r.tender_no = t.tender_no
     where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.provider is not null and t.payment_id is not null
     order by t.tender_no
  loop
    v_part := least(v_left, v_tender.amount - v_tender.gone);
    continue when v_part <= 0;
    v_no := v_no + 1;
    v_left := v_left - v_part;
    insert into repayments (tenant_id, transaction_id, refund_no, repayment_no, amount, tender_no, paid_amount, paid_currency,
                            created_at)
    values (p_tenant, p_transaction, p_refund, v_no, v_part, v_tender.tender_no,
            div(v_tender.paid_amount::numeric * (v_tender.gone + v_part), v_tender.amount)::bigint - v_tender.gone_paid,
            v_tender.paid_currency, p_now);
  end loop;
  update refunds r
     set paid_back = p_kept, settled_at = case when p_kept = r.total then p_now end
   where r.tenant_id = p_tenant and r.transaction_id = p_transaction and r.refund_no = p_refund;
end $$;

-- Takes places of a sale back (all that are left when p_items is null) and decides that their money goes back. outcome:
-- returned · replayed (the key is known with this body) · key_reused · transaction_not_found · ticket_not_found ·
-- ticket_returned (a place went back before; for a void any of the sale's) · exchange_pending (a place is being exchanged) ·
-- refund_exceeds_paid. Nothing has changed unless it is 'returned'; its credit note is issued in the same transaction.
create function return_places(
  p_tenant integer, p_transaction uuid, p_kind refund_kind, p_items smallint[], p_fees boolean, p_resold boolean,
  p_reason text, p_staff uuid, p_key uuid, p_body uuid, p_bulk uuid, p_exchange uuid, p_kept bigint,
  out outcome text, out refund_no smallint, out event_id integer, out freed_seats integer[],
  out zones smallint[], out zones_left integer[], out total bigint
) language plpgsql as $$
#variable_conflict use_column
declare
  v_now timestamptz;
  v_sale transactions%rowtype;
  v_known record;
  v_places record;
  v_items smallint[];
  v_sums record;
  v_whole boolean;
  v_hold_locked uuid;
begin
  perform pg_advisory_xact_lock_shared(hashtext('statistics'), p_tenant);
  select * into v_sale from transactions t
   where t.tenant_id = p_tenant and t.transaction_id = p_transaction for no key update;
  if not found then
    outcome := 'transaction_not_found';
    return;
  end if;
  event_id := v_sale.event_id;
  -- After the lock, so that it sees what was undone while this one waited for it.
  v_now := clock_timestamp();
  if p_key is not null then
    select r.refund_no, r.body_digest = p_body as same into v_known from refunds r
     where r.tenant_id = p_tenant and r.key_digest = p_key;
    if found then
      outcome := case when v_known.same then 'replayed' else 'key_reused' end;
      refund_no := v_known.refund_no;
      return;
    end if;
  end if;
  select coalesce(array_agg(i.item_no order by i.item_no), '{}') as known,
         coalesce(array_agg(i.item_no order by i.item_no) filter (where i.state = 'live'), '{}') as live
    into v_places
    from transaction_items i where i.tenant_id = p_tenant and i.transaction_id = p_transaction;
  v_items := coalesce(p_items, v_places.live);
  v_whole := v_items @> v_places.live;
  select coalesce(sum(i.net), 0)::bigint as net, coalesce(sum(i.discounts), 0)::bigint as discounts,
         coalesce(sum(i.taxes), 0)::bigint as taxes,
         coalesce(sum(case when p_fees then i.fees else 0 end), 0)::bigint as fees,
         array_agg(i.seat_no) filter (where i.seat_no is not null) as seats,
         array_agg(i.zone_no) filter (where i.seat_no is null) as zones
    into v_sums
    from transaction_items i
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction and i.item_no = any (v_items);
  total := v_sums.net + v_sums.taxes + v_sums.fees - v_sums.discounts;
  outcome := case
    when not v_items <@ v_places.known then 'ticket_not_found'
    when not v_items <@ v_places.live or cardinality(v_items) = 0
      or (p_kind = 'void' and v_places.live <> v_places.known) then 'ticket_returned'
    when exists (select from exchanges x where x.tenant_id = p_tenant and x.transaction_id = p_transaction and x.state = 'open'
                    and x.exchange_id is distinct from p_exchange and x.item_nos && v_items) then 'exchange_pending'
    when total + (select coalesce(sum(r.total), 0) from refunds r
                   where r.tenant_id = p_tenant and r.transaction_id = p_transaction)
         > (select coalesce(sum(p.amount), 0) from payments p
             where p.tenant_id = p_tenant and p.transaction_id = p_transaction and p.state = 'captured') then 'refund_exceeds_paid'
    else 'returned' end;
  if outcome <> 'returned' then
    return;
  end if;

  if v_whole then
    perform skip_steps(p_tenant, p_transaction);
  end if;
  -- Counted first as sold, so that what goes back is always taken from what is there.
  perform count_sales(p_tenant, array[p_transaction]);
  perform from tickets k
    where k.tenant_id = p_tenant and k.transaction_id = p_transaction and k.item_no = any (v_items) order by k.item_no
      for no key update;
  select h.hold_id into v_hold_locked from holds h
   where h.tenant_id = p_tenant and h.hold_id = v_sale.hold_id for update;
  freed_seats := coalesce(v_sums.seats, '{}');
  select f.zones, f.zones_left into zones, zones_left
    from free_sold_places(p_tenant, v_sale.event_id, v_sale.hold_id, freed_seats, coalesce(v_sums.zones, '{}'), p_resold) f;
  perform give_back_uses(p_tenant, v_sale.hold_id, v_items, v_whole);

  update transaction_items i set state = 'returned'
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction and i.item_no = any (v_items) and i.state = 'live';
  update sales_statistics s
     set tickets_returned = s.tickets_returned + u.tickets, taxes_returned = s.taxes_returned + u.taxes,
         total_returned = s.total_returned + u.total, updated_at = v_now
    from (select i.zone_no, count(*) as tickets, sum(i.taxes)::bigint as taxes,
                 sum(i.total - case when p_fees then 0 else i.fees end)::bigint as total
            from transaction_items i
           where i.tenant_id = p_tenant and i.transaction_id = p_transaction and i.item_no = any (v_items)
           group by 1 order by 1) u
   where s.tenant_id = p_tenant and s.event_id = v_sale.event_id and s.zone_no = u.zone_no and s.price_stage = ''
     and s.channel = 'web' and s.quarter = date_bin('15 minutes', v_sale.created_at, 'epoch');
  perform revoke_returned(p_tenant, v_sale.event_id, p_transaction, v_items, v_now);

  select coalesce(max(r.refund_no), 0) + 1 into refund_no from refunds r
   where r.tenant_id = p_tenant and r.transaction_id = p_transaction;
  insert into refunds (tenant_id, transaction_id, refund_no, kind, created_at, currency, net, discounts, fees, taxes, total,
                       item_nos, resold, reason, staff_id, fees_returned, bulk_id, key_digest, body_digest)
  values (p_tenant, p_transaction, return_places.refund_no, p_kind, v_now, v_sale.currency, v_sums.net, v_sums.discounts,
          v_sums.fees, v_sums.taxes, return_places.total, v_items, p_resold, p_reason, p_staff, p_fees, p_bulk, p_key, p_body);
  perform order_repayments(p_tenant, p_transaction, return_places.refund_no, return_places.total, p_exchange, p_kept, v_now);
  if v_whole then
    update transactions t
       set status = case p_kind when 'void' then 'cancelled' else 'refunded' end::transaction_status
     where t.tenant_id = p_tenant and t.transaction_id = p_transaction
       and sale_may_become(t.status, case p_kind when 'void' then 'cancelled' else 'refunded' end::transaction_status);
  end if;
end $$;

-- Numbers and chains the document of a refund in the series of credit notes of the point where its sale was issued. outcome:
-- issued · fiscal_day_closed (the point's day is closed and no other open) · void_too_late (the sale stands in a day's Z).
-- The caller gives up all that it did unless it is 'issued'.
create function issue_credit_note(
  p_tenant integer, p_transaction uuid, p_refund smallint, out outcome text, out number bigint
) language plpgsql as $$
#variable_conflict use_column
declare
  v_sale record;
  v_refund refunds%rowtype;
  v_series fiscal_series%rowtype;
  v_issued timestamptz;
  v_hash bytea;
begin
  select * into strict v_refund from refunds r
   where r.tenant_id = p_tenant and r.transaction_id = p_transaction and r.refund_no = p_refund;
  select d.series_id, d.number, s.point_no into strict v_sale
    from fiscal_documents d
    join fiscal_series s on s.tenant_id = d.tenant_id and s.series_id = d.series_id
   where d.tenant_id = p_tenant and d.transaction_id = p_transaction;
  select * into strict v_series from fiscal_series s
   where s.tenant_id = p_tenant and s.series_id = 2 * v_sale.point_no and s.kind = 'credit_notes' for update;
  -- Statements of their own, after the lock under which days are opened and closed.
  outcome := case
    when exists (select from fiscal_series s
                  where s.tenant_id = p_tenant and s.point_no = v_sale.point_no and s.day_closed) then 'fiscal_day_closed'
    when v_refund.kind = 'void'
      and exists (select from fiscal_day_ranges g
                   where g.tenant_id = p_tenant and g.series_id = v_sale.series_id
                     and v_sale.number between g.first_number and g.last_number) then 'void_too_late'
    else 'issued' end;
  if outcome <> 'issued' then
    return;
  end if;
  number := v_series.next_number;
  v_issued := greatest(clock_timestamp(), v_series.last_issued_at);
  v_hash := fiscal_chain_step(null, v_series.last_hash,
    fiscal_content(v_series.series_id, issue_credit_note.number, p_transaction, v_issued, v_refund.taxes, v_refund.total,
                   v_refund.currency));
  insert into credit_notes (tenant_id, series_id, number, transaction_id, refund_no, issued_at, taxes, total, currency, hash)
  values (p_tenant, v_series.series_id, issue_credit_note.number, p_transaction, p_refund, v_issued, v_refund.taxes,
          v_refund.total, v_refund.currency, v_hash);
  update fiscal_series s set next_number = issue_credit_note.number + 1, last_issued_at = v_issued, last_hash = v_hash
   where s.tenant_id = p_tenant and s.series_id = v_series.series_id;
end $$;
