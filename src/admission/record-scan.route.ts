import type { Clock } from '../base/ids.ts';
import { eventKeyOf, eventNotFound } from '../catalog/change-event.schema.ts';
import type { Pool } from '../db/pool.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { eventIdSchema, object } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { hasEvent } from './revoked-code.store.ts';
import {
  readScanOrders,
  refuseUnrecorded,
  scanBodySchema,
  scanIdSchema,
  verdictAnswer,
  verdictSchema,
} from './scan.schema.ts';
import { readScan, recordScan } from './scan.store.ts';

type Deps = { pool: Pool; reader: Reader; clock: Clock };

/** `PUT /sellers/{id}/events/{id}/scans/{scan_id}`: may this ticket pass? The same scan again gets the same answer. */
export function recordScanRoute(app: App, { pool, reader, clock }: Deps): void {
  app.put(
    '/sellers/:seller_id/events/:event_id/scans/:scan_id',
    {
      compress: false,
      config: {
        right: 'admission.scan',
        hot: true,
        problems: ['event_not_found', 'gate_not_found', 'scan_id_reused'],
      },
      schema: {
        operationId: 'recordScan',
        tags: ['admission'],
        summary: 'Scan a ticket at a gate',
        description: 'A refusal of the ticket is an answer like any other; its `verdict` says so.',
        params: object({ seller_id: sellerIdSchema, event_id: eventIdSchema, scan_id: scanIdSchema }),
        body: scanBodySchema,
        response: { 200: verdictSchema },
      },
    },
    async (request) => {
      const key = eventKeyOf(request.params);
      const { scan_id: scanId, event_id: eventId } = request.params;
      if (!(await hasEvent(reader, key))) throw eventNotFound(eventId);
      const now = clock.now();
      const scan = { ...request.body, scanId, told: null, scannedAt: now, path: '' };
      const [order] = await readScanOrders(reader, key, [scan], { now, actor: actorOf(request) });
      refuseUnrecorded(await recordScan(pool, order!));
      return await verdictAnswer(reader, key, await readScan(reader, key, scanId));
    },
  );
}
