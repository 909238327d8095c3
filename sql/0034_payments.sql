-- Money that comes later than the confirm: a card on line, a transfer that somebody has to verify. Until it is there, the
-- order is an intent over its hold, without a number and without tickets; when it is, the hot path confirms the hold as
-- it does any other (docs/decisions/0026).

alter type payment_method add value 'card_online';
-- Several means for one sale: each is a row of tenders.
alter type payment_method add value 'split';
alter type payment_state add value 'partially_refunded';

-- awaiting: for money · paid: all of it is there, the sale is to be made · settled: it is made · ended: no money came ·
-- refunding: the money goes back, since there are no places for it · refunded: it went back.
create type intent_state as enum ('awaiting', 'paid', 'settled', 'ended', 'refunding', 'refunded');

create table payment_intents (
  tenant_id integer not null,
  transaction_id uuid not null,
  event_id integer not null,
  -- The one that is to be confirmed: the buyer's own, or the one that took its places again for money that came late.
  hold_id uuid not null,
  state intent_state not null default 'awaiting',
  expires_at timestamptz not null,
  -- Until then somebody works on it; whoever died gives it free by the lapse of time.
  leased_until timestamptz not null default '-infinity',
  -- Why it ended, in a code of src/payments/intent.ts; null while it goes well.
  reason text,
  -- Whether the buyer takes equal places when their own are gone, and whether they got such.
  substitutes boolean not null,
  substituted boolean not null default false,
  -- The buyer has been written to about the end.
  told_at timestamptz,
  updated_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  amount bigint not null check (amount >= 0),
  currency char(3) not null,
  locale locale not null,
  customer_name text not null,
  customer_email text,
  customer_phone text,
  customer_document text,
  primary key (tenant_id, transaction_id)
) with (fillfactor = 70);
-- Not led by the tenant: the reconciler looks for what is due at every seller at once, off the hot path.
create index payment_intents_due on payment_intents (state, expires_at) where state in ('awaiting', 'paid', 'refunding');
create index payment_intents_untold on payment_intents (updated_at) where state = 'refunded' and told_at is null;
create index payment_intents_of_hold on payment_intents (tenant_id, hold_id);

-- One payment of an intent.
create table tenders (
  tenant_id integer not null,
  transaction_id uuid not null,
  tender_no smallint not null,
  method payment_method not null,
  state payment_state not null default 'pending',
  -- Its part of the sale, in the sale's currency.
  amount bigint not null check (amount >= 0),
  -- The same in the currency that it is paid in, by the rate of a day: units of it for one of the sale's, times 10^8.
  paid_amount bigint not null check (paid_amount >= 0),
  paid_currency char(3) not null,
  rate_e8 bigint,
  rate_day date,
  captured bigint not null default 0 check (captured >= 0),
  refunded bigint not null default 0 check (refunded between 0 and captured),
  -- What the buyer handed over in cash; the change is what is beyond paid_amount.
  tendered bigint check (tendered >= paid_amount),
  provider text,
  -- The provider's names for the page that takes the payment, and for the payment itself.
  page_id text,
  page_url text,
  payment_id text,
  asked_at timestamptz not null default '-infinity',
  bank text,
  payer_phone text,
  payer_document text,
  reference text,
  detail text,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, transaction_id, tender_no),
  check ((rate_e8 is null) = (rate_day is null))
) with (fillfactor = 70);
create unique index one_tender_per_page on tenders (tenant_id, provider, page_id) where page_id is not null;
-- A payment is reported once; what was rejected leaves its reference free.
create unique index one_tender_per_reference on tenders (tenant_id, bank, reference)
  where bank is not null and reference is not null and state not in ('failed', 'cancelled');
create index tenders_by_state on tenders (tenant_id, state, transaction_id);

-- What providers told us, each once however often they say it.
create table provider_events (
  tenant_id integer not null,
  provider text not null,
  event_id text not null,
  kind text not null,
  transaction_id uuid not null,
  times smallint not null default 1,
  received_at timestamptz not null default now(),
  handled_at timestamptz,
  primary key (tenant_id, provider, event_id)
);
create index provider_events_open on provider_events (received_at) where handled_at is null;

