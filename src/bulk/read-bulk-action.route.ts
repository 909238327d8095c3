import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import {
  bulkActionAnswer,
  bulkActionNotFound,
  bulkActionParamsSchema,
  bulkActionSchema,
} from './bulk-action.schema.ts';
import { readBulkActions } from './bulk-action.store.ts';

/** `GET /sellers/{id}/bulk-actions` and `…/{id}`: how far what is done to many sales has come. */
export function readBulkActionRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/bulk-actions',
    {
      config: { right: 'sales.read' },
      schema: {
        operationId: 'listBulkActions',
        tags: ['sales desk'],
        summary: 'The last bulk actions, the newest first, without what failed',
        params: sellerParamsSchema,
        response: { 200: object({ data: Type.Array(bulkActionSchema) }) },
      },
    },
    async ({ params: { seller_id: tenantId } }) => {
      const page = { bulkId: null, rows: limits.bulkActionsListedMax, failures: 0 };
      return { data: (await readBulkActions(reader, tenantId, page)).map(bulkActionAnswer) };
    },
  );
  app.get(
    '/sellers/:seller_id/bulk-actions/:bulk_id',
    {
      config: { right: 'sales.read', problems: ['bulk_action_not_found'] },
      schema: {
        operationId: 'readBulkAction',
        tags: ['sales desk'],
        summary: 'How far a bulk action has come, and what failed of it',
        params: bulkActionParamsSchema,
        response: { 200: bulkActionSchema },
      },
    },
    async ({ params: { seller_id: tenantId, bulk_id: bulkId } }) => {
      const page = { bulkId, rows: 1, failures: limits.bulkRefundFailuresListedMax };
      const [bulk] = await readBulkActions(reader, tenantId, page);
      if (!bulk) throw bulkActionNotFound();
      return bulkActionAnswer(bulk);
    },
  );
}
