-- Payment plans: an intent (sql/0034) that is paid in several payments over time, while its hold lives on
-- (docs/decisions/0031).

create type plan_kind as enum ('instalments', 'free');

-- What a seller offers. Rules are never rewritten, so that each plan stays explained: another one takes the place.
create table payment_plan_rules (
  tenant_id integer not null references sellers,
  rule_id integer not null,
  -- Null: every event of the seller that sells in this currency.
  event_id integer,
  name text not null,
  currency char(3) not null,
  kind plan_kind not null,
  -- After the down payment: how many, and how far apart. Free amounts are one instalment, due at the deadline.
  instalments smallint not null check (instalments > 0),
  spacing_days smallint not null check (spacing_days >= 0),
  -- The least down payment: millionths of the total, or an amount.
  down_ppm integer check (down_ppm between 0 and 1000000),
  down_amount bigint check (down_amount >= 0),
  -- So many days before the event begins, or after the plan does.
  deadline_from text not null check (deadline_from in ('event', 'sale')),
  deadline_days smallint not null check (deadline_days >= 0),
  grace_days smallint not null check (grace_days >= 0),
  -- What the seller keeps of a plan that lapses: millionths of what was paid, or an amount.
  penalty_ppm integer check (penalty_ppm between 0 and 1000000),
  penalty_amount bigint check (penalty_amount >= 0),
  reminder_days smallint not null check (reminder_days >= 0),
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, rule_id),
  check (num_nonnulls(down_ppm, down_amount) = 1),
  check (num_nonnulls(penalty_ppm, penalty_amount) = 1),
  check (kind = 'instalments' or instalments = 1)
);

-- The plan of an intent, with the terms as they were.
create table payment_plans (
  tenant_id integer not null,
  transaction_id uuid not null,
  rule_id integer not null,
  kind plan_kind not null,
  deadline_at timestamptz not null,
  grace_days smallint not null,
  penalty_ppm integer,
  penalty_amount bigint,
  reminder_days smallint not null,
  primary key (tenant_id, transaction_id)
);

-- Number 0 is the down payment.
create table plan_instalments (
  tenant_id integer not null,
  transaction_id uuid not null,
  instalment_no smallint not null,
  due_at timestamptz not null,
  -- In the order's currency.
  amount bigint not null check (amount >= 0),
  -- How often its buyer was reminded: once before it is due, once when it is overdue.
  reminders smallint not null default 0,
  primary key (tenant_id, transaction_id, instalment_no)
);
create index plan_instalments_due on plan_instalments (due_at) where reminders < 2;

-- What became of the money of a plan that ended without a sale: the document of what the seller kept of it.
create table plan_settlements (
  tenant_id integer not null,
  settlement_no integer not null,
  transaction_id uuid not null,
  settled_at timestamptz not null,
  reason text not null,
  -- In the order's currency.
  paid bigint not null check (paid >= 0),
  kept bigint not null check (kept between 0 and paid),
  currency char(3) not null,
  primary key (tenant_id, settlement_no),
  unique (tenant_id, transaction_id)
);

alter table tenders
  -- Until when this payment of a plan may be made or verified.
  add column expires_at timestamptz,
  -- Money that a plan has no place for: it goes back, whatever becomes of the plan.
  add column surplus boolean not null default false,
  -- What the seller keeps of it, in the currency that it was paid in.
  add column kept bigint not null default 0 constraint tenders_kept check (kept between 0 and captured - refunded),
  add column told_at timestamptz,
  add column request_key uuid,
  add column request_body uuid,
  -- The shift at a till in which it was taken, so that its cash is in that drawer.
  add column point_no smallint,
  add column shift_no integer;
create index tenders_of_shift on tenders (tenant_id, point_no, shift_no) where shift_no is not null;
create unique index one_tender_per_request on tenders (tenant_id, transaction_id, request_key) where request_key is not null;
create index tenders_expiring on tenders (expires_at) where expires_at is not null and state in ('pending', 'authorised');
create index tenders_surplus on tenders (asked_at) where surplus and refunded < captured;
create index tenders_untold on tenders (updated_at) where expires_at is not null and told_at is null and state = 'captured';

-- What of a plan's total is there, in the order's currency.
create function plan_paid(p_tenant integer, p_transaction uuid) returns bigint language sql stable as $$
  select coalesce(sum(t.amount), 0)::bigint from tenders t
   where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.captured > 0 and not t.surplus
$$;

