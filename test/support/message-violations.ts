const firstSale = `tenant_id = 1 and transaction_id = (select transaction_id from fiscal_documents where tenant_id = 1 and number = 1)`;
const announcement = (deadline: string, queued: number) =>
  `insert into announcements (tenant_id, announcement_id, event_id, kind, occasion_no, created_at, due_at, deadline_at,
                              walked_to, queued)
   select 1, gen_random_uuid(), (select event_id from events where tenant_id = 1), 'event_changed', 1, now(), now(), ${deadline}, gen_random_uuid(), ${queued}`;

/** Messages, announcements and webhooks as they may not be, by invariant. */
export const messageViolations: Record<string, Record<string, string[]>> = {
  'I8 deadlines': {
    'a message that nobody sent': [
      `update messages set next_attempt_at = now(), deadline_at = now() - interval '2 hours' where ${firstSale}`,
    ],
    'a message that came back and that nobody handed over': [
      `update messages set state = 'bounced', next_attempt_at = now(), failed_at = now() - interval '2 hours' where ${firstSale}`,
    ],
  },
  'I8 announcements': {
    'a buyer that was counted without a message': [announcement(`now() + interval '1 day'`, 1)],
    'a walk that stands still': [announcement(`now() - interval '2 hours'`, 0)],
  },
  'I8 webhooks': {
    'a delivery that nobody ends': [
      `insert into webhook_endpoints (tenant_id, endpoint_id, url, event_types)
       values (1, gen_random_uuid(), 'https://hooks.example.com', '{sale.paid}')`,
      `insert into webhook_events values (1, gen_random_uuid(), 'sale.paid', '{}', now() - interval '5 days')`,
      `insert into webhook_deliveries (tenant_id, endpoint_id, event_id, next_attempt_at, created_at)
       select 1, endpoint_id, event_id, now(), now() - interval '5 days' from webhook_endpoints, webhook_events`,
    ],
  },
};