-- Rates are recorded, never changed: the last one of a day holds, and what was paid by another stays as it was.
create table exchange_rates (
  tenant_id integer not null references sellers,
  currency char(3) not null,
  base_currency char(3) not null,
  day date not null,
  revision smallint not null,
  -- Units of currency for one of base_currency, times 10^8.
  rate_e8 bigint not null check (rate_e8 > 0),
  created_at timestamptz not null default now(),
  primary key (tenant_id, currency, base_currency, day, revision),
  check (currency <> base_currency)
);

-- Opens an intent over a live hold and keeps the hold until the money is due. outcome:
-- opened · replayed (the key is known with this body) · key_reused · hold_not_found · hold_expired · hold_released ·
-- hold_already_confirmed · payment_pending (another intent waits for money on this hold) · sales_closed · stale ·
-- amounts_differ (the payments are not the total) · reference_used. Lock order: the hold, then the key.
create function open_intent(
  p_tenant integer, p_event integer, p_hold uuid, p_transaction uuid, p_key uuid, p_body uuid, p_expected_total bigint,
  p_seconds integer, p_substitutes boolean,
  p_locale text, p_name text, p_email text, p_phone text, p_document text,
  p_tenders jsonb,
  out outcome text, out transaction_id uuid
) language plpgsql as $$
declare
  v_hold holds%rowtype;
  v_event record;
  v_tax_version integer;
  v_known record;
begin
  transaction_id := p_transaction;
  select * into v_hold from holds h
   where h.tenant_id = p_tenant and h.hold_id = p_hold and h.event_id = p_event for update;
  -- After the lock, so that it sees the key of whoever was here before.
  select k.body_digest, i.transaction_id as intent into v_known
    from idempotency_keys k
    left join payment_intents i on i.tenant_id = k.tenant_id and i.transaction_id = k.transaction_id
   where k.tenant_id = p_tenant and k.key_digest = p_key;
  if found then
    outcome := case when v_known.body_digest = p_body and v_known.intent is not null then 'replayed' else 'key_reused' end;
    transaction_id := v_known.intent;
    -- A replay writes, so that it commits.
    update idempotency_keys k set replays = k.replays + 1 where k.tenant_id = p_tenant and k.key_digest = p_key;
    return;
  end if;
  select e.status = 'published' as published, e.pricing_version, e.currency into v_event
    from events e where e.tenant_id = p_tenant and e.event_id = p_event;
  select s.tax_version into v_tax_version from sellers s where s.tenant_id = p_tenant;
  outcome := case
    when v_hold.hold_id is null then 'hold_not_found'
    when v_hold.state = 'confirmed' then 'hold_already_confirmed'
    when v_hold.state = 'released' then 'hold_released'
    when v_hold.state = 'expired' or v_hold.expires_at <= clock_timestamp() then 'hold_expired'
    when exists (select from payment_intents i where i.tenant_id = p_tenant and i.hold_id = p_hold
                    and i.state in ('awaiting', 'paid')) then 'payment_pending'
    when v_event.published is not true then 'sales_closed'
    when v_hold.pricing_version <> v_event.pricing_version or v_hold.tax_version <> v_tax_version
      or v_hold.quote_valid_until <= clock_timestamp() or p_expected_total <> v_hold.total then 'stale'
    when (select sum((t->>'amount')::bigint) from jsonb_array_elements(p_tenders) t) <> v_hold.total then 'amounts_differ'
    else 'opened' end;
  if outcome <> 'opened' then
    return;
  end if;

  insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id)
  values (p_tenant, p_key, p_body, p_transaction) on conflict do nothing;
  if not found then
    outcome := 'again';
    return;
  end if;
  -- Of payments whose money is there, the sale is made at once.
  insert into payment_intents (tenant_id, transaction_id, event_id, hold_id, state, expires_at, substitutes, amount, currency,
                               locale, customer_name, customer_email, customer_phone, customer_document)
  select p_tenant, p_transaction, p_event, p_hold,
         case when bool_and(t->>'state' = 'captured') then 'paid' else 'awaiting' end::intent_state,
         clock_timestamp() + make_interval(secs => p_seconds), p_substitutes, v_hold.total, v_event.currency,
         p_locale::locale, p_name, p_email, p_phone, p_document
    from jsonb_array_elements(p_tenders) t;
  begin
    insert into tenders (tenant_id, transaction_id, tender_no, method, state, amount, paid_amount, paid_currency,
                         rate_e8, rate_day, captured, tendered, provider, bank, payer_phone, payer_document, reference)
    select p_tenant, p_transaction, t.place, t.method::payment_method, t.state::payment_state, t.amount, t.paid_amount,
           t.paid_currency, t.rate_e8, t.rate_day, case when t.state = 'captured' then t.paid_amount else 0 end, t.tendered,
           t.provider, t.bank, t.phone, t.document, t.reference
      from rows from (jsonb_to_recordset(p_tenders) as (
             method text, state text, amount bigint, paid_amount bigint, paid_currency text, rate_e8 bigint, rate_day date,
             tendered bigint, provider text, bank text, phone text, document text, reference text)) with ordinality
             t (method, state, amount, paid_amount, paid_currency, rate_e8, rate_day, tendered, provider, bank, phone,
                document, reference, place);
  exception when unique_violation then
    outcome := 'reference_used';
  end;
  if outcome = 'reference_used' then
    -- Nothing of it stays.
    delete from payment_intents i where i.tenant_id = p_tenant and i.transaction_id = p_transaction;
    delete from idempotency_keys k where k.tenant_id = p_tenant and k.key_digest = p_key;
    return;
  end if;
  update holds h set expires_at = greatest(h.expires_at, i.expires_at)
    from payment_intents i
   where h.tenant_id = p_tenant and h.hold_id = p_hold and i.tenant_id = p_tenant and i.transaction_id = p_transaction;
