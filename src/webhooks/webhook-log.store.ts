import type { Reader } from '../db/transaction.ts';
import type { DeliveryKey } from './webhook-delivery.store.ts';
import type { EndpointKey } from './webhook-endpoint.store.ts';

export type DeliveryState = 'pending' | 'delivered' | 'failed' | 'cancelled';

/** A delivery as support sees it. */
export type DeliveryLine = {
  eventId: string;
  type: string;
  state: DeliveryState;
  attempts: number;
  createdAt: Date;
  /** When it is tried again; meaningless once it has ended. */
  nextAttemptAt: Date;
  endedAt: Date | null;
  payload: string;
};

export type AttemptLine = {
  attemptNo: number;
  startedAt: Date;
  durationMilliseconds: number;
  status: number | null;
  reason: string | null;
  answer: string;
};

const columns = `d.event_id as "eventId", e.type, d.state, d.attempts, d.created_at as "createdAt",
                 d.next_attempt_at as "nextAttemptAt", d.ended_at as "endedAt", e.payload`;

/** The deliveries to an endpoint, the newest event first, at most so many, and those after an event's when one is given. */
export async function listDeliveries(
  reader: Reader,
  { tenantId, endpointId }: EndpointKey,
  page: { startingAfter: string | null; rowsMax: number },
): Promise<DeliveryLine[]> {
  return await reader.query<DeliveryLine>({
    text: `select ${columns}
             from webhook_deliveries d
             join webhook_events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id
            where d.tenant_id = $1 and d.endpoint_id = $2 and ($3::uuid is null or d.event_id < $3)
            order by d.event_id desc limit $4`,
    values: [tenantId, endpointId, page.startingAfter, page.rowsMax],
  });
}

/** One delivery with its attempts, the first first; null when there is none such. */
export async function readDelivery(
  reader: Reader,
  { tenantId, endpointId, eventId }: DeliveryKey,
): Promise<{ delivery: DeliveryLine; attempts: AttemptLine[] } | null> {
  const values = [tenantId, endpointId, eventId];
  const [delivery] = await reader.query<DeliveryLine>({
    text: `select ${columns}
             from webhook_deliveries d
             join webhook_events e on e.tenant_id = d.tenant_id and e.event_id = d.event_id
            where d.tenant_id = $1 and d.endpoint_id = $2 and d.event_id = $3`,
    values,
  });
  if (!delivery) return null;
  const attempts = await reader.query<AttemptLine>({
    text: `select attempt_no as "attemptNo", started_at as "startedAt",
                  duration_milliseconds as "durationMilliseconds", http_status as status, reason, answer
             from webhook_attempts where tenant_id = $1 and endpoint_id = $2 and event_id = $3
            order by attempt_no`,
    values,
  });
  return { delivery, attempts };
}
