import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { instantSchema, list, object } from '../http/schemas.ts';
import { listChanges } from './audit-log.store.ts';
import { sellerParamsSchema, uuidPageQuerySchema, uuidSchema } from './identity.schema.ts';

const factsSchema = Type.Union([Type.Record(Type.String(), Type.Unknown()), Type.Null()]);

const entrySchema = object({
  id: uuidSchema,
  at: instantSchema,
  actor: object({
    kind: Type.Enum(['staff', 'api_key', 'device', 'command']),
    id: Type.String(),
    name: Type.String(),
  }),
  verb: Type.String({ examples: ['invite'] }),
  object: object({ kind: Type.String({ examples: ['invitation'] }), id: Type.String() }),
  before: factsSchema,
  after: factsSchema,
  address: Type.Union([Type.String(), Type.Null()]),
  request_id: Type.Union([Type.String(), Type.Null()]),
});

/** `GET /sellers/{id}/audit-log`: who changed what and when, the newest first. */
export function listAuditLogRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/audit-log',
    {
      config: { right: 'audit.read' },
      schema: {
        operationId: 'listAuditLog',
        tags: ['identity'],
        summary: 'Who changed what',
        params: sellerParamsSchema,
        querystring: uuidPageQuerySchema,
        response: { 200: list(entrySchema) },
      },
    },
    async (request) => {
      const { starting_after, limit = limits.pageRowsDefault } = request.query;
      const { entries, hasMore } = await listChanges(reader, request.params.seller_id, {
        limit,
        ...(starting_after === undefined ? {} : { startingAfter: starting_after }),
      });
      const data = entries.map((entry) => ({
        id: entry.entryId,
        at: entry.at.toISOString(),
        actor: { kind: entry.actorKind, id: entry.actorId, name: entry.actorName },
        verb: entry.verb,
        object: { kind: entry.objectKind, id: entry.objectId },
        before: entry.before,
        after: entry.after,
        address: entry.address,
        request_id: entry.requestId,
      }));
      return { data, has_more: hasMore };
    },
  );
}
