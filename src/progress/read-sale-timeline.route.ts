import { isUuid } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { saleNotFound } from '../orders/sale-token.ts';
import { timelineAnswer, timelineSchema } from './timeline.schema.ts';
import { readTimelineParts } from './timeline.store.ts';
import { timelineOf } from './timeline.ts';

/** `GET /sellers/{id}/transactions/{id}/timeline`: all that has happened to a sale, for those who support its buyer. */
export function readSaleTimelineRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/transactions/:transaction_id/timeline',
    {
      config: { right: 'sales.read', problems: ['transaction_not_found'] },
      schema: {
        operationId: 'readSaleTimeline',
        tags: ['messages'],
        summary: 'All that has happened to a sale, with every attempt and error',
        params: object({ seller_id: sellerIdSchema, transaction_id: transactionIdSchema }),
        response: { 200: timelineSchema },
      },
    },
    async ({ params: { seller_id: tenantId, transaction_id: transactionId } }) => {
      const parts = isUuid(transactionId) && (await readTimelineParts(reader, { tenantId, transactionId }));
      if (!parts) throw saleNotFound();
      return timelineAnswer(parts, timelineOf(parts));
    },
  );
}
