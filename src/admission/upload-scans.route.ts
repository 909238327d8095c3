import { Type } from 'typebox';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from '../catalog/change-event.schema.ts';
import type { Pool } from '../db/pool.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { readGateNames } from './door.store.ts';
import { hasEvent } from './revoked-code.store.ts';
import { readScanOrders, refuseUnrecorded, scanAnswer, scanSchema, uploadBodySchema } from './scan.schema.ts';
import { readScan, recordScan } from './scan.store.ts';

type Deps = { pool: Pool; reader: Reader; clock: Clock };

/** `POST /sellers/{id}/events/{id}/scans`: a scanner tells of what it did without a connection, in order. */
export function uploadScansRoute(app: App, { pool, reader, clock }: Deps): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/scans',
    {
      config: { right: 'admission.scan', problems: ['event_not_found', 'scan_id_reused'] },
      schema: {
        operationId: 'uploadScans',
        tags: ['admission'],
        summary: 'Scans that were made without a connection, in order; those that came before change nothing',
        description: `At most ${limits.scansPerUploadMax}. Who was let through although somebody else was in by the ticket, or it was no good, is a \`conflict\`: both scans are kept.`,
        params: eventParamsSchema,
        body: uploadBodySchema,
        response: { 200: object({ data: Type.Array(scanSchema) }) },
      },
    },
    async (request) => {
      const key = eventKeyOf(request.params);
      if (!(await hasEvent(reader, key))) throw eventNotFound(request.params.event_id);
      const scans = request.body.scans.map(({ scan_id: scanId, scanned_at: at, ...scan }, i) => {
        return { ...scan, scanId, scannedAt: new Date(at), path: `/scans/${i}` };
      });
      const by = { now: clock.now(), actor: actorOf(request) };
      const data = [];
      const gateNames = await readGateNames(reader, key);
      for (const order of await readScanOrders(reader, key, scans, by)) {
        refuseUnrecorded(await recordScan(pool, order));
        data.push(scanAnswer(await readScan(reader, key, order.scanId), gateNames));
      }
      return { data };
    },
  );
}
