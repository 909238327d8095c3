import type { Reader, Row, Tx } from '../db/transaction.ts';

/** Where a seller wants to be told of events. */
export type WebhookEndpoint = {
  endpointId: string;
  url: string;
  description: string;
  eventTypes: string[];
  enabled: boolean;
  /** Why it is switched off, in words. */
  disabledReason: string | null;
  createdAt: Date;
};

export type EndpointKey = { tenantId: number; endpointId: string };

const columns = `endpoint_id as "endpointId", url, description, event_types as "eventTypes", enabled,
                 disabled_reason as "disabledReason", created_at as "createdAt"`;

/** A seller's endpoints, the oldest first. */
export async function listEndpoints(reader: Reader, tenantId: number): Promise<WebhookEndpoint[]> {
  return await reader.query<WebhookEndpoint>({
    text: `select ${columns} from webhook_endpoints where tenant_id = $1 order by endpoint_id`,
    values: [tenantId],
  });
}

/** One endpoint, or null when the seller has none such. */
export async function readEndpoint(
  reader: Reader,
  { tenantId, endpointId }: EndpointKey,
): Promise<WebhookEndpoint | null> {
  const [endpoint] = await reader.query<WebhookEndpoint>({
    text: `select ${columns} from webhook_endpoints where tenant_id = $1 and endpoint_id = $2`,
    values: [tenantId, endpointId],
  });
  return endpoint ?? null;
}

/**
 * Adds an endpoint with its first secret.
 * @returns false when the seller has `endpointsMax` already, or when there is no such seller.
 */
export async function addEndpoint(
  tx: Tx,
  { tenantId, endpointId }: EndpointKey,
  endpoint: Pick<WebhookEndpoint, 'url' | 'description' | 'eventTypes'>,
  secret: string,
  endpointsMax: number,
): Promise<boolean> {
  // Under the seller's lock, so that two that are added at once are counted one after the other.
  const [seller] = await tx.query({
    text: 'select tenant_id from sellers where tenant_id = $1 for no key update',
    values: [tenantId],
  });
  const [row] = await tx.query<Row & { count: number }>({
    text: 'select count(*)::integer as count from webhook_endpoints where tenant_id = $1',
    values: [tenantId],
  });
  if (!seller || row!.count >= endpointsMax) return false;
  await tx.query({
    text: `insert into webhook_endpoints (tenant_id, endpoint_id, url, description, event_types)
           values ($1, $2, $3, $4, $5)`,
    values: [tenantId, endpointId, endpoint.url, endpoint.description, endpoint.eventTypes],
  });
  await tx.query({
    text: 'insert into webhook_secrets (tenant_id, endpoint_id, secret_no, secret) values ($1, $2, 1, $3)',
    values: [tenantId, endpointId, secret],
  });
  return true;
}

/** What of an endpoint changes; what is absent stays. Switching it on forgets why it was off. */
export type EndpointChanges = Partial<
  Pick<WebhookEndpoint, 'url' | 'description' | 'eventTypes' | 'enabled'>
>;

/** Changes an endpoint. @returns it as it was and as it is then, or null when there is none such. */
export async function changeEndpoint(
  tx: Tx,
  { tenantId, endpointId }: EndpointKey,
  changes: EndpointChanges,
): Promise<{ before: WebhookEndpoint; after: WebhookEndpoint } | null> {
  const [before] = await tx.query<WebhookEndpoint>({
    text: `select ${columns} from webhook_endpoints where tenant_id = $1 and endpoint_id = $2 for no key update`,
    values: [tenantId, endpointId],
  });
  if (!before) return null;
  const [after] = await tx.query<WebhookEndpoint>({
    text: `update webhook_endpoints
              set url = coalesce($3, url), description = coalesce($4, description),
                  event_types = coalesce($5, event_types), enabled = coalesce($6, enabled),
                  disabled_reason = case when coalesce($6, enabled) then null
                                         else coalesce(disabled_reason, 'It was switched off by hand.') end,
                  updated_at = now()
            where tenant_id = $1 and endpoint_id = $2
           returning ${columns}`,
    values: [
      tenantId,
      endpointId,
      changes.url ?? null,
      changes.description ?? null,
      changes.eventTypes ?? null,
      changes.enabled ?? null,
    ],
  });
  return { before, after: after! };
}

/** Removes an endpoint with its deliveries and its log. @returns what it was, or null when there is none such. */
export async function removeEndpoint(
  tx: Tx,
  { tenantId, endpointId }: EndpointKey,
): Promise<WebhookEndpoint | null> {
  const [endpoint] = await tx.query<WebhookEndpoint>({
    text: `delete from webhook_endpoints where tenant_id = $1 and endpoint_id = $2 returning ${columns}`,
    values: [tenantId, endpointId],
  });
  return endpoint ?? null;
}

/**
 * Gives an endpoint a new secret. The others sign beside it until `expiresAt`, or until they expire anyway.
 * @returns false when there is no such endpoint.
 */
export async function rotateSecret(
  tx: Tx,
  { tenantId, endpointId }: EndpointKey,
  secret: string,
  expiresAt: Date,
): Promise<boolean> {
  const [endpoint] = await tx.query({
    text: `select endpoint_id from webhook_endpoints where tenant_id = $1 and endpoint_id = $2 for no key update`,
    values: [tenantId, endpointId],
  });
  if (!endpoint) return false;
  await tx.query({
    text: `update webhook_secrets set expires_at = least(expires_at, $3)
            where tenant_id = $1 and endpoint_id = $2`,
    values: [tenantId, endpointId, expiresAt],
  });
  await tx.query({
    text: `insert into webhook_secrets (tenant_id, endpoint_id, secret_no, secret)
           select $1, $2, max(secret_no) + 1, $3 from webhook_secrets where tenant_id = $1 and endpoint_id = $2`,
    values: [tenantId, endpointId, secret],
  });
  return true;
}
