import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import {
  conflictParamsSchema,
  conflictSchema,
  resolveBodySchema,
  tillOf,
  toConflictAnswer,
} from './till.schema.ts';
import { lockConflict, resolveConflict } from './till.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/tills/{id}/conflicts/{id}/resolve`: somebody says how a conflict was settled, once. */
export function resolveTillConflictRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/tills/:device_id/conflicts/:conflict_id/resolve',
    {
      config: { right: 'tills.resolve', problems: ['till_conflict_not_found', 'till_conflict_resolved'] },
      schema: {
        operationId: 'resolveTillConflict',
        tags: ['tills'],
        summary: 'Note how a conflict was settled',
        params: conflictParamsSchema,
        body: resolveBodySchema,
        response: { 200: conflictSchema },
      },
    },
    async (request) => {
      const key = tillOf(request.params, principalOf(request));
      const { conflict_id: conflictNo } = request.params;
      const { resolution, note } = request.body;
      const actor = actorOf(request);
      const at = clock.now();
      return await transact(pool, async (tx) => {
        const conflict = await lockConflict(tx, key, conflictNo);
        if (!conflict)
          throw new Problem('till_conflict_not_found', `The till has no conflict ${conflictNo}.`);
        if (conflict.resolvedAt)
          throw new Problem('till_conflict_resolved', `The conflict was settled as ${conflict.resolution}.`);
        await resolveConflict(tx, key, conflictNo, { resolution, note, by: actor.name, at });
        await recordChange(tx, ids, {
          tenantId: key.tenantId,
          at,
          actor,
          verb: 'resolve',
          object: { kind: 'till_conflict', id: `${key.deviceNo}/${conflictNo}` },
          after: { kind: conflict.kind, resolution, note },
        });
        return toConflictAnswer({ ...conflict, resolution, note, resolvedBy: actor.name, resolvedAt: at });
      });
    },
  );
}
