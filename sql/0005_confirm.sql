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

-- What a document's hash is made over. Microseconds, since that is all a timestamptz holds.
create function fiscal_content(
  series_id smallint, number bigint, transaction_id uuid, issued_at timestamptz,
  taxes bigint, total bigint, currency text
) returns text language sql immutable parallel safe as $$
  select series_id || '|' || number || '|' || transaction_id || '|'
      || (extract(epoch from issued_at) * 1000000)::bigint || '|' || taxes || '|' || total || '|' || currency
$$;

-- Confirms a group of holds of one seller, of any of its events. outcomes[i]:
-- confirmed · replayed (the key is known with this body) · key_reused · again (an earlier order of this
-- group has the same key or hold: ask again and the answer is final) · stale (prices or taxes
-- have changed since the quote, or the buyer expects another total) · hold_not_found · hold_expired ·
-- hold_released · hold_already_confirmed · sales_closed.
create function confirm_sales(
  p_tenant integer, p_series smallint,
  p_keys uuid[], p_bodies uuid[], p_holds uuid[], p_transactions uuid[], p_expected_totals bigint[],
  p_names text[], p_emails text[], p_phones text[], p_documents text[], p_locales text[],
  p_methods text[], p_references text[],
  out outcomes text[], out transaction_ids uuid[], out numbers bigint[], out totals bigint[],
  out currencies text[], out sold_events integer[], out sold_seats integer[], out prefix text, out padding smallint
) language plpgsql as $$
declare
  v_count constant integer := cardinality(p_keys);
  v_now timestamptz;
  v_issued timestamptz;
  v_first bigint;
  v_last_hash bytea;
  v_won integer;
  v_inserted uuid[];
  v_taxes bigint[];
  v_sold integer;
  v_seats integer;
