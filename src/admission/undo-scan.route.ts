import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { eventKeyOf } from '../catalog/change-event.schema.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { eventIdSchema, object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { scanIdSchema, verdictAnswer, verdictSchema } from './scan.schema.ts';
import { readScan, undoScan } from './scan.store.ts';

type Deps = { pool: Pool; reader: Reader; clock: Clock; ids: IdSource };

const sentences = {
  scan_not_found: 'The event has no such scan.',
  scan_not_last: 'Only the last scan that let a ticket through can be taken back. Nothing was changed.',
} as const;

/** `POST /sellers/{id}/events/{id}/scans/{scan_id}/undo`: the steward in charge takes a ticket's last scan back. */
export function undoScanRoute(app: App, { pool, reader, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/scans/:scan_id/undo',
    {
      compress: false,
      config: { right: 'admission.undo', problems: ['event_not_found', 'scan_not_found', 'scan_not_last'] },
      schema: {
        operationId: 'undoScan',
        tags: ['admission'],
        summary: 'Take the last scan of a ticket back: it stands as it did before',
        params: object({ seller_id: sellerIdSchema, event_id: eventIdSchema, scan_id: scanIdSchema }),
        response: { 200: verdictSchema },
      },
    },
    async (request) => {
      const key = eventKeyOf(request.params);
      const { scan_id: scanId } = request.params;
      const now = clock.now();
      const actor = actorOf(request);
      await transact(pool, async (tx) => {
        const outcome = await undoScan(tx, key, scanId, { undoId: ids.uuid(), now, actor });
        if (outcome === 'replayed') return;
        if (outcome !== 'undone') throw new Problem(outcome, sentences[outcome]);
        await recordChange(tx, ids, {
          tenantId: key.tenantId,
          at: now,
          actor,
          verb: 'undo',
          object: { kind: 'scan', id: scanId },
        });
      });
      return await verdictAnswer(reader, key, await readScan(reader, key, scanId));
    },
  );
}
