import type { Pool } from '../db/pool.ts';
import { transactOnce, type Reader, type Row } from '../db/transaction.ts';
import type { IntentKey } from './intent.ts';
import type { ProviderEvent, TenderKey } from './payment-provider.ts';

/**
 * What an intent waits for: `expire`, its time has come; `pursue`, its money is there or goes back and nobody works on it;
 * `tell`, the buyer is to be written to.
 */
export type DueIntent = IntentKey & { work: 'expire' | 'pursue' | 'tell' };

/** The intents of all sellers that are due, by the database's clock. */
export function findDue(reader: Reader, limit: number): Promise<DueIntent[]> {
  return reader.query<DueIntent & Row>({
    name: 'find-due-intents',
    text: `(select tenant_id as "tenantId", transaction_id as "transactionId", 'expire' as work from payment_intents
             where state = 'awaiting' and expires_at <= clock_timestamp() order by expires_at limit $1)
           union all
           (select tenant_id, transaction_id, 'pursue' from payment_intents
             where state in ('paid', 'refunding') and leased_until <= clock_timestamp() order by expires_at limit $1)
           union all
           (select tenant_id, transaction_id, 'tell' from payment_intents
             where state = 'refunded' and told_at is null order by updated_at limit $1)`,
    values: [limit],
  });
}

/** A payment on a provider's page of which nothing was heard for a while. */
export type OpenPage = TenderKey & { pageId: string };

/** Takes the payments whose provider is to be asked again, so that no other process asks at the same time. */
export function takeUnheard(pool: Pool, seconds: number, limit: number): Promise<OpenPage[]> {
  return transactOnce<OpenPage & Row>(pool, {
    name: 'take-unheard',
    text: `with due as (
             select t.tenant_id, t.transaction_id, t.tender_no
               from payment_intents i
               join tenders t on t.tenant_id = i.tenant_id and t.transaction_id = i.transaction_id
              where i.state = 'awaiting' and t.page_id is not null and t.state in ('pending', 'authorised')
                and t.asked_at < clock_timestamp() - make_interval(secs => $1)
              order by t.asked_at limit $2 for update of t skip locked)
           update tenders t set asked_at = clock_timestamp() from due d
            where t.tenant_id = d.tenant_id and t.transaction_id = d.transaction_id and t.tender_no = d.tender_no
           returning t.tenant_id as "tenantId", t.transaction_id as "transactionId", t.tender_no as "tenderNo",
                     t.page_id as "pageId"`,
    values: [seconds, limit],
  });
}

/** Records what a provider told. @returns false when that was handled before. */
export async function recordEvent(pool: Pool, provider: string, event: ProviderEvent): Promise<boolean> {
  const [row] = await transactOnce<{ isOpen: boolean }>(pool, {
    name: 'record-provider-event',
    text: `insert into provider_events as e (tenant_id, provider, event_id, kind, transaction_id)
           select i.tenant_id, $2, $3, $4, i.transaction_id from payment_intents i
            where i.tenant_id = $1 and i.transaction_id = $5
           on conflict (tenant_id, provider, event_id) do update set times = least(e.times + 1, 32767)
           returning handled_at is null as "isOpen"`,
    values: [event.tenantId, provider, event.eventId, event.kind, event.transactionId],
  });
  return row?.isOpen ?? false;
}

/** Marks what a provider told as handled. */
export async function endEvent(pool: Pool, provider: string, event: ProviderEvent): Promise<void> {
  await transactOnce(pool, {
    name: 'end-provider-event',
    text: `update provider_events set handled_at = clock_timestamp()
            where tenant_id = $1 and provider = $2 and event_id = $3`,
    values: [event.tenantId, provider, event.eventId],
  });
}

/** What was told a while ago and is not handled, as when its process died. */
export function findOpenEvents(
  reader: Reader,
  provider: string,
  seconds: number,
  limit: number,
): Promise<ProviderEvent[]> {
  return reader.query<ProviderEvent & Row>({
    name: 'find-open-events',
    text: `select e.tenant_id as "tenantId", e.transaction_id as "transactionId", t.tender_no as "tenderNo",
                  e.event_id as "eventId", e.kind
             from provider_events e
             join tenders t on t.tenant_id = e.tenant_id and t.transaction_id = e.transaction_id and t.provider = $1
            where e.provider = $1 and e.handled_at is null
              and e.received_at < clock_timestamp() - make_interval(secs => $2)
            order by e.received_at limit $3`,
    values: [provider, seconds, limit],
  });
}
