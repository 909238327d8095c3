import { own, paid, type Invariant } from './invariant.ts';

/** What must be true of messages, announcements and webhooks. */
export const messageInvariants: readonly Invariant[] = [
  {
    id: 'I8 messages',
    sentence:
      'A paid sale has a step or a message for each address it names, and a step that is done has a message that was accepted',
    sql: `select format('sale %s: %s step %s, message %s', t.transaction_id, c.name, s.state, m.state) as culprit
            from (${paid}) t
           cross join (values ('email'), ('sms'), ('whatsapp')) c (name)
            left join (select s.* from steps s where ${own('s')}) s
              on s.tenant_id = t.tenant_id and s.transaction_id = t.transaction_id and s.name::text = c.name
            left join (select m.* from messages m where ${own('m')} and m.kind = 'tickets' and m.occasion_no = 1) m
              on m.tenant_id = t.tenant_id and m.transaction_id = t.transaction_id and m.channel = c.name
           where (s.state = 'done' and coalesce(m.state not in ('accepted', 'delivered', 'read', 'bounced'), true))
              or (s.state <> 'pending' and m.state in ('queued', 'sending') and m.next_attempt_at is null)
              or (s.name is null and c.name = case when t.customer_phone is not null then 'sms' end
                  and not exists (select from messages o where o.tenant_id = t.tenant_id
                                   and o.transaction_id = t.transaction_id and o.channel in ('sms', 'whatsapp')))
              or (s.name is null and c.name = case when t.customer_email is not null then 'email' end
                  and not exists (select from messages o where o.tenant_id = t.tenant_id
                                   and o.transaction_id = t.transaction_id and o.channel = 'email'))`,
  },
  {
    id: 'I8 deadlines',
    sentence:
      'No message is still to be sent an hour after its deadline, nor handed over an hour after it came back',
    sql: `select format('message %s of sale %s by %s is %s, due at %s', m.kind, m.transaction_id, m.channel, m.state,
                        m.next_attempt_at) as culprit
            from messages m
           where ${own('m')} and m.next_attempt_at is not null
             and greatest(m.deadline_at, m.failed_at, m.due_at) < now() - interval '1 hour'`,
  },
  {
    id: 'I8 announcements',
    sentence:
      'Every announcement ends within an hour after its deadline, and has a message for each buyer that it counted',
    sql: `select format('announcement %s of seller %s: %s counted, %s with a message, ended %s', a.announcement_id,
                        a.tenant_id, a.queued, coalesce(m.buyers, 0), a.ended_at) as culprit
            from (select a.* from announcements a where ${own('a')}) a
            left join (
              select m.tenant_id, t.event_id, m.kind, m.occasion_no, count(distinct m.transaction_id) as buyers
                from (select m.* from messages m where ${own('m')} and m.kind in ('event_reminder', 'event_changed', 'event_cancelled')) m
                join transactions t using (tenant_id, transaction_id) group by 1, 2, 3, 4
            ) m using (tenant_id, event_id, kind, occasion_no)
           where a.queued <> coalesce(m.buyers, 0)
              or (a.ended_at is null and a.deadline_at < now() - interval '1 hour')`,
  },
  {
    id: 'I8 webhooks',
    sentence: 'Every webhook to an endpoint that is on ends within four days, unless it was sent again',
    sql: `select format('event %s to endpoint %s', d.event_id, d.endpoint_id) as culprit
            from webhook_deliveries d join webhook_endpoints p using (tenant_id, endpoint_id)
           where ${own('d')} and d.state = 'pending' and p.enabled and d.attempts_before = 0
             and d.created_at < now() - interval '4 days'`,
  },
];
