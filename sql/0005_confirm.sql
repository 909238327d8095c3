-- Confirming sales in groups: THE HOT PATH. One call is one transaction and one round trip, and the
-- statements inside are the same few whatever the number of orders and places (a test counts them).

-- The hash that chains a fiscal document to the one before it.
create function fiscal_chain_step(state bytea, previous bytea, content text) returns bytea
language plpgsql immutable parallel safe as $$
begin
  return sha256(coalesce(state, previous) || convert_to(content, 'UTF8'));
end $$;

-- As a window aggregate over documents in the order of their numbers, this is each document's hash.
create aggregate fiscal_chain(previous bytea, content text) (sfunc = fiscal_chain_step, stype = bytea);

-- What a document's hash is made over. Microseconds, since that is all a timestamptz holds. Stable, as
-- what it calls: then PostgreSQL puts it into the statement instead of running one for each document.
create function fiscal_content(
  series_id smallint, number bigint, transaction_id uuid, issued_at timestamptz,
  taxes bigint, total bigint, currency text
) returns text language sql stable parallel safe as $$
  select series_id || '|' || number || '|' || transaction_id || '|'
      || (extract(epoch from issued_at) * 1000000)::bigint || '|' || taxes || '|' || total || '|' || currency
$$;

-- Confirms a group of holds of one event. outcomes[i]:
-- confirmed · replayed (the key is known with this body) · key_reused · again (an earlier order of this
-- group has the same key or hold: ask again and the answer is final) · stale (prices or taxes
-- have changed since the quote, or the buyer expects another total) · hold_not_found · hold_expired ·
-- hold_released · hold_already_confirmed · sales_closed.
--
-- Tables are only ever reached by the keys in an array, and arrays meet by hashing, whatever the statistics
-- say: with joins to the tables, a plan that was cached while they were small took 124 ms for a group of 64 once
-- a seller had a few thousand holds, and 5 s after half a million; this takes the same few at any size.
create function confirm_sales(
  p_tenant integer, p_event integer, p_series smallint,
  p_keys uuid[], p_bodies uuid[], p_holds uuid[], p_transactions uuid[], p_expected_totals bigint[],
  p_names text[], p_emails text[], p_phones text[], p_documents text[], p_locales text[],
  p_methods text[], p_references text[],
  out outcomes text[], out transaction_ids uuid[], out numbers bigint[], out totals bigint[],
  out currency text, out sold_seats integer[], out prefix text, out padding smallint
) language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
declare
  v_count constant integer := cardinality(p_keys);
  v_now timestamptz;
  v_published boolean;
  v_pricing_version integer;
  v_tax_version integer;
  -- The holds and keys that the group names, in columns.
  h_ids uuid[]; h_states hold_state[]; h_expiries timestamptz[]; h_valid_until timestamptz[];
  h_pricing_versions integer[]; h_tax_versions integer[]; h_taxes bigint[]; h_totals bigint[];
  k_digests uuid[]; k_bodies uuid[]; k_transactions uuid[];
  v_fresh uuid[];
  v_taxes bigint[];
  -- The orders that make a sale, by their place in the group, their holds and their seats.
  v_won integer[];
  v_won_holds uuid[];
  v_seats integer[];
  v_seat_holds uuid[];
  v_first bigint;
  v_last_hash bytea;
  v_issued timestamptz;