-- When a plan lapses of which so much is paid: the grace of its first unpaid instalment is over, or its deadline. Null
-- when all of it is paid.
create function plan_lapse_at(p_tenant integer, p_transaction uuid, p_paid bigint) returns timestamptz language sql stable as $$
  select min(least(i.due_at + make_interval(days => p.grace_days), p.deadline_at))
    from payment_plans p
    join (select d.*, sum(d.amount) over (order by d.instalment_no) as through from plan_instalments d
           where d.tenant_id = p_tenant and d.transaction_id = p_transaction) i using (tenant_id, transaction_id)
   where p.tenant_id = p_tenant and p.transaction_id = p_transaction and i.through > p_paid
$$;

-- Adds a payment to a plan. outcome: added · replayed (the key is known with this body) · key_reused · not_found · lapsed
-- (or ended otherwise) · complete (nothing more is to be paid) · beyond_remaining · too_little (least is what the next
-- instalment needs) · too_many · reference_used. Nothing is captured by it: note_tender follows in the same transaction.
-- Lock order: the intent.
create function add_plan_tender(
  p_tenant integer, p_transaction uuid, p_key uuid, p_body uuid, p_seconds integer, p_tender jsonb,
  out outcome text, out tender_no smallint, out remaining bigint, out least_amount bigint
) language plpgsql as $$
declare
  v_intent payment_intents%rowtype;
  v_amount constant bigint := (p_tender->>'amount')::bigint;
  v_active bigint;
  v_last smallint;
  v_known record;
begin
  select * into v_intent from payment_intents i
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction for update;
  select t.tender_no as no, t.request_body as body into v_known from tenders t
   where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.request_key = p_key;
  if found then
    tender_no := v_known.no;
    outcome := case when v_known.body = p_body then 'replayed' else 'key_reused' end;
    return;
  end if;
  select coalesce(sum(t.amount) filter (where t.state in ('pending', 'authorised', 'captured') and not t.surplus), 0), max(t.tender_no)
    into v_active, v_last from tenders t where t.tenant_id = p_tenant and t.transaction_id = p_transaction;
  remaining := v_intent.amount - v_active;
  select coalesce(min(i.through) - v_active, 0) into least_amount
    from (select sum(d.amount) over (order by d.instalment_no) as through from plan_instalments d
           where d.tenant_id = p_tenant and d.transaction_id = p_transaction) i
   where i.through > v_active;
  outcome := case
    when not exists (select from payment_plans p where p.tenant_id = p_tenant and p.transaction_id = p_transaction) then 'not_found'
    when v_intent.state in ('paid', 'settled') then 'complete'
    when v_intent.state <> 'awaiting' or v_intent.expires_at <= clock_timestamp() then 'lapsed'
    when v_amount > remaining then 'beyond_remaining'
    when v_amount < least_amount and exists (select from payment_plans p where p.tenant_id = p_tenant
           and p.transaction_id = p_transaction and p.kind = 'instalments') then 'too_little'
    when v_last >= 200 then 'too_many'
    else 'added' end;
  if outcome <> 'added' then
    return;
  end if;
  tender_no := v_last + 1;
  begin
    insert into tenders (tenant_id, transaction_id, tender_no, method, amount, paid_amount, paid_currency, rate_e8, rate_day,
                         tendered, provider, bank, payer_phone, payer_document, reference, expires_at, request_key, request_body)
    select p_tenant, p_transaction, add_plan_tender.tender_no, t.method::payment_method, t.amount, t.paid_amount, t.paid_currency,
           t.rate_e8, t.rate_day, t.tendered, t.provider, t.bank, t.phone, t.document, t.reference,
           clock_timestamp() + make_interval(secs => p_seconds), p_key, p_body
      from jsonb_to_record(p_tender) as t (method text, amount bigint, paid_amount bigint, paid_currency text, rate_e8 bigint,
             rate_day date, tendered bigint, provider text, bank text, phone text, document text, reference text);
  exception when unique_violation then
    outcome := 'reference_used';
  end;
end $$;

-- Of a plan: what a payment that was just noted makes of its order (see note_tender). Lock order: as there.
create function note_plan_tender(
  p_tenant integer, p_transaction uuid, p_tender smallint, p_grace_seconds integer
) returns intent_state language plpgsql as $$
declare
  v_intent payment_intents%rowtype;
  v_tender tenders%rowtype;
  v_paid bigint := plan_paid(p_tenant, p_transaction);
  v_next intent_state;
