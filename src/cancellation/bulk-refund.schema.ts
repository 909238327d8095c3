import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { formatEventId, parseEventId, type EventKey } from '../base/ids.ts';
import { eventIdSchema, instantSchema, moneySchema, object, transactionIdSchema } from '../http/schemas.ts';
import { sellerIdSchema, uuidSchema } from '../identity/identity.schema.ts';
import type { BulkRefundProgress } from './bulk-refund.store.ts';

export const bulkParamsSchema = object({ seller_id: sellerIdSchema, event_id: eventIdSchema });

/** The event of a path. @throws Problem `event_not_found` unless it is the seller's. */
export function ownEventOf(params: { seller_id: number; event_id: string }): EventKey {
  const key = parseEventId(params.event_id);
  if (key?.tenantId !== params.seller_id)
    throw new Problem('event_not_found', `There is no event ${params.event_id}.`);
  return key;
}

/** A walk over the sales of an event, as staff see it. */
export const bulkRefundSchema = object({
  id: uuidSchema,
  event_id: eventIdSchema,
  kind: Type.Enum(['refund', 'event_cancelled']),
  state: Type.Enum(['running', 'ended']),
  reason: Type.String(),
  returned_fees: Type.Boolean(),
  resold: Type.Boolean(),
  created_at: instantSchema,
  ended_at: Type.Optional(instantSchema),
  sales_found: Type.Integer({ minimum: 0, description: 'Sales with places, when it began' }),
  sales_refunded: Type.Integer({ minimum: 0 }),
  amount: moneySchema,
  paid_back: moneySchema,
  failed: Type.Integer({ minimum: 0, description: 'Resume it once what stands in their way is gone' }),
  failures: Type.Array(
    object({ transaction_id: transactionIdSchema, code: Type.String(), detail: Type.String() }),
  ),
});

/** The answer for a walk as it stands. */
export function bulkRefundAnswer(bulk: BulkRefundProgress) {
  const { kind, reason, amount, failed, endedAt } = bulk;
  return {
    id: bulk.bulkId,
    event_id: formatEventId(bulk),
    kind,
    state: endedAt ? ('ended' as const) : ('running' as const),
    reason,
    returned_fees: bulk.feesReturned,
    resold: bulk.resold,
    created_at: bulk.createdAt.toISOString(),
    ...(endedAt && { ended_at: endedAt.toISOString() }),
    sales_found: bulk.salesFound,
    sales_refunded: bulk.salesRefunded,
    amount,
    paid_back: bulk.paidBack,
    failed,
    failures: bulk.failures.map(({ transactionId, code, detail }) => ({
      transaction_id: transactionId,
      code,
      detail,
    })),
  };
}
