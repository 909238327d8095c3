-- The way of the money: back to the buyer by a provider or by hand, or into the sale of an exchange.

-- Marks what a provider gave back as done, once. Returns whether it was not before.
create function note_repayment(p_tenant integer, p_transaction uuid, p_refund smallint, p_repayment smallint)
returns boolean language plpgsql as $$
declare
  v_amount bigint;
begin
  perform from refunds r
    where r.tenant_id = p_tenant and r.transaction_id = p_transaction and r.refund_no = p_refund for no key update;
  update repayments p set done_at = clock_timestamp(), last_error = null
   where p.tenant_id = p_tenant and p.transaction_id = p_transaction and p.refund_no = p_refund
     and p.repayment_no = p_repayment and p.done_at is null
  returning p.amount into v_amount;
  if v_amount is null then
    return false;
  end if;
  update refunds r
     set paid_back = r.paid_back + v_amount, settled_at = case when r.paid_back + v_amount = r.total then clock_timestamp() end
   where r.tenant_id = p_tenant and r.transaction_id = p_transaction and r.refund_no = p_refund;
  return true;
end $$;

-- Records money that was given back by hand (all that is left when p_amount is null). outcome: paid · replayed · key_reused ·
-- refund_not_found · refund_exceeds_paid (more than is still to be given back by hand).
create function pay_back(
  p_tenant integer, p_transaction uuid, p_refund smallint, p_amount bigint, p_method text, p_reference text, p_staff uuid,
  p_key uuid, out outcome text, out amount bigint
) language plpgsql as $$
declare
  v_refund refunds%rowtype;
  v_known record;
  v_ordered record;
begin
  select * into v_refund from refunds r
   where r.tenant_id = p_tenant and r.transaction_id = p_transaction and r.refund_no = p_refund for no key update;
  if not found then
    outcome := 'refund_not_found';
    return;
  end if;
  select p.amount, p.method::text = p_method and p.reference is not distinct from p_reference
           and p.amount = coalesce(p_amount, p.amount) and p.transaction_id = p_transaction and p.refund_no = p_refund as same
    into v_known
    from repayments p where p.tenant_id = p_tenant and p.key_digest = p_key;
  if found then
    outcome := case when v_known.same then 'replayed' else 'key_reused' end;
    amount := v_known.amount;
    return;
  end if;
  select coalesce(sum(p.amount), 0)::bigint as sum, coalesce(max(p.repayment_no), 0) + 1 as next into v_ordered
    from repayments p
   where p.tenant_id = p_tenant and p.transaction_id = p_transaction and p.refund_no = p_refund;
  amount := coalesce(p_amount, v_refund.total - v_ordered.sum);
  if amount <= 0 or amount > v_refund.total - v_ordered.sum then
    outcome := 'refund_exceeds_paid';
    return;
  end if;
  outcome := 'paid';
  insert into repayments (tenant_id, transaction_id, refund_no, repayment_no, amount, method, reference, staff_id, key_digest,
                          created_at, done_at)
  values (p_tenant, p_transaction, p_refund, v_ordered.next, pay_back.amount, p_method::payment_method, p_reference, p_staff,
          p_key, clock_timestamp(), clock_timestamp());
  update refunds r
     set paid_back = r.paid_back + pay_back.amount,
         settled_at = case when r.paid_back + pay_back.amount = r.total then clock_timestamp() end
   where r.tenant_id = p_tenant and r.transaction_id = p_transaction and r.refund_no = p_refund;
end $$;

-- Decides on an exchange, and keeps the hold until its sale is made. outcome: opened · replayed (the key is known with this
-- body) · key_reused · transaction_not_found · ticket_not_found · ticket_returned · exchange_pending · fiscal_day_closed (so
-- that no credit note could be issued) · hold_not_found · hold_expired · hold_released · hold_already_confirmed ·
-- payment_pending (an order waits for money on this hold) · currency_mismatch · payment_missing (the new places cost more).
-- Lock order: the sale, then the hold.
create function open_exchange(
  p_tenant integer, p_exchange uuid, p_transaction uuid, p_items smallint[], p_event integer, p_hold uuid, p_fees boolean,
  p_resold boolean, p_reason text, p_staff uuid, p_key uuid, p_body uuid, p_method text, p_reference text, p_seconds integer,
  out outcome text, out exchange_id uuid, out credit bigint, out total bigint
) language plpgsql as $$
#variable_conflict use_column
declare
  v_sale transactions%rowtype;
  v_known record;
  v_places record;
  v_items smallint[];
  v_hold holds%rowtype;