begin
  select * into v_intent from payment_intents i where i.tenant_id = p_tenant and i.transaction_id = p_transaction;
  select * into v_tender from tenders t
   where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.tender_no = p_tender;
  -- More than is to be paid, another amount than was asked for, or when the plan was complete or settled already.
  if v_tender.state = 'captured' and (v_tender.captured <> v_tender.paid_amount or v_paid > v_intent.amount
                                      or v_intent.state not in ('awaiting', 'ended')) then
    update tenders t set surplus = true
     where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.tender_no = p_tender;
    v_paid := v_paid - v_tender.amount;
  end if;
  v_next := case
    when v_intent.state in ('awaiting', 'ended') and v_paid = v_intent.amount then 'paid'
    when v_intent.state in ('ended', 'refunded') and v_tender.state = 'captured' then 'refunding'
    when v_intent.state = 'awaiting' and v_tender.state = 'failed' and not exists (
           select from tenders t where t.tenant_id = p_tenant and t.transaction_id = p_transaction
              and t.state in ('pending', 'authorised', 'captured')) then 'ended'
    else v_intent.state end;
  update payment_intents i
     set state = v_next, updated_at = clock_timestamp(), told_at = null,
         reason = case when v_next = 'paid' then null when v_next = 'ended' then 'payment_failed' else i.reason end,
         expires_at = case when v_next = 'awaiting' and v_paid > 0
                           then plan_lapse_at(p_tenant, p_transaction, v_paid) else i.expires_at end
   where i.tenant_id = p_tenant and i.transaction_id = p_transaction;
  -- Beyond the deadline by the grace, so that it is the plan that ends first.
  update holds h
     set expires_at = case
           when v_next = 'ended' then clock_timestamp()
           when v_next = 'awaiting' and v_paid > 0 then greatest(h.expires_at, (
             select p.deadline_at + make_interval(secs => p_grace_seconds) from payment_plans p
              where p.tenant_id = p_tenant and p.transaction_id = p_transaction))
           when v_next = 'paid' then greatest(h.expires_at, clock_timestamp() + make_interval(secs => p_grace_seconds))
           else h.expires_at end
   where h.tenant_id = p_tenant and h.hold_id = v_intent.hold_id and h.state = 'live' and h.expires_at > clock_timestamp();
  perform notify_progress(p_tenant, array[p_transaction]);
  return v_next;
end $$;

-- Ends the money of a plan that ends without a sale: what the seller keeps of it, first of the first payments, and its
-- document. Of an event that is cancelled nothing is kept. Its number is given under the lock of the seller's row.
create function settle_plan(p_tenant integer, p_transaction uuid, p_reason text) returns void language plpgsql as $$
declare
  v_paid bigint := plan_paid(p_tenant, p_transaction);
  v_kept bigint;
begin
  if v_paid = 0 then
    return;
  end if;
  select case when p_reason = 'cancelled_by_seller'
                or exists (select from payment_intents i join events e using (tenant_id, event_id)
                            where i.tenant_id = p_tenant and i.transaction_id = p_transaction and e.status = 'cancelled') then 0
              else least(v_paid, coalesce(p.penalty_amount, v_paid * p.penalty_ppm / 1000000)) end
    into v_kept from payment_plans p where p.tenant_id = p_tenant and p.transaction_id = p_transaction;
  update tenders t set kept = k.kept
    from (select o.tender_no, case when o.amount = 0 then 0
                   else round(greatest(least(o.amount, v_kept - o.before), 0)::numeric * o.captured / o.amount) end as kept
            from (select c.*, coalesce(sum(c.amount) over (order by c.tender_no rows between unbounded preceding and 1 preceding), 0) as before
                    from tenders c where c.tenant_id = p_tenant and c.transaction_id = p_transaction
                     and c.state = 'captured' and not c.surplus) o) k
   where t.tenant_id = p_tenant and t.transaction_id = p_transaction and t.tender_no = k.tender_no;
  perform from sellers s where s.tenant_id = p_tenant for no key update;
  insert into plan_settlements (tenant_id, settlement_no, transaction_id, settled_at, reason, paid, kept, currency)
  select p_tenant, (select coalesce(max(s.settlement_no), 0) + 1 from plan_settlements s where s.tenant_id = p_tenant),
         p_transaction, clock_timestamp(), p_reason, v_paid, v_kept, i.currency
    from payment_intents i where i.tenant_id = p_tenant and i.transaction_id = p_transaction;
end $$;
