-- Messages of every kind and channel, and what their providers tell of them.

alter type message_state add value 'delivered';
alter type message_state add value 'read';
alter type message_state add value 'bounced';

create type message_kind as enum
  ('confirmation', 'tickets', 'payment_received', 'payment_reminder', 'event_reminder', 'event_changed',
   'event_cancelled', 'refund');

-- The country of telephone numbers that name none (ISO 3166-1 alpha-2).
alter table sellers add column phone_country char(2) not null default 'VE';

alter table messages
  add column kind message_kind not null default 'tickets',
  -- The how-manieth message of its kind: an event may change twice.
  add column occasion_no smallint not null default 1 check (occasion_no > 0),
  add column provider text,
  add column provider_id text,
  -- Millionths of the currency's unit: providers charge fractions of a cent.
  add column cost_micros bigint check (cost_micros >= 0),
  add column cost_currency char(3),
  add constraint messages_cost check ((cost_micros is null) = (cost_currency is null));
alter table messages drop constraint messages_pkey;
alter table messages add primary key (tenant_id, transaction_id, channel, kind, occasion_no);

-- How far a message has come. What is told of it later counts only when it is further, so that reports may come twice,
-- late and in any order (src/notifications/message-state.ts). By the name of the state: values that an enum gets in a
-- transaction cannot be used within it.
create function message_rank(p_state text) returns integer language sql immutable strict parallel safe as $$
  select case p_state
    when 'queued' then 0 when 'sending' then 1 when 'accepted' then 2 when 'delivered' then 3 when 'read' then 4
    when 'bounced' then 5 when 'failed' then 6 when 'skipped' then 6 end
$$;

-- Records what providers tell of messages of one seller, each message at most once. Lock order: messages by key.
-- Returns the number of messages that have come further.
create function record_message_statuses(
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
     set state = u.state, last_error = u.reason, provider = p_provider, provider_id = u.provider_id, updated_at = now()
    from unnest(p_transactions, p_channels, p_kinds, p_occasions, p_states, p_reasons, p_provider_ids)
           u (transaction_id, channel, kind, occasion_no, state, reason, provider_id)
   where m.tenant_id = p_tenant and m.transaction_id = any (p_transactions)
     and m.transaction_id = u.transaction_id and m.channel = u.channel and m.kind = u.kind
     and m.occasion_no = u.occasion_no
     and message_rank(u.state::text) > message_rank(m.state::text);
  get diagnostics v_count = row_count;
  return v_count;
end $$;
