import type { Row, Tx } from '../db/transaction.ts';
import type { WebhookEvent } from './webhook-event.ts';

/** One event on its way to one endpoint. */
export type DeliveryKey = { tenantId: number; endpointId: string; eventId: string };

/** A delivery that is due, with all that an attempt needs. */
export type ClaimedDelivery = DeliveryKey & {
  url: string;
  payload: string;
  secrets: string[];
  /** This attempt's number, of all rounds. */
  attemptNo: number;
  /** Its number in this round. */
  attemptOfRound: number;
};

/**
 * Publishes events: keeps each that an endpoint wants, once, and a delivery for every endpoint that wants it. Publishing
 * again changes nothing.
 * @param at from when on they are due.
 * @param onlyTo an endpoint to which alone the events go, whatever it wants; null for all that want them.
 */
export async function publishWebhookEvents(
  tx: Tx,
  tenantId: number,
  events: readonly WebhookEvent[],
  at: Date,
  onlyTo: string | null = null,
): Promise<void> {
  if (events.length === 0) return;
  await tx.query({
    name: 'publish-webhook-events',
    text: `with wanted as (
             select u.event_id, u.type, u.payload, p.endpoint_id
               from unnest($2::uuid[], $3::text[], $4::text[]) u (event_id, type, payload)
               join webhook_endpoints p on p.tenant_id = $1 and p.enabled
                    and (p.endpoint_id = $6 or ($6::uuid is null and u.type = any (p.event_types)))
           ), added as (
             insert into webhook_events (tenant_id, event_id, type, payload, created_at)
             select distinct $1::integer, w.event_id, w.type, w.payload, $5::timestamptz from wanted w
             on conflict do nothing
             returning event_id
           )
           insert into webhook_deliveries (tenant_id, endpoint_id, event_id, created_at, next_attempt_at)
           select $1, w.endpoint_id, w.event_id, $5, $5 from wanted w join added a on a.event_id = w.event_id`,
    values: [
      tenantId,
      events.map((event) => event.eventId),
      events.map((event) => event.type),
      events.map((event) => event.payload),
      at,
      onlyTo,
    ],
  });
}

/**
 * Takes deliveries that are due, at most so many of each endpoint and none of those that are `busy`, so that one that
 * hangs keeps no other waiting. Each counts as an attempt, and is due again after the lease when nobody says what came of
 * it.
 */
export async function claimDeliveries(
  tx: Tx,
  now: Date,
  limits: { rows: number; rowsOfEndpoint: number; leaseSeconds: number; busy: readonly string[] },
): Promise<ClaimedDelivery[]> {
  return await tx.query<ClaimedDelivery>({
    name: 'claim-webhook-deliveries',
    text: `with due as (
             select d.tenant_id, d.endpoint_id, d.event_id
               from webhook_endpoints p
              cross join lateral (
                select w.tenant_id, w.endpoint_id, w.event_id from webhook_deliveries w
                 where w.tenant_id = p.tenant_id and w.endpoint_id = p.endpoint_id
                   and w.state = 'pending' and w.next_attempt_at <= $1
                 order by w.next_attempt_at limit $3 for update skip locked) d
              where p.enabled and p.endpoint_id <> all ($5::uuid[])
              limit $2
           ), claimed as (
             update webhook_deliveries w
                set attempts = w.attempts + 1, next_attempt_at = $1 + make_interval(secs => $4)
               from due
              where w.tenant_id = due.tenant_id and w.endpoint_id = due.endpoint_id and w.event_id = due.event_id
             returning w.*
           )
           select c.tenant_id as "tenantId", c.endpoint_id as "endpointId", c.event_id as "eventId", p.url, e.payload,
                  c.attempts as "attemptNo", c.attempts - c.attempts_before as "attemptOfRound",
                  (select array_agg(s.secret order by s.secret_no desc) from webhook_secrets s
                    where s.tenant_id = c.tenant_id and s.endpoint_id = c.endpoint_id and s.expires_at > $1) as secrets
             from claimed c
             join webhook_endpoints p on p.tenant_id = c.tenant_id and p.endpoint_id = c.endpoint_id
             join webhook_events e on e.tenant_id = c.tenant_id and e.event_id = c.event_id`,
    values: [now, limits.rows, limits.rowsOfEndpoint, limits.leaseSeconds, limits.busy],
  });
}

