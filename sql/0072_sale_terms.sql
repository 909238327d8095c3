-- What a sale is found by: terms of what its buyer can quote, one row each, written when the sale is counted and not by the
-- group that makes it. Ranges over the key are all that a search reads, so it needs no index on the hot tables, and a list by
-- event is a range, too.

create type sale_term_kind as enum ('event', 'name', 'email', 'phone', 'document', 'reference');

create table sale_terms (
  tenant_id integer not null,
  kind sale_term_kind not null,
  -- Compared byte by byte, so that a beginning of a term is a range of keys.
  term text collate "C" not null,
  transaction_id uuid not null,
  primary key (tenant_id, kind, term, transaction_id)
);

-- A text as it is compared: without case and without accents.
create function plain_text(p_text text) returns text language sql immutable parallel safe as $$
  select lower(regexp_replace(normalize(p_text, NFKD), '[\u0300-\u036f]', '', 'g'))
$$;

-- The letters and digits of a text alone: 'V-12.345.678' is 'v12345678'.
create function plain_code(p_text text) returns text language sql immutable parallel safe as $$
  select regexp_replace(plain_text(p_text), '[^[:alnum:]]', '', 'g')
$$;

-- The terms of one sale. Of a name each rest that begins with a word, so that words of it are found in their order; numbers
-- that people quote by their last digits stand backwards.
create function sale_terms_of(p_name text, p_email text, p_phone text, p_document text, p_references text[])
returns table (kind sale_term_kind, term text) language sql immutable as $$
  select distinct x.kind, left(x.term, 120) from (
    select 'name'::sale_term_kind as kind, array_to_string(w.words[i:], ' ') as term
      from (select regexp_split_to_array(trim(plain_text(p_name)), '[\s,.]+') as words) w
     cross join generate_series(1, least(cardinality(w.words), 6)) i
    union all select 'email', plain_text(p_email)
    union all select 'phone', reverse(regexp_replace(p_phone, '[^0-9]', '', 'g'))
    union all select 'document', plain_code(p_document)
    union all select 'document', regexp_replace(p_document, '[^0-9]', '', 'g')
    union all select 'reference', reverse(plain_code(r)) from unnest(p_references) r) x
   where x.term <> ''
$$;

-- Adds the terms of sales; again is the same.
create function add_sale_terms(p_tenant integer, p_transactions uuid[]) returns void language sql as $$
  insert into sale_terms (tenant_id, kind, term, transaction_id)
  select p_tenant, x.kind, x.term, t.transaction_id
    from transactions t
   cross join lateral (
     select 'event'::sale_term_kind as kind, t.event_id::text as term
      union all
     select o.kind, o.term
       from sale_terms_of(t.customer_name, t.customer_email, t.customer_phone, t.customer_document,
              array(select p.reference from payments p
                     where p.tenant_id = p_tenant and p.transaction_id = t.transaction_id and p.reference is not null
                    union
                    select unnest(array[n.reference, n.payment_id]) from tenders n
                     where n.tenant_id = p_tenant and n.transaction_id = t.transaction_id)) o) x
   where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions)
   order by x.kind, x.term, t.transaction_id
  on conflict do nothing
$$;

-- As it stands in 0028_statistics.sql, and with what the sales are found by.
create or replace function count_sales(p_tenant integer, p_transactions uuid[]) returns integer language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
declare
  v_sales uuid[];
begin
  perform pg_advisory_xact_lock_shared(hashtext('statistics'), p_tenant);
  perform t.transaction_id from transactions t
    where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions)
    order by t.transaction_id for no key update;
  select array_agg(s.transaction_id) into v_sales
    from steps s
   where s.tenant_id = p_tenant and s.transaction_id = any (p_transactions)
     and s.name = 'statistics' and s.state = 'pending';
  if v_sales is null then
    return 0;
  end if;

  perform add_statistics(p_tenant, v_sales);
  perform add_sale_terms(p_tenant, v_sales);
  perform finish_steps(p_tenant, v_sales, array_fill('statistics'::step_name, array[cardinality(v_sales)]),
                       array_fill('done'::step_state, array[cardinality(v_sales)]),
                       array_fill(null::text, array[cardinality(v_sales)]), 1);
  return cardinality(v_sales);
end $$;

-- As it stands in 0055_counting_in_passing.sql, but for the terms.
create or replace function count_in_passing(p_tenant integer, p_transactions uuid[]) returns uuid[] language plpgsql
set plan_cache_mode = force_generic_plan set jit = off
set enable_seqscan = off set enable_bitmapscan = off set enable_nestloop = off set enable_mergejoin = off
as $$
declare
  v_sales uuid[];
begin
  if not pg_try_advisory_xact_lock_shared(hashtext('statistics'), p_tenant) then
    return '{}';
  end if;
  select array_agg(s.transaction_id) into v_sales
    from steps s
   where s.tenant_id = p_tenant and s.transaction_id = any (p_transactions)
     and s.name = 'statistics' and s.state = 'pending';
  if v_sales is null then
    return '{}';
  end if;
  perform add_statistics(p_tenant, v_sales);
  perform add_sale_terms(p_tenant, v_sales);
  return v_sales;
end $$;

-- Seats by what is printed on a ticket, over all events of a seller.
create index seats_by_label on seats (tenant_id, lower(row_label), lower(seat_label));
-- Orders that are no sale yet, or never became one: few among many that are settled.
create index payment_intents_unsettled on payment_intents (tenant_id, transaction_id) where state <> 'settled';

-- What was sold before.
insert into sale_terms (tenant_id, kind, term, transaction_id)
select t.tenant_id, x.kind, x.term, t.transaction_id
  from transactions t
 cross join lateral (
   select 'event'::sale_term_kind as kind, t.event_id::text as term
    union all
   select o.kind, o.term
     from sale_terms_of(t.customer_name, t.customer_email, t.customer_phone, t.customer_document,
            array(select p.reference from payments p
                   where p.tenant_id = t.tenant_id and p.transaction_id = t.transaction_id and p.reference is not null
                  union
                  select unnest(array[n.reference, n.payment_id]) from tenders n
                   where n.tenant_id = t.tenant_id and n.transaction_id = t.transaction_id)) o) x
on conflict do nothing;
insert into sale_terms (tenant_id, kind, term, transaction_id)
select i.tenant_id, x.kind, x.term, i.transaction_id
  from payment_intents i
 cross join lateral (
   select 'event'::sale_term_kind as kind, i.event_id::text as term
    union all
   select o.kind, o.term
     from sale_terms_of(i.customer_name, i.customer_email, i.customer_phone, i.customer_document,
            array(select unnest(array[n.reference, n.payment_id]) from tenders n
                   where n.tenant_id = i.tenant_id and n.transaction_id = i.transaction_id)) o) x
on conflict do nothing;
