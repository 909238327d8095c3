-- Money of a sale that its provider gave back without being asked by us, as by hand in its dashboard. It takes no place
-- back, since nobody said which; a refund of ours that follows uses it up before the provider is asked for more.

create table provider_refunds (
  tenant_id integer not null,
  transaction_id uuid not null,
  tender_no smallint not null,
  -- The provider's own name of it.
  refund_id text not null,
  -- In the currency that was paid in.
  amount bigint not null check (amount > 0),
  refunded_at timestamptz not null,
  noted_at timestamptz not null,
  primary key (tenant_id, transaction_id, tender_no, refund_id),
  foreign key (tenant_id, transaction_id, tender_no) references tenders
);

alter table repayments
  -- Paid by what the provider had given back unasked.
  add column unasked boolean not null default false,
  add constraint repayments_unasked check (not unasked or (tender_no is not null and done_at is not null));

-- Notes what a provider gave back unasked of a sale's payment, each once; and, when p_refund names one, that a repayment of
-- ours is done. Lock order: the order, its payment, the refund. sold: there is a sale; else nothing was noted. noted: what
-- is new of the unasked.
create function note_provider_refunds(
  p_tenant integer, p_transaction uuid, p_tender smallint, p_ids text[], p_amounts bigint[], p_instants timestamptz[],
  p_refund smallint, p_repayment smallint, out sold boolean, out noted bigint
) language plpgsql as $$
declare
  v_done bigint := 0;
begin
  noted := 0;
  perform from payment_intents i where i.tenant_id = p_tenant and i.transaction_id = p_transaction for update;
  perform from tenders t
    where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.tender_no = p_tender for update;
  sold := exists (select from transactions t where t.tenant_id = p_tenant and t.transaction_id = p_transaction);
  if not sold then
    return;
  end if;
  with fresh as (
    insert into provider_refunds (tenant_id, transaction_id, tender_no, refund_id, amount, refunded_at, noted_at)
    select p_tenant, p_transaction, p_tender, u.refund_id, u.amount, u.refunded_at, clock_timestamp()
      from unnest(p_ids, p_amounts, p_instants) u (refund_id, amount, refunded_at)
    on conflict do nothing returning amount
  ) select coalesce(sum(f.amount), 0) into noted from fresh f;
  if p_refund is not null and note_repayment(p_tenant, p_transaction, p_refund, p_repayment) then
    select p.paid_amount into v_done from repayments p
     where p.tenant_id = p_tenant and p.transaction_id = p_transaction and p.refund_no = p_refund
       and p.repayment_no = p_repayment;
  end if;
  update tenders t
     set refunded = t.refunded + noted + v_done, updated_at = clock_timestamp(),
         state = case when t.refunded + noted + v_done = t.captured then 'refunded' else 'partially_refunded' end::payment_state
   where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.tender_no = p_tender and noted + v_done > 0;
end $$;

-- Has repayments of a refund (that one when p_repayment names it) be paid by what the provider gave back unasked, as far as
-- that goes. Lock order: the payment, the refund.
create function use_provider_refunds(p_tenant integer, p_transaction uuid, p_refund smallint, p_repayment smallint)
returns void language plpgsql as $$
declare
  v_open record;
  v_left bigint;
  v_part bigint;
  v_no smallint;
begin
  for v_open in
    select p.repayment_no, p.tender_no, p.amount, p.paid_amount, p.paid_currency, p.created_at
      from repayments p
     where p.tenant_id = p_tenant and p.transaction_id = p_transaction and p.refund_no = p_refund
       and p.repayment_no = coalesce(p_repayment, p.repayment_no) and p.tender_no is not null and p.done_at is null
     order by p.tender_no
  loop
    perform from tenders t
      where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.tender_no = v_open.tender_no for update;
    select coalesce(sum(o.amount), 0) into v_left from provider_refunds o
     where o.tenant_id = p_tenant and o.transaction_id = p_transaction and o.tender_no = v_open.tender_no;
    select v_left - coalesce(sum(p.paid_amount), 0) into v_left from repayments p
     where p.tenant_id = p_tenant and p.transaction_id = p_transaction and p.tender_no = v_open.tender_no and p.unasked;
    v_no := v_open.repayment_no;
    v_part := v_open.amount;
    if v_left < v_open.paid_amount then
      v_part := div(v_open.amount::numeric * v_left, v_open.paid_amount);
    end if;
    continue when v_left <= 0 or v_part = 0;
    if v_left < v_open.paid_amount then
      select max(p.repayment_no) + 1 into v_no from repayments p
       where p.tenant_id = p_tenant and p.transaction_id = p_transaction and p.refund_no = p_refund;
      update repayments p set amount = p.amount - v_part, paid_amount = p.paid_amount - v_left
       where p.tenant_id = p_tenant and p.transaction_id = p_transaction and p.refund_no = p_refund
         and p.repayment_no = v_open.repayment_no;
      insert into repayments (tenant_id, transaction_id, refund_no, repayment_no, amount, tender_no, paid_amount,
                              paid_currency, created_at)
      values (p_tenant, p_transaction, p_refund, v_no, v_part, v_open.tender_no, v_left, v_open.paid_currency,
              v_open.created_at);
    end if;
    perform note_repayment(p_tenant, p_transaction, p_refund, v_no);
    update repayments p set unasked = true
     where p.tenant_id = p_tenant and p.transaction_id = p_transaction and p.refund_no = p_refund and p.repayment_no = v_no;
  end loop;
end $$;
