import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { principalOf } from '../http/guard.ts';
import { list } from '../http/schemas.ts';
import { deviceParamsSchema } from '../identity/identity.schema.ts';
import { conflictPageQuerySchema, conflictSchema, tillOf, toConflictAnswer } from './till.schema.ts';
import { listConflicts } from './till.store.ts';
import type { Tills } from './tills.ts';

/** `GET /sellers/{id}/tills/{id}/conflicts`: what did not go as the till believed. */
export function listTillConflictsRoute(app: App, { reader, tills }: { reader: Reader; tills: Tills }): void {
  app.get(
    '/sellers/:seller_id/tills/:device_id/conflicts',
    {
      config: { right: 'tills.read', problems: ['device_not_found'] },
      schema: {
        operationId: 'listTillConflicts',
        tags: ['tills'],
        summary: "A till's conflicts, the open ones unless all are asked for",
        params: deviceParamsSchema,
        querystring: conflictPageQuerySchema,
        response: { 200: list(conflictSchema) },
      },
    },
    async (request) => {
      const key = tillOf(request.params, principalOf(request));
      await tills.require(key);
      const { starting_after, state = 'open', limit = limits.pageRowsDefault } = request.query;
      const { conflicts, hasMore } = await listConflicts(reader, key, {
        limit,
        openOnly: state === 'open',
        ...(starting_after === undefined ? {} : { startingAfter: starting_after }),
      });
      return { data: conflicts.map(toConflictAnswer), has_more: hasMore };
    },
  );
}