begin
  select * into v_sale from transactions t
   where t.tenant_id = p_tenant and t.transaction_id = p_transaction for no key update;
  if not found then
    outcome := 'transaction_not_found';
    return;
  end if;
  select x.exchange_id, x.body_digest = p_body as same, x.credit, x.total into v_known
    from exchanges x where x.tenant_id = p_tenant and x.key_digest = p_key;
  if found then
    outcome := case when v_known.same then 'replayed' else 'key_reused' end;
    exchange_id := v_known.exchange_id;
    credit := v_known.credit;
    total := v_known.total;
    return;
  end if;
  exchange_id := p_exchange;
  select coalesce(array_agg(i.item_no order by i.item_no), '{}') as known,
         coalesce(array_agg(i.item_no order by i.item_no) filter (where i.state = 'live'), '{}') as live
    into v_places
    from transaction_items i where i.tenant_id = p_tenant and i.transaction_id = p_transaction;
  v_items := coalesce(p_items, v_places.live);
  select coalesce(sum(i.total - case when p_fees then 0 else i.fees end), 0)::bigint into credit
    from transaction_items i
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction and i.item_no = any (v_items);
  select * into v_hold from holds h
   where h.tenant_id = p_tenant and h.hold_id = p_hold and h.event_id = p_event for update;
  total := v_hold.total;
  outcome := case
    when not v_items <@ v_places.known then 'ticket_not_found'
    when not v_items <@ v_places.live or cardinality(v_items) = 0 then 'ticket_returned'
    when exists (select from exchanges x where x.tenant_id = p_tenant and x.transaction_id = p_transaction and x.state = 'open'
                    and x.item_nos && v_items) then 'exchange_pending'
    when exists (select from fiscal_documents d
                   join fiscal_series s on s.tenant_id = d.tenant_id and s.series_id = d.series_id
                   join fiscal_series p on p.tenant_id = s.tenant_id and p.point_no = s.point_no and p.day_closed
                  where d.tenant_id = p_tenant and d.transaction_id = p_transaction) then 'fiscal_day_closed'
    when v_hold.hold_id is null then 'hold_not_found'
    when v_hold.state = 'confirmed' then 'hold_already_confirmed'
    when v_hold.state = 'released' then 'hold_released'
    when v_hold.state = 'expired' or v_hold.expires_at <= clock_timestamp() then 'hold_expired'
    when exists (select from payment_intents i where i.tenant_id = p_tenant and i.hold_id = p_hold
                    and i.state in ('awaiting', 'paid')) then 'payment_pending'
    when (select e.currency from events e where e.tenant_id = p_tenant and e.event_id = p_event) <> v_sale.currency
      then 'currency_mismatch'
    when v_hold.total > credit and p_method is null then 'payment_missing'
    else 'opened' end;
  if outcome <> 'opened' then
    return;
  end if;
  insert into exchanges (tenant_id, exchange_id, transaction_id, item_nos, event_id, hold_id, fees_returned, resold, reason,
                         staff_id, key_digest, body_digest, currency, credit, total, method, reference, leased_until, created_at)
  values (p_tenant, p_exchange, p_transaction, v_items, p_event, p_hold, p_fees, p_resold, p_reason, p_staff, p_key, p_body,
          v_sale.currency, open_exchange.credit, open_exchange.total,
          case when open_exchange.total > open_exchange.credit then p_method::payment_method end,
          case when open_exchange.total > open_exchange.credit then p_reference end,
          clock_timestamp() + make_interval(secs => p_seconds), clock_timestamp());
  update holds h set expires_at = greatest(h.expires_at, clock_timestamp() + make_interval(secs => p_seconds))
   where h.tenant_id = p_tenant and h.hold_id = p_hold;
end $$;

-- Gives an exchange up whose hold could not be sold. The key that its sale would be confirmed under is taken for it, so that
-- whoever confirms later finds it used; false when the sale was made after all.
create function fail_exchange(p_tenant integer, p_exchange uuid, p_key uuid, p_failure text) returns boolean
language plpgsql as $$
declare
  v_exchange exchanges%rowtype;
begin
  select * into v_exchange from exchanges x where x.tenant_id = p_tenant and x.exchange_id = p_exchange for update;
  if v_exchange.state <> 'open' then
    return v_exchange.state = 'failed';
  end if;
  insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id)
  values (p_tenant, p_key, '00000000-0000-0000-0000-000000000000', p_exchange) on conflict do nothing;
  if not found then
    return false;
  end if;
  update exchanges x set state = 'failed', failure = p_failure where x.tenant_id = p_tenant and x.exchange_id = p_exchange;
  return true;
end $$;

-- The sale of an exchange is paid by what was credited, and the rest by the means that was named.
create function close_exchange(p_tenant integer, p_exchange uuid, p_refund smallint) returns void language plpgsql as $$
declare
  v_exchange exchanges%rowtype;
begin
  update exchanges x set state = 'done', refund_no = p_refund
   where x.tenant_id = p_tenant and x.exchange_id = p_exchange and x.state = 'open'
  returning * into strict v_exchange;
  if v_exchange.method is null then
    return;
  end if;
  update payments p set amount = v_exchange.credit
   where p.tenant_id = p_tenant and p.transaction_id = p_exchange and p.payment_no = 1 and p.method::text = 'exchange';
  insert into payments (tenant_id, transaction_id, payment_no, method, state, amount, currency, reference, created_at)
  select p_tenant, p_exchange, 2, v_exchange.method, 'captured', v_exchange.total - v_exchange.credit, v_exchange.currency,
         v_exchange.reference, p.created_at
    from payments p where p.tenant_id = p_tenant and p.transaction_id = p_exchange and p.payment_no = 1;
end $$;
