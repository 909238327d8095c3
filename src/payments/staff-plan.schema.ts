import { isUuid } from '../base/ids.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import type { IntentKey } from './intent.ts';
import { planNotFound } from './payment-plans.ts';

export const planParamsSchema = object({ seller_id: sellerIdSchema, transaction_id: transactionIdSchema });

/** The plan that a path names. @throws Problem `plan_not_found`. */
export function planKeyOf(params: { seller_id: number; transaction_id: string }): IntentKey {
  if (!isUuid(params.transaction_id)) throw planNotFound();
  return { tenantId: params.seller_id, transactionId: params.transaction_id };
}
