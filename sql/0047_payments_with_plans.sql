-- The functions of sql/0034 as they are with plans (sql/0040).

-- As before; a plan's down payment says what is to come later, so that both are the total.
create or replace function open_intent(
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
    when (select sum((t->>'amount')::bigint + coalesce((t->>'later')::bigint, 0)) from jsonb_array_elements(p_tenders) t) <> v_hold.total then 'amounts_differ'
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

-- As before, and of a plan as note_plan_tender says.
create or replace function note_tender(
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
  if exists (select from payment_plans p where p.tenant_id = p_tenant and p.transaction_id = p_transaction) then
    state := note_plan_tender(p_tenant, p_transaction, p_tender, p_grace_seconds);
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

-- As before, and a plan's money is settled by its seller's rule.
create or replace function give_up_intent(p_tenant integer, p_transaction uuid, p_reason text, p_hold_seconds integer)
returns intent_state language plpgsql as $$
declare
  v_intent payment_intents%rowtype;
  v_next intent_state;
  v_reason text := p_reason;
  v_until timestamptz;
begin
  select * into v_intent from payment_intents i
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction for update;
  if v_intent.state is distinct from 'awaiting'
     or (p_reason = 'not_paid_in_time' and v_intent.expires_at > clock_timestamp()) then
    return v_intent.state;
  end if;
  if plan_paid(p_tenant, p_transaction) > 0
     and exists (select from payment_plans p where p.tenant_id = p_tenant and p.transaction_id = p_transaction) then
    if p_reason = 'not_paid_in_time' then
      v_reason := 'plan_lapsed';
      -- What was reported in time and waits to be verified counts as paid for as long as verifying may take.
      select least(plan_lapse_at(p_tenant, p_transaction, plan_paid(p_tenant, p_transaction) + sum(t.amount)::bigint), min(t.expires_at))
        into v_until
        from tenders t
       where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.state = 'pending' and t.bank is not null
         and t.expires_at > clock_timestamp();
      if v_until > clock_timestamp() then
        update payment_intents i set expires_at = v_until
         where i.tenant_id = p_tenant and i.transaction_id = p_transaction;
        update holds h set expires_at = greatest(h.expires_at, v_until + interval '2 minutes')
         where h.tenant_id = p_tenant and h.hold_id = v_intent.hold_id and h.state = 'live' and h.expires_at > clock_timestamp();
        return 'awaiting';
      end if;
    end if;
    perform settle_plan(p_tenant, p_transaction, v_reason);
  end if;
  update tenders t set state = 'cancelled', updated_at = clock_timestamp()
   where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.state in ('pending', 'authorised');
  select case when bool_or(t.captured - t.kept > t.refunded) then 'refunding'
              when bool_or(t.captured > 0) then 'refunded' else 'ended' end::intent_state into v_next
    from tenders t where t.tenant_id = p_tenant and t.transaction_id = p_transaction;
  update payment_intents i set state = v_next, reason = v_reason, updated_at = clock_timestamp()
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction;
  update holds h set expires_at = least(h.expires_at, clock_timestamp() + make_interval(secs => p_hold_seconds))
   where h.tenant_id = p_tenant and h.hold_id = v_intent.hold_id and h.state = 'live';
  perform notify_progress(p_tenant, array[p_transaction]);
  return v_next;
end $$;

-- As before; what the seller keeps of a plan does not go back.
create or replace function note_refund(p_tenant integer, p_transaction uuid, p_tender smallint, p_refunded bigint)
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
       select from tenders t where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.refunded < t.captured - t.kept) then
    update payment_intents i set state = 'refunded', updated_at = clock_timestamp()
     where i.tenant_id = p_tenant and i.transaction_id = p_transaction returning i.state into v_state;
    perform notify_progress(p_tenant, array[p_transaction]);
  end if;
  return v_state;
end $$;

-- As in 0038_undoing.sql, but what a plan had no place for, or never got, is none of a sale's money.
create or replace function order_repayments(
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
     where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.provider is not null and t.captured > 0
       and not t.surplus
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
