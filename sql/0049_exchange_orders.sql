-- The difference of an exchange, paid by a card on line: an order over the new places of which only the difference is to be
-- paid, the rest being what the old places are worth. The exchange stays open meanwhile, and nobody's to carry out.

-- The sale of the order is that of an exchange with the same id.
alter table payment_intents add column exchanged boolean not null default false;

-- Opens the order of an exchange that was decided in this transaction, under the key of the exchange. Lock order: the hold, which
-- the exchange has locked, then the key.
create function open_exchange_order(p_tenant integer, p_exchange uuid, p_provider text, p_seconds integer) returns void
language plpgsql as $$
declare
  v_exchange exchanges%rowtype;
begin
  update exchanges x set leased_until = 'infinity' where x.tenant_id = p_tenant and x.exchange_id = p_exchange
  returning * into strict v_exchange;
  insert into idempotency_keys (tenant_id, key_digest, body_digest, transaction_id)
  values (p_tenant, v_exchange.key_digest, v_exchange.body_digest, p_exchange);
  insert into payment_intents (tenant_id, transaction_id, event_id, hold_id, state, expires_at, substitutes, amount, currency,
                               locale, customer_name, customer_email, customer_phone, customer_document, exchanged)
  select p_tenant, p_exchange, v_exchange.event_id, v_exchange.hold_id, 'awaiting',
         clock_timestamp() + make_interval(secs => p_seconds), false, v_exchange.total, v_exchange.currency, t.locale,
         t.customer_name, t.customer_email, t.customer_phone, t.customer_document, true
    from transactions t where t.tenant_id = p_tenant and t.transaction_id = v_exchange.transaction_id;
  insert into tenders (tenant_id, transaction_id, tender_no, method, state, amount, paid_amount, paid_currency, provider)
  values (p_tenant, p_exchange, 1, v_exchange.method, 'pending', v_exchange.total - v_exchange.credit,
          v_exchange.total - v_exchange.credit, v_exchange.currency, p_provider);
  update holds h set expires_at = greatest(h.expires_at, i.expires_at)
    from payment_intents i
   where h.tenant_id = p_tenant and h.hold_id = v_exchange.hold_id and i.tenant_id = p_tenant and i.transaction_id = p_exchange;
end $$;

-- Exchanges that wait for their order: those whose order is a sale are somebody's to carry out, those whose order has ended
-- fail. The order is locked, so that none that is paid late after all fails meanwhile. Not led by the tenant: the sweep
-- looks at every seller at once.
create function end_exchange_waits(p_limit integer) returns void language plpgsql as $$
declare
  v_order record;
begin
  for v_order in
    select i.tenant_id, i.transaction_id, i.state, i.reason
      from exchanges x join payment_intents i on i.tenant_id = x.tenant_id and i.transaction_id = x.exchange_id
     where x.state = 'open' and x.leased_until = 'infinity' and i.state in ('settled', 'ended', 'refunding', 'refunded')
     order by i.tenant_id, i.transaction_id limit p_limit for update of i skip locked
  loop
    update exchanges x
       set leased_until = case when v_order.state = 'settled' then '-infinity' else x.leased_until end,
           state = case when v_order.state = 'settled' then 'open' else 'failed' end::exchange_state,
           failure = case when v_order.state = 'settled' then null else coalesce(v_order.reason, 'not_paid') end
     where x.tenant_id = v_order.tenant_id and x.exchange_id = v_order.transaction_id and x.state = 'open';
  end loop;
end $$;
