import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { eventIdSchema, list, object } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { namedEvent, voucherSchema, voucherToJson } from './voucher.schema.ts';
import { listVouchers } from './voucher-edit.store.ts';

/** `GET /sellers/{id}/vouchers`: the newest first, with how often each was used. */
export function listVouchersRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/vouchers',
    {
      config: { right: 'vouchers.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'listVouchers',
        tags: ['prices'],
        summary: 'Vouchers of the seller',
        params: sellerParamsSchema,
        querystring: object({
          event_id: Type.Optional(eventIdSchema),
          starting_after: Type.Optional(Type.Integer({ minimum: 1, maximum: 2_147_483_647 })),
          limit: Type.Optional(
            Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
          ),
        }),
        response: { 200: list(voucherSchema) },
      },
    },
    async ({ params: { seller_id: tenantId }, query }) => {
      const limit = query.limit ?? limits.pageRowsDefault;
      const rows = await listVouchers(reader, tenantId, {
        limit,
        startingAfter: query.starting_after ?? null,
        eventId: namedEvent(tenantId, query.event_id)?.eventId ?? null,
      });
      return {
        data: rows.slice(0, limit).map((row) => voucherToJson(tenantId, row)),
        has_more: rows.length > limit,
      };
    },
  );
}
