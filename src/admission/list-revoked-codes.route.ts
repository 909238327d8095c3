import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { parseEventId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { eventIdSchema, instantSchema, list, object } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { formatTicketId } from '../orders/sale.ts';
import { hasEvent, readRevokedCodes } from './revoked-code.store.ts';

const revokedSchema = object({
  id: Type.Integer({ description: "Its number among the event's revocations; the cursor" }),
  ticket_id: Type.String({ description: "A ticket's id" }),
  generation: Type.Integer({ description: 'Codes of this ticket up to this generation are refused' }),
  reason: Type.Enum(['reissued', 'transferred', 'returned']),
  revoked_at: instantSchema,
});

/** `GET /sellers/{id}/events/{event_id}/revoked-codes`: what a scanner refuses; it asks again after the last it has. */
export function listRevokedCodesRoute(app: App, deps: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/events/:event_id/revoked-codes',
    {
      config: { right: 'admission.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'listRevokedCodes',
        tags: ['admission'],
        summary: 'The codes of an event that the door refuses, the oldest first',
        params: object({ seller_id: sellerIdSchema, event_id: eventIdSchema }),
        querystring: object({
          starting_after: Type.Optional(Type.Integer({ minimum: 0, maximum: 2_147_483_647, default: 0 })),
          limit: Type.Optional(
            Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsMax }),
          ),
        }),
        response: { 200: list(revokedSchema) },
      },
    },
    async ({ params, query }) => {
      const key = parseEventId(params.event_id);
      const isOwn = key?.tenantId === params.seller_id && (await hasEvent(deps.reader, key));
      if (!key || !isOwn) throw new Problem('event_not_found', `There is no event ${params.event_id}.`);
      const { starting_after: after = 0, limit = limits.pageRowsMax } = query;
      const { codes, hasMore } = await readRevokedCodes(deps.reader, key, after, limit);
      return {
        data: codes.map((code) => ({
          id: code.revocationNo,
          ticket_id: formatTicketId(code.transactionId, code.itemNo),
          generation: code.generation,
          reason: code.reason,
          revoked_at: code.revokedAt.toISOString(),
        })),
        has_more: hasMore,
      };
    },
  );
}
