-- What a sale's tickets were sold as, and where: their kinds and price stages stand in the terms of the hold that the sale
-- confirmed, and the kind of fiscal point is that of its document's series. So the group's transaction writes nothing more for it.

-- The kinds and stages of the places of holds, numbered as their sale numbers them; no row where the prices have neither.
create function hold_terms(p_tenant integer, p_holds uuid[])
returns table (hold_id uuid, item_no smallint, ticket_kind text, price_stage text)
language sql stable as $$
  select h.hold_id, (row_number() over (partition by h.hold_id order by l.line_no, place))::smallint,
         h.terms->'kinds'->>(l.line_no::integer - 1), h.terms->'stages'->>(l.line_no::integer - 1)
    from holds h
   cross join unnest(h.line_quantity) with ordinality l (quantity, line_no)
   cross join generate_series(1, l.quantity) place
   where h.tenant_id = p_tenant and h.hold_id = any (p_holds) and h.terms is not null
$$;

-- The name that a code has in a list ('ticketKinds', 'stages') of an event's prices as they were.
create function price_name(p_tenant integer, p_event integer, p_version integer, p_list text, p_code text)
returns text language sql stable as $$
  select e->>'name'
    from price_lists p cross join jsonb_array_elements(p.list->p_list) e
   where p.tenant_id = p_tenant and p.event_id = p_event and p.pricing_version = p_version and e->>'code' = p_code
$$;

-- The channel of sales: the kind of the fiscal point that gave their numbers.
create function sale_channels(p_tenant integer, p_transactions uuid[])
returns table (transaction_id uuid, channel text)
language sql stable as $$
  select t.transaction_id, coalesce(p.kind::text, 'online')
    from transactions t
    left join fiscal_documents d on d.tenant_id = p_tenant and d.transaction_id = t.transaction_id
    left join fiscal_series f on f.tenant_id = p_tenant and f.series_id = d.series_id
    left join fiscal_points p on p.tenant_id = p_tenant and p.point_no = f.point_no
   where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions)
$$;

-- Adds sales to the statistics; the caller sees to it that each is added once. Lock order: statistics by key, then taxes by
-- key.
create or replace function add_statistics(p_tenant integer, p_transactions uuid[]) returns void language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
declare
  v_holds uuid[];
begin
  select array_agg(t.hold_id) into v_holds
    from transactions t where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions);

  insert into sales_statistics as s
         (tenant_id, event_id, zone_no, price_stage, channel, quarter, tickets_sold, net, discounts, fees, taxes, total,
          updated_at, tickets_returned, taxes_returned, total_returned)
  select p_tenant, t.event_id, i.zone_no, coalesce(h.price_stage, '') as price_stage,
         c.channel, t.quarter, count(*),
         sum(i.net), sum(i.discounts), sum(i.fees),
         sum(i.taxes), sum(i.total), clock_timestamp(), count(*) filter (where i.state = 'returned'),
         coalesce(sum(i.taxes) filter (where i.state = 'returned'), 0),
         coalesce(sum(i.total - case when r.fees_returned is false then i.fees else 0 end) filter (where i.state = 'returned'), 0)
    from (select t.transaction_id, t.event_id, t.hold_id, date_bin('15 minutes', t.created_at, 'epoch') as quarter
            from transactions t where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions)) t
    join transaction_items i on i.transaction_id = t.transaction_id
    join sale_channels(p_tenant, p_transactions) c on c.transaction_id = i.transaction_id
    left join (select r.transaction_id, r.fees_returned, n.item_no
                 from refunds r cross join unnest(r.item_nos) n (item_no)
                where r.tenant_id = p_tenant and r.transaction_id = any (p_transactions)) r
      on r.transaction_id = i.transaction_id and r.item_no = i.item_no
    left join hold_terms(p_tenant, v_holds) h on h.hold_id = t.hold_id and h.item_no = i.item_no
   where i.tenant_id = p_tenant and i.transaction_id = any (p_transactions)
   group by t.event_id, i.zone_no, h.price_stage, c.channel, t.quarter
   order by t.event_id, i.zone_no, price_stage, c.channel, t.quarter
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

-- As it stands in 0038_undoing.sql, but for the statistics that it takes from.
create or replace function return_places(
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
    from (select i.zone_no, coalesce(h.price_stage, '') as price_stage, c.channel, count(*) as tickets,
                 sum(i.taxes)::bigint as taxes, sum(i.total - case when p_fees then 0 else i.fees end)::bigint as total
            from transaction_items i
            left join hold_terms(p_tenant, array[v_sale.hold_id]) h on h.item_no = i.item_no
           cross join sale_channels(p_tenant, array[p_transaction]) c
           where i.tenant_id = p_tenant and i.transaction_id = p_transaction and i.item_no = any (v_items)
           group by 1, 2, 3 order by 1, 2) u
   where s.tenant_id = p_tenant and s.event_id = v_sale.event_id and s.zone_no = u.zone_no
     and s.price_stage = u.price_stage and s.channel = u.channel
     and s.quarter = date_bin('15 minutes', v_sale.created_at, 'epoch');
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

select rebuild_statistics(tenant_id, null, 5000) from sellers;
