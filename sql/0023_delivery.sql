-- Messages as data: who is tried next, until when, and what came of each attempt.

-- The ways to a buyer, the first that works wins (src/notifications/message-kind.ts).
alter table sellers
  add column message_channels text[] not null default '{whatsapp,sms,email}'
    check (cardinality(message_channels) > 0 and message_channels <@ '{whatsapp,sms,email}');

alter table messages
  -- What it says beyond what its sale says.
  add column facts jsonb,
  -- When the worker of messages takes it up; null while a step of its sale has it, and once there is nothing to do.
  add column next_attempt_at timestamptz,
  -- From when on it was to go, and until when it is worth sending; null: its sale's steps know.
  add column due_at timestamptz,
  add column deadline_at timestamptz,
  -- Whether another channel takes over when this one has failed.
  add column hands_over boolean not null default false,
  add column accepted_at timestamptz,
  add column delivered_at timestamptz,
  -- When it failed for good or came back.
  add column failed_at timestamptz;
-- Neither index is about a column that changes on a message's usual way, so that it changes without touching an index.
create index messages_due on messages (tenant_id, channel, next_attempt_at) where next_attempt_at is not null;
create index messages_failed on messages (tenant_id, transaction_id, channel, kind, occasion_no)
  where failed_at is not null;

-- What came of attempts. One that succeeded at once has no row: the message itself says all of it.
create table message_attempts (
  tenant_id integer not null,
  transaction_id uuid not null,
  channel text not null,
  kind message_kind not null,
  occasion_no smallint not null,
  attempt_no smallint not null,
  at timestamptz not null,
  outcome text not null check (outcome in ('accepted', 'postponed', 'refused')),
  -- In words; null when it was accepted.
  reason text,
  primary key (tenant_id, transaction_id, channel, kind, occasion_no, attempt_no)
);

-- As before (sql/0020), and now with the moments, and with a message that came back given to the worker of messages, who
-- raises the alert and hands it to the next channel.
create or replace function record_message_statuses(
  p_tenant integer, p_transactions uuid[], p_channels text[], p_kinds message_kind[], p_occasions smallint[],
  p_states message_state[], p_reasons text[], p_provider text, p_provider_ids text[]
) returns integer language plpgsql as $$
declare
  v_count integer;
begin
  perform from messages m
    where m.tenant_id = p_tenant and m.transaction_id = any (p_transactions)
    order by m.transaction_id, m.channel, m.kind, m.occasion_no for no key update;
  update messages m
     set state = u.state, last_error = u.reason, provider = p_provider, provider_id = u.provider_id, updated_at = now(),
         accepted_at = coalesce(m.accepted_at, case when u.state::text in ('accepted', 'delivered', 'read', 'bounced') then now() end),
         delivered_at = coalesce(m.delivered_at, case when u.state::text in ('delivered', 'read') then now() end),
         failed_at = case when u.state::text in ('bounced', 'failed') then now() end,
         next_attempt_at = case when u.state::text = 'bounced' then now() end
    from unnest(p_transactions, p_channels, p_kinds, p_occasions, p_states, p_reasons, p_provider_ids)
           u (transaction_id, channel, kind, occasion_no, state, reason, provider_id)
   where m.tenant_id = p_tenant and m.transaction_id = any (p_transactions)
     and m.transaction_id = u.transaction_id and m.channel = u.channel and m.kind = u.kind
     and m.occasion_no = u.occasion_no
     and message_rank(u.state::text) > message_rank(m.state::text);
  get diagnostics v_count = row_count;
  return v_count;
end $$;

-- Adds a step to sales whose other step is still pending, so that no sale that is completed gets one. Lock order:
-- transactions by key.
create function add_step(p_tenant integer, p_transactions uuid[], p_name step_name, p_beside step_name) returns void
language plpgsql as $$
begin
  perform from transactions t where t.tenant_id = p_tenant and t.transaction_id = any (p_transactions)
    order by t.transaction_id for no key update;
  -- A statement of its own, so that it sees what was committed while this one waited for its locks.
  insert into steps (tenant_id, transaction_id, name, updated_at)
  select s.tenant_id, s.transaction_id, p_name, clock_timestamp() from steps s
   where s.tenant_id = p_tenant and s.transaction_id = any (p_transactions) and s.name = p_beside and s.state = 'pending'
  on conflict do nothing;
end $$;