end $$;

-- Which states a payment may go to from which; src/payments/payment.ts has the same table.
create function may_become(p_from payment_state, p_to payment_state) returns boolean language sql immutable as $$
  select case p_from::text
    when 'pending' then p_to::text in ('authorised', 'captured', 'failed', 'cancelled')
    when 'authorised' then p_to::text in ('captured', 'failed', 'cancelled')
    -- Money that comes although it was given up.
    when 'failed' then p_to::text = 'captured'
    when 'cancelled' then p_to::text = 'captured'
    when 'captured' then p_to::text in ('partially_refunded', 'refunded')
    when 'partially_refunded' then p_to::text in ('partially_refunded', 'refunded')
    else false end
$$;

-- Notes how a payment stands now. What is told twice or late changes nothing, so the order of the telling does not matter.
-- When all of an intent is captured it is paid, and whoever comes next makes the sale; when a payment failed it has ended,
-- or gives back what else was captured. A page that was closed does not end it: whoever closed it says why (give_up_intent). Lock order: the intent, its tender, its hold. Returns the intent's state, null when
-- there is none such.
create function note_tender(
  p_tenant integer, p_transaction uuid, p_tender smallint, p_state payment_state, p_captured bigint, p_payment_id text,
  p_detail text, p_grace_seconds integer,
  out state intent_state, out changed boolean
) language plpgsql as $$
declare
  v_intent payment_intents%rowtype;
  v_next intent_state;
  v_reason text;
begin
  select * into v_intent from payment_intents i
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction for update;
  state := v_intent.state;
  update tenders t
     set state = p_state, captured = case when p_state = 'captured' then p_captured else t.captured end,
         payment_id = coalesce(p_payment_id, t.payment_id), detail = p_detail, updated_at = clock_timestamp()
   where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.tender_no = p_tender
     and may_become(t.state, p_state);
  changed := found;
  if not changed then
    return;
  end if;
  select case
           when bool_or(t.state = 'captured' and t.captured <> t.paid_amount) then 'refunding'
           when v_intent.state in ('refunding', 'refunded') then case when bool_or(t.state = 'captured') then 'refunding' end
           when bool_and(t.state = 'captured') then 'paid'
           when bool_or(t.state = 'failed') or v_intent.state = 'ended'
             then case when bool_or(t.state = 'captured') then 'refunding' else 'ended' end
         end::intent_state,
         case when bool_or(t.state = 'captured' and t.captured <> t.paid_amount) then 'amount_differs'
              when bool_or(t.state = 'failed') then 'payment_failed' end
    into v_next, v_reason
    from tenders t where t.tenant_id = p_tenant and t.transaction_id = p_transaction;
  if v_intent.state = 'settled' or v_next is null or v_next = v_intent.state then
    return;
  end if;
  update payment_intents i
     set state = v_next, updated_at = clock_timestamp(), told_at = null,
         reason = case when v_next = 'paid' then null else coalesce(v_reason, i.reason) end
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction;
  -- Paid: the hold lives until the sale is made. Ended: its places go back on sale by the next sweep.
  update holds h
     set expires_at = case when v_next = 'paid' then greatest(h.expires_at, clock_timestamp() + make_interval(secs => p_grace_seconds))
                           else clock_timestamp() end
   where h.tenant_id = p_tenant and h.hold_id = v_intent.hold_id and h.state = 'live' and h.expires_at > clock_timestamp();
  state := v_next;
  perform notify_progress(p_tenant, array[p_transaction]);
