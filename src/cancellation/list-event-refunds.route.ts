import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import { bulkParamsSchema, bulkRefundAnswer, bulkRefundSchema, ownEventOf } from './bulk-refund.schema.ts';
import { listBulkRefunds } from './bulk-refund.store.ts';

/** `GET /sellers/{id}/events/{id}/refunds`: how far the refunds of a whole event have come. */
export function listEventRefundsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/events/:event_id/refunds',
    {
      config: { right: 'sales.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'listEventRefunds',
        tags: ['refunds'],
        summary: 'How far the refunds of an event have come, the newest first',
        params: bulkParamsSchema,
        response: { 200: list(bulkRefundSchema) },
      },
    },
    async ({ params }) => {
      const bulks = await listBulkRefunds(reader, ownEventOf(params), {
        rows: limits.bulkRefundsListedMax,
        failures: limits.bulkRefundFailuresListedMax,
      });
      return { data: bulks.map(bulkRefundAnswer), has_more: false };
    },
  );
}