begin
  select array_agg(h.hold_id), array_agg(h.state), array_agg(h.expires_at), array_agg(h.quote_valid_until),
         array_agg(h.pricing_version), array_agg(h.tax_version), array_agg(h.taxes), array_agg(h.total)
    into h_ids, h_states, h_expiries, h_valid_until, h_pricing_versions, h_tax_versions, h_taxes, h_totals
    from (select * from holds
           where tenant_id = p_tenant and hold_id = any (p_holds) and event_id = p_event
           order by hold_id for update) h;

  -- After the locks, so that it sees the keys of a group that this one has waited for.
  select array_agg(k.key_digest), array_agg(k.body_digest), array_agg(k.transaction_id)
    into k_digests, k_bodies, k_transactions
    from idempotency_keys k where k.tenant_id = p_tenant and k.key_digest = any (p_keys);
  select e.status = 'published', e.pricing_version, e.currency into v_published, v_pricing_version, confirm_sales.currency
    from events e where e.tenant_id = p_tenant and e.event_id = p_event;
  select s.tax_version into v_tax_version from sellers s where s.tenant_id = p_tenant;

  v_now := clock_timestamp();
  select array_agg(case
           when k.digest is not null then case when k.body = p_bodies[a.ord] then 'replayed' else 'key_reused' end
           when a.key_place > 1 then 'again'
           when h.id is null then 'hold_not_found'
           when h.state = 'confirmed' then 'hold_already_confirmed'
           when h.state = 'released' then 'hold_released'
           when h.state = 'expired' or h.expires_at <= v_now then 'hold_expired'
           when a.hold_place > 1 then 'again'
           when v_published is not true then 'sales_closed'
           when h.pricing_version <> v_pricing_version or h.tax_version <> v_tax_version
             or h.valid_until <= v_now or p_expected_totals[a.ord] <> h.total then 'stale'
           else 'confirmed' end order by a.ord),
         array_agg(coalesce(k.transaction_id, p_transactions[a.ord]) order by a.ord),
         array_agg(coalesce(h.taxes, 0) order by a.ord), array_agg(coalesce(h.total, 0) order by a.ord)
    into outcomes, transaction_ids, v_taxes, totals
    from (select i as ord, row_number() over (partition by p_keys[i] order by i) as key_place,
                 row_number() over (partition by p_holds[i] order by i) as hold_place
            from generate_series(1, v_count) i) a
    left join unnest(h_ids, h_states, h_expiries, h_valid_until, h_pricing_versions, h_tax_versions, h_taxes, h_totals)
           h (id, state, expires_at, valid_until, pricing_version, tax_version, taxes, total) on h.id = p_holds[a.ord]
    left join unnest(k_digests, k_bodies, k_transactions)
           k (digest, body, transaction_id) on k.digest = p_keys[a.ord];

  -- A replay writes, so that it commits: a primary that has been cut off cannot confirm by reading.
  update idempotency_keys k set replays = k.replays + 1
   where k.tenant_id = p_tenant
     and k.key_digest = any (array(select p_keys[i] from unnest(array_positions(outcomes, 'replayed')) i));

  -- The same key with another hold may be in a group of another process: whoever comes second waits here and
  -- then asks again.
  v_won := array_positions(outcomes, 'confirmed');
  with fresh as (
    insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id)
    select p_tenant, p_keys[i], p_bodies[i], p_transactions[i] from unnest(v_won) i order by p_keys[i]
    on conflict do nothing
    returning key_digest
  )
  select coalesce(array_agg(key_digest), '{}') into v_fresh from fresh;
  if cardinality(v_fresh) < cardinality(v_won) then
    outcomes := array(select case when i = any (v_won) and not p_keys[i] = any (v_fresh) then 'again' else outcomes[i] end
                        from generate_series(1, v_count) i order by i);
    v_won := array_positions(outcomes, 'confirmed');
  end if;
  v_won_holds := array(select p_holds[i] from unnest(v_won) i);

  update holds h set state = 'confirmed', transaction_id = p_transactions[w.ord]
    from unnest(v_won) w (ord)
   where h.tenant_id = p_tenant and h.hold_id = any (v_won_holds) and h.hold_id = p_holds[w.ord];

  -- Nobody else changes the seats of a live hold, so these locks never wait.
  select coalesce(array_agg(l.seat_no), '{}'), coalesce(array_agg(h.hold_id), '{}') into v_seats, v_seat_holds
    from holds h cross join unnest(h.line_seat) l (seat_no)
   where h.tenant_id = p_tenant and h.hold_id = any (v_won_holds) and l.seat_no > 0;
  with changed as (
    update seat_states s set state = 'sold' from unnest(v_seats, v_seat_holds) w (seat_no, hold_id)
     where s.tenant_id = p_tenant and s.event_id = p_event and s.seat_no = any (v_seats)
       and s.seat_no = w.seat_no and s.hold_id = w.hold_id and s.state = 'held'
    returning s.seat_no
  )
  select coalesce(array_agg(seat_no), '{}') into sold_seats from changed;
  if cardinality(sold_seats) <> cardinality(v_seats) then
    raise exception 'live holds have lost % of their % seats',
      cardinality(v_seats) - cardinality(sold_seats), cardinality(v_seats);
  end if;

  update zone_counters z set held = z.held - u.quantity, sold = z.sold + u.quantity
    from (select l.zone_no, sum(l.quantity)::integer as quantity
            from holds h cross join unnest(h.line_zone, h.line_seat, h.line_quantity) l (zone_no, seat_no, quantity)
           where h.tenant_id = p_tenant and h.hold_id = any (v_won_holds) and l.seat_no = 0
           group by 1 order by 1) u
   where z.tenant_id = p_tenant and z.event_id = p_event and z.zone_no = u.zone_no;

  insert into transactions (tenant_id, transaction_id, event_id, hold_id, status, progress_events, created_at, currency,
                            net, discounts, fees, taxes, total, tax_rule_ids, tax_amounts, locale,
                            customer_name, customer_email, customer_phone, customer_document)
  select p_tenant, w.transaction_id, p_event, h.hold_id, 'processing', 1, v_now, confirm_sales.currency,
         h.net, h.discounts, h.fees, h.taxes, h.total, h.tax_rule_ids, h.tax_amounts, w.locale::locale,
         w.name, w.email, w.phone, w.document
    from unnest(outcomes, p_holds, p_transactions, p_names, p_emails, p_phones, p_documents, p_locales)
           w (outcome, hold_id, transaction_id, name, email, phone, document, locale)
    join holds h on h.hold_id = w.hold_id
   where h.tenant_id = p_tenant and h.hold_id = any (v_won_holds) and w.outcome = 'confirmed';

  -- A line's amounts are shared out over its places so that they add up to the line exactly.
  insert into transaction_items (tenant_id, transaction_id, item_no, event_id, zone_no, seat_no,
                                 net, discounts, fees, taxes, total)
  select p_tenant, transaction_id, row_number() over (partition by transaction_id order by line_no, place),
         p_event, zone_no, nullif(seat_no, 0), net, discounts, fees, taxes, net + taxes + fees - discounts
    from (
      select h.transaction_id, l.line_no, l.zone_no, l.seat_no, place,
             l.net * place / l.quantity - l.net * (place - 1) / l.quantity as net,
             l.discounts * place / l.quantity - l.discounts * (place - 1) / l.quantity as discounts,
             l.fees * place / l.quantity - l.fees * (place - 1) / l.quantity as fees,
             l.taxes * place / l.quantity - l.taxes * (place - 1) / l.quantity as taxes
        from holds h
       cross join unnest(h.line_zone, h.line_seat, h.line_quantity, h.line_net, h.line_discounts, h.line_fees,
                         h.line_taxes) with ordinality
               l (zone_no, seat_no, quantity, net, discounts, fees, taxes, line_no)
       cross join generate_series(1, l.quantity) place
       where h.tenant_id = p_tenant and h.hold_id = any (v_won_holds)
    ) places;

  insert into payments (tenant_id, transaction_id, payment_no, method, state, amount, currency, reference, created_at)
  select p_tenant, w.transaction_id, 1, w.method::payment_method, 'captured', w.total, confirm_sales.currency,
         w.reference, v_now
    from unnest(outcomes, p_transactions, p_methods, totals, p_references)
           w (outcome, transaction_id, method, total, reference)
   where w.outcome = 'confirmed';

  insert into steps (tenant_id, transaction_id, name, updated_at)
  select p_tenant, w.transaction_id, n.name, v_now
    from unnest(outcomes, p_transactions, p_emails, p_phones) w (outcome, transaction_id, email, phone)
   cross join unnest(array['tickets', 'statistics', 'email', 'sms']::step_name[]) n (name)
   where w.outcome = 'confirmed'
     and case n.name when 'email' then w.email is not null when 'sms' then w.phone is not null else true end;

  -- The series row comes last, so that other groups of the seller wait for as little as can be.
  select s.next_number, s.last_hash, s.prefix, s.padding, greatest(clock_timestamp(), s.last_issued_at)
    into strict v_first, v_last_hash, confirm_sales.prefix, confirm_sales.padding, v_issued
    from fiscal_series s where s.tenant_id = p_tenant and s.series_id = p_series for update;

  with documents as (
    insert into fiscal_documents (tenant_id, series_id, number, transaction_id, issued_at, taxes, total, currency, hash)
    select p_tenant, p_series, w.number, w.transaction_id, v_issued, w.taxes, w.total, confirm_sales.currency,
           fiscal_chain(v_last_hash, fiscal_content(p_series, w.number, w.transaction_id, v_issued, w.taxes, w.total,
                                                    confirm_sales.currency)) over (order by w.number)
      from (select v_first - 1 + place as number, p_transactions[ord] as transaction_id, v_taxes[ord] as taxes,
                   totals[ord] as total
              from unnest(v_won) with ordinality w (ord, place)) w
    returning number, hash
  )
  update fiscal_series s
     set next_number = v_first + cardinality(v_won), last_issued_at = v_issued,
         last_hash = (select hash from documents order by number desc limit 1)
   where s.tenant_id = p_tenant and s.series_id = p_series and cardinality(v_won) > 0;

  select array_agg(d.number order by a.ord), array_agg(d.total order by a.ord) into numbers, totals
    from generate_series(1, v_count) a (ord)
    left join (select f.transaction_id, f.number, f.total from fiscal_documents f
                where f.tenant_id = p_tenant and f.transaction_id = any (transaction_ids)) d
      on d.transaction_id = transaction_ids[a.ord];
end $$;

-- Gives a live hold a new quote after prices or taxes have changed; true when it did.
create function requote_hold(
  p_tenant integer, p_hold uuid, p_pricing_version integer, p_tax_version integer, p_valid_until timestamptz,
  p_net bigint, p_discounts bigint, p_fees bigint, p_taxes bigint, p_total bigint,
  p_line_unit_price bigint[], p_line_net bigint[], p_line_discounts bigint[], p_line_fees bigint[],
  p_line_taxes bigint[], p_tax_rule_ids integer[], p_tax_amounts bigint[]
) returns boolean language sql as $$
  update holds set pricing_version = p_pricing_version, tax_version = p_tax_version, quote_valid_until = p_valid_until,
         net = p_net, discounts = p_discounts, fees = p_fees, taxes = p_taxes, total = p_total,
         line_unit_price = p_line_unit_price, line_net = p_line_net, line_discounts = p_line_discounts,
         line_fees = p_line_fees, line_taxes = p_line_taxes,
         tax_rule_ids = p_tax_rule_ids, tax_amounts = p_tax_amounts
   where tenant_id = p_tenant and hold_id = p_hold and state = 'live'
  returning true
$$;