begin
  -- A statement of its own: what follows must see what was committed while this one waited.
  perform h.hold_id from holds h where h.tenant_id = p_tenant and h.hold_id = any (p_holds)
    order by h.hold_id for update;

  with locked as materialized (
    select * from holds h where h.tenant_id = p_tenant and h.hold_id = any (p_holds)
  ), known as materialized (
    select k.key_digest, k.body_digest, k.transaction_id from idempotency_keys k
     where k.tenant_id = p_tenant and k.key_digest = any (p_keys)
  ), catalog as materialized (
    select e.event_id, e.status, e.currency, e.pricing_version, s.tax_version
      from events e join sellers s on s.tenant_id = e.tenant_id
     where e.tenant_id = p_tenant and e.event_id in (select event_id from locked)
  ), asks as (
    select i as ord, p_keys[i] as key_digest, p_bodies[i] as body_digest, p_holds[i] as hold_id,
           row_number() over (partition by p_keys[i] order by i) as key_place,
           row_number() over (partition by p_holds[i] order by i) as hold_place
      from generate_series(1, v_count) i
  )
  select array_agg(case
           when k.key_digest is not null then
             case when k.body_digest = a.body_digest then 'replayed' else 'key_reused' end
           when a.key_place > 1 then 'again'
           when l.hold_id is null then 'hold_not_found'
           when l.state = 'confirmed' then 'hold_already_confirmed'
           when l.state = 'released' then 'hold_released'
           when l.state = 'expired' or l.expires_at <= clock_timestamp() then 'hold_expired'
           when a.hold_place > 1 then 'again'
           when c.status is distinct from 'published' then 'sales_closed'
           when l.pricing_version <> c.pricing_version or l.tax_version <> c.tax_version
             or l.quote_valid_until <= clock_timestamp()
             or p_expected_totals[a.ord] <> l.total then 'stale'
           else 'confirmed' end order by a.ord),
         array_agg(coalesce(k.transaction_id, p_transactions[a.ord]) order by a.ord),
         array_agg(l.taxes order by a.ord), array_agg(l.total order by a.ord),
         array_agg(c.currency::text order by a.ord)
    into outcomes, transaction_ids, v_taxes, totals, currencies
    from asks a
    left join locked l on l.hold_id = a.hold_id
    left join known k on k.key_digest = a.key_digest
    left join catalog c on c.event_id = l.event_id;

  -- A replay writes, so that it commits: a primary that has been cut off cannot confirm by reading.
  update idempotency_keys k set replays = k.replays + 1
   where k.tenant_id = p_tenant
     and k.key_digest = any (array(select p_keys[i] from generate_series(1, v_count) i
                                    where outcomes[i] = 'replayed' order by p_keys[i]));

  -- The same key with another hold may be in a group of another process: whoever comes second waits here and
  -- then asks again.
  with fresh as (
    insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id)
    select p_tenant, p_keys[i], p_bodies[i], p_transactions[i] from generate_series(1, v_count) i
     where outcomes[i] = 'confirmed' order by p_keys[i]
    on conflict do nothing
    returning key_digest
  )
  select coalesce(array_agg(key_digest), '{}') into v_inserted from fresh;
  if cardinality(v_inserted) < cardinality(array_positions(outcomes, 'confirmed')) then
    outcomes := array(select case when outcomes[i] = 'confirmed' and not p_keys[i] = any (v_inserted)
                                  then 'again' else outcomes[i] end
                        from generate_series(1, v_count) i order by i);
  end if;
  v_won := cardinality(v_inserted);
  v_now := clock_timestamp();

  update holds h set state = 'confirmed', transaction_id = w.transaction_id
    from (select p_holds[i] as hold_id, p_transactions[i] as transaction_id
            from generate_series(1, v_count) i where outcomes[i] = 'confirmed') w
   where h.tenant_id = p_tenant and h.hold_id = any (p_holds) and h.hold_id = w.hold_id;

  with won as materialized (
    select p_holds[i] as hold_id from generate_series(1, v_count) i where outcomes[i] = 'confirmed'
  ), places as materialized (
    select h.hold_id, h.event_id, s.seat_no
      from holds h cross join unnest(h.line_seat) s (seat_no)
     where h.tenant_id = p_tenant and h.hold_id in (select hold_id from won) and s.seat_no > 0
     order by h.event_id, s.seat_no
  ), changed as (
    update seat_states s set state = 'sold' from places p
     where s.tenant_id = p_tenant and s.event_id = p.event_id and s.seat_no = p.seat_no
       and s.hold_id = p.hold_id and s.state = 'held'
    returning s.event_id, s.seat_no
  )
  select coalesce(array_agg(event_id), '{}'), coalesce(array_agg(seat_no), '{}'), (select count(*) from places)
    into sold_events, sold_seats, v_seats from changed;
  if v_seats <> cardinality(sold_seats) then
    raise exception 'a live hold has lost % of its % seats', v_seats - cardinality(sold_seats), v_seats;
  end if;

  with sums as (
    select h.event_id, l.zone_no, sum(l.quantity)::integer as quantity
      from holds h cross join unnest(h.line_zone, h.line_seat, h.line_quantity) l (zone_no, seat_no, quantity)
     where h.tenant_id = p_tenant and l.seat_no = 0
       and h.hold_id in (select p_holds[i] from generate_series(1, v_count) i where outcomes[i] = 'confirmed')
     group by 1, 2 order by 1, 2
  )
  update zone_counters z set held = z.held - u.quantity, sold = z.sold + u.quantity from sums u
   where z.tenant_id = p_tenant and z.event_id = u.event_id and z.zone_no = u.zone_no;

  insert into transactions (tenant_id, transaction_id, event_id, hold_id, status, progress_events, created_at, currency,
                            net, discounts, fees, taxes, total, tax_rule_ids, tax_amounts, locale,
                            customer_name, customer_email, customer_phone, customer_document)
  select p_tenant, w.transaction_id, h.event_id, h.hold_id, 'processing', 1, v_now, w.currency,
         h.net, h.discounts, h.fees, h.taxes, h.total, h.tax_rule_ids, h.tax_amounts, w.locale::locale,
         w.name, w.email, w.phone, w.document
    from unnest(outcomes, p_holds, p_transactions, currencies, p_names, p_emails, p_phones, p_documents, p_locales)
           w (outcome, hold_id, transaction_id, currency, name, email, phone, document, locale)
    join holds h on h.tenant_id = p_tenant and h.hold_id = w.hold_id
   where w.outcome = 'confirmed';

  -- A line's amounts are shared out over its places so that they add up to the line exactly.
  insert into transaction_items (tenant_id, transaction_id, item_no, event_id, zone_no, seat_no,
                                 net, discounts, fees, taxes, total)
  select p_tenant, transaction_id, row_number() over (partition by transaction_id order by line_no, place),
         event_id, zone_no, nullif(seat_no, 0), net, discounts, fees, taxes, net + taxes + fees - discounts
    from (
      select h.transaction_id, h.event_id, l.line_no, l.zone_no, l.seat_no, place,
             l.net * place / l.quantity - l.net * (place - 1) / l.quantity as net,
             l.discounts * place / l.quantity - l.discounts * (place - 1) / l.quantity as discounts,
             l.fees * place / l.quantity - l.fees * (place - 1) / l.quantity as fees,
             l.taxes * place / l.quantity - l.taxes * (place - 1) / l.quantity as taxes
        from holds h
       cross join unnest(h.line_zone, h.line_seat, h.line_quantity, h.line_net, h.line_discounts, h.line_fees,
                         h.line_taxes) with ordinality
               l (zone_no, seat_no, quantity, net, discounts, fees, taxes, line_no)
       cross join generate_series(1, l.quantity) place
       where h.tenant_id = p_tenant
         and h.hold_id in (select p_holds[i] from generate_series(1, v_count) i where outcomes[i] = 'confirmed')
    ) places;

  insert into payments (tenant_id, transaction_id, payment_no, method, state, amount, currency, reference, created_at)
  select p_tenant, w.transaction_id, 1, w.method::payment_method, 'captured', w.total, w.currency, w.reference, v_now
    from unnest(outcomes, p_transactions, p_methods, totals, currencies, p_references)
           w (outcome, transaction_id, method, total, currency, reference)
   where w.outcome = 'confirmed';

  insert into steps (tenant_id, transaction_id, name, updated_at)
  select p_tenant, w.transaction_id, n.name, v_now
    from unnest(outcomes, p_transactions, p_emails, p_phones) w (outcome, transaction_id, email, phone)
   cross join unnest(enum_range(null::step_name)) n (name)
   where w.outcome = 'confirmed'
     and case n.name when 'email' then w.email is not null when 'sms' then w.phone is not null
                     when 'whatsapp' then false else true end;

  -- The series row comes last, so that other groups of the seller wait for as little as can be.
  select s.next_number, s.last_hash, s.prefix, s.padding, greatest(clock_timestamp(), s.last_issued_at)
    into strict v_first, v_last_hash, confirm_sales.prefix, confirm_sales.padding, v_issued
    from fiscal_series s where s.tenant_id = p_tenant and s.series_id = p_series for update;

  with won as (
    select i as ord, v_first - 1 + row_number() over (order by i) as number
      from generate_series(1, v_count) i where outcomes[i] = 'confirmed'
  ), documents as (
    insert into fiscal_documents (tenant_id, series_id, number, transaction_id, issued_at, taxes, total, currency, hash)
    select p_tenant, p_series, w.number, p_transactions[w.ord], v_issued, v_taxes[w.ord], totals[w.ord],
           currencies[w.ord],
           fiscal_chain(v_last_hash, fiscal_content(p_series, w.number, p_transactions[w.ord], v_issued,
                                                    v_taxes[w.ord], totals[w.ord], currencies[w.ord]))
             over (order by w.number)
      from won w
    returning number, hash
  )
  update fiscal_series s
     set next_number = v_first + v_won, last_issued_at = v_issued,
         last_hash = (select hash from documents order by number desc limit 1)
   where s.tenant_id = p_tenant and s.series_id = p_series and v_won > 0;

  select array_agg(d.number order by i), array_agg(coalesce(d.total, totals[i]) order by i),
         array_agg(coalesce(d.currency::text, currencies[i]) order by i)
    into numbers, totals, currencies
    from generate_series(1, v_count) i
    left join (select * from fiscal_documents f
                where f.tenant_id = p_tenant and f.transaction_id = any (transaction_ids)) d
      on d.transaction_id = transaction_ids[i] and outcomes[i] in ('confirmed', 'replayed');
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