end $$;

-- Gives an intent up: whose time has come by the database's clock, or whose buyer no longer wants it (p_reason tells). What
-- of it was captured goes back. Its hold lives for p_hold_seconds more at most. Returns its state, null when there is none
-- such.
create function give_up_intent(p_tenant integer, p_transaction uuid, p_reason text, p_hold_seconds integer)
returns intent_state language plpgsql as $$
declare
  v_intent payment_intents%rowtype;
  v_next intent_state;
begin
  select * into v_intent from payment_intents i
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction for update;
  if v_intent.state is distinct from 'awaiting'
     or (p_reason = 'not_paid_in_time' and v_intent.expires_at > clock_timestamp()) then
    return v_intent.state;
  end if;
  update tenders t set state = 'cancelled', updated_at = clock_timestamp()
   where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.state in ('pending', 'authorised');
  select case when bool_or(t.state = 'captured') then 'refunding' else 'ended' end::intent_state into v_next
    from tenders t where t.tenant_id = p_tenant and t.transaction_id = p_transaction;
  update payment_intents i set state = v_next, reason = p_reason, updated_at = clock_timestamp()
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction;
  update holds h set expires_at = least(h.expires_at, clock_timestamp() + make_interval(secs => p_hold_seconds))
   where h.tenant_id = p_tenant and h.hold_id = v_intent.hold_id and h.state = 'live';
  perform notify_progress(p_tenant, array[p_transaction]);
  return v_next;
end $$;

-- Takes an intent to work on for a while; no row when another does.
create function lease_intent(p_tenant integer, p_transaction uuid, p_seconds integer)
returns setof payment_intents language sql as $$
  update payment_intents i set leased_until = clock_timestamp() + make_interval(secs => p_seconds)
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction
     and i.state in ('paid', 'refunding') and i.leased_until <= clock_timestamp()
  returning i.*
$$;

-- Decides that the money of a paid intent goes back. The key that its sale would be confirmed under is taken for it, so
-- that there is either a sale or a refund, never both: whoever confirms later finds the key used with another body.
create function decide_refund(p_tenant integer, p_transaction uuid, p_key uuid, p_reason text)
returns intent_state language plpgsql as $$
declare
  v_state intent_state;
begin
  select i.state into v_state from payment_intents i
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction for update;
  if v_state <> 'paid' then
    return v_state;
  end if;
  insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id)
  values (p_tenant, p_key, '00000000-0000-0000-0000-000000000000', p_transaction) on conflict do nothing;
  v_state := case when found then 'refunding' else 'settled' end;
  update payment_intents i
     set state = v_state, reason = case when v_state = 'refunding' then p_reason end, updated_at = clock_timestamp()
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction;
  perform notify_progress(p_tenant, array[p_transaction]);
  return v_state;
end $$;

-- Notes that money of a tender went back, in all so much. When all that was captured did, the intent is refunded.
create function note_refund(p_tenant integer, p_transaction uuid, p_tender smallint, p_refunded bigint)
returns intent_state language plpgsql as $$
declare
  v_state intent_state;
begin
  select i.state into v_state from payment_intents i
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction for update;
  update tenders t
     set refunded = p_refunded, updated_at = clock_timestamp(),
         state = case when p_refunded = t.captured then 'refunded' else 'partially_refunded' end::payment_state
   where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.tender_no = p_tender
     and p_refunded > t.refunded and t.state::text in ('captured', 'partially_refunded');
  if v_state = 'refunding' and not exists (
       select from tenders t where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.refunded < t.captured) then
    update payment_intents i set state = 'refunded', updated_at = clock_timestamp()
     where i.tenant_id = p_tenant and i.transaction_id = p_transaction returning i.state into v_state;
    perform notify_progress(p_tenant, array[p_transaction]);
  end if;
  return v_state;
end $$;