/** What came of an attempt, for the log. */
export type AttemptRecord = DeliveryKey & {
  attemptNo: number;
  startedAt: Date;
  durationMilliseconds: number;
  status: number | null;
  reason: string | null;
  answer: string;
};

/** Writes an attempt into the log. One whose delivery or endpoint is gone is left out. */
export async function recordAttempt(tx: Tx, attempt: AttemptRecord): Promise<void> {
  await tx.query({
    name: 'record-webhook-attempt',
    text: `insert into webhook_attempts (tenant_id, endpoint_id, event_id, attempt_no, started_at,
                                         duration_milliseconds, http_status, reason, answer)
           select w.tenant_id, w.endpoint_id, w.event_id, $4, $5, $6, $7, $8, $9
             from webhook_deliveries w where w.tenant_id = $1 and w.endpoint_id = $2 and w.event_id = $3
              for update
           on conflict do nothing`,
    values: [
      attempt.tenantId,
      attempt.endpointId,
      attempt.eventId,
      attempt.attemptNo,
      attempt.startedAt,
      attempt.durationMilliseconds,
      attempt.status,
      attempt.reason,
      attempt.answer,
    ],
  });
}

/** How a delivery goes on: it has ended, or is tried again at an instant. */
export type DeliveryEnd =
  | { state: 'delivered' | 'failed'; at: Date }
  | { state: 'pending'; nextAttemptAt: Date };

/** Notes how a delivery goes on. An attempt that was overtaken by a later one, or by a replay, changes nothing. */
export async function endDelivery(
  tx: Tx,
  { tenantId, endpointId, eventId, attemptNo }: DeliveryKey & { attemptNo: number },
  end: DeliveryEnd,
): Promise<void> {
  const pending = end.state === 'pending';
  await tx.query({
    name: 'end-webhook-delivery',
    text: `update webhook_deliveries
              set state = $5, next_attempt_at = coalesce($6, next_attempt_at), ended_at = $7
            where tenant_id = $1 and endpoint_id = $2 and event_id = $3 and state = 'pending' and attempts = $4`,
    values: [
      tenantId,
      endpointId,
      eventId,
      attemptNo,
      end.state,
      pending ? end.nextAttemptAt : null,
      pending ? null : end.at,
    ],
  });
}

/** Switches an endpoint off, with the reason in words, and takes its deliveries off their way. */
export async function switchOffEndpoint(
  tx: Tx,
  { tenantId, endpointId }: Omit<DeliveryKey, 'eventId'>,
  reason: string,
): Promise<void> {
  await tx.query({
    text: `update webhook_endpoints set enabled = false, disabled_reason = $3, updated_at = now()
            where tenant_id = $1 and endpoint_id = $2 and enabled`,
    values: [tenantId, endpointId, reason],
  });
  await tx.query({
    text: `update webhook_deliveries set state = 'cancelled', ended_at = now()
            where tenant_id = $1 and endpoint_id = $2 and state = 'pending'`,
    values: [tenantId, endpointId],
  });
}

/**
 * Sends an ended delivery again, its schedule from the start.
 * @returns false when there is none such; one that is on its way stays as it is.
 */
export async function replayDelivery(
  tx: Tx,
  { tenantId, endpointId, eventId }: DeliveryKey,
  now: Date,
): Promise<boolean> {
  const rows = await tx.query({
    text: `update webhook_deliveries
              set state = 'pending', ended_at = null,
                  attempts_before = case when state = 'pending' then attempts_before else attempts end,
                  next_attempt_at = case when state = 'pending' then next_attempt_at else $4 end
            where tenant_id = $1 and endpoint_id = $2 and event_id = $3
           returning event_id`,
    values: [tenantId, endpointId, eventId, now],
  });
  return rows.length > 0;
}

/**
 * Forgets events that are older than an instant, with their deliveries and attempts; what is still on its way stays.
 * @returns how many events.
 */
export async function forgetWebhookEvents(tx: Tx, before: Date, rowsMax: number): Promise<number> {
  const [row] = await tx.query<Row & { count: number }>({
    text: `with gone as (
             delete from webhook_events e
              where (e.tenant_id, e.event_id) in (
                select o.tenant_id, o.event_id from webhook_events o
                 where o.created_at < $1
                   and not exists (select from webhook_deliveries w
                                    where w.tenant_id = o.tenant_id and w.event_id = o.event_id and w.state = 'pending')
                 limit $2)
             returning 1)
           select count(*)::integer as count from gone`,
    values: [before, rowsMax],
  });
  return row!.count;
}
