import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { undoingFields } from '../cancellation/refund.schema.ts';
import { instantSchema, object, transactionIdSchema } from '../http/schemas.ts';
import { sellerIdSchema, uuidSchema } from '../identity/identity.schema.ts';
import { channelSchema } from '../notifications/message.schema.ts';
import type { BulkProgress } from './bulk-action.ts';

export const bulkActionParamsSchema = object({ seller_id: sellerIdSchema, bulk_id: uuidSchema });

const saleIdsSchema = Type.Array(uuidSchema, {
  minItems: 1,
  maxItems: limits.bulkActionSalesMax,
  uniqueItems: true,
  description: 'The sales; what is none of the seller is left out',
});

export const bulkResendBodySchema = object({ sale_ids: saleIdsSchema, channel: channelSchema });
export const bulkRefundBodySchema = object({ sale_ids: saleIdsSchema, ...undoingFields });

/** A bulk action as staff see it. */
export const bulkActionSchema = object({
  id: uuidSchema,
  kind: Type.Enum(['resend', 'refund']),
  state: Type.Enum(['running', 'ended']),
  by: Type.String(),
  created_at: instantSchema,
  ended_at: Type.Optional(instantSchema),
  sales: Type.Integer({ minimum: 0 }),
  done: Type.Integer({ minimum: 0 }),
  failed: Type.Integer({ minimum: 0, description: 'Resume it once what stands in their way is gone' }),
  failures: Type.Array(
    object({ transaction_id: transactionIdSchema, code: Type.String(), detail: Type.String() }),
  ),
});

/** The answer for a bulk action as it stands. */
export function bulkActionAnswer(bulk: BulkProgress): Static<typeof bulkActionSchema> {
  const { sales, done, failed, endedAt } = bulk;
  return {
    id: bulk.bulkId,
    kind: bulk.terms.kind,
    state: endedAt ? 'ended' : 'running',
    by: bulk.actor.name,
    created_at: bulk.createdAt.toISOString(),
    ...(endedAt && { ended_at: endedAt.toISOString() }),
    sales,
    done,
    failed,
    failures: bulk.failures.map(({ transactionId, code, detail }) => ({
      transaction_id: transactionId,
      code,
      detail,
    })),
  };
}

/** What is answered for a bulk action that is not there, or another seller's. */
export function bulkActionNotFound(): Problem {
  return new Problem('bulk_action_not_found', 'There is no such bulk action.');
}
