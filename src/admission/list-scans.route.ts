import { Type } from 'typebox';
import { limits } from '../base/limits.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from '../catalog/change-event.schema.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list, object } from '../http/schemas.ts';
import { readGateNames } from './door.store.ts';
import { hasEvent } from './revoked-code.store.ts';
import { scanAnswer, scanSchema } from './scan.schema.ts';
import { listScans } from './scan.store.ts';

const scanNoMax = 2_147_483_647;

/** `GET /sellers/{id}/events/{id}/scans`: what happened at the door, the last first. */
export function listScansRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/events/:event_id/scans',
    {
      config: { right: 'admission.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'listScans',
        tags: ['admission'],
        summary: 'The scans of an event, the last first',
        params: eventParamsSchema,
        querystring: object({
          starting_after: Type.Optional(
            Type.Integer({ minimum: 1, maximum: scanNoMax, description: 'A `scan_no`' }),
          ),
          limit: Type.Optional(
            Type.Integer({ minimum: 1, maximum: limits.pageRowsMax, default: limits.pageRowsDefault }),
          ),
          conflicts: Type.Optional(
            Type.Boolean({ description: 'Only those that let somebody through who should not have been' }),
          ),
        }),
        response: { 200: list(scanSchema) },
      },
    },
    async ({ params, query }) => {
      const key = eventKeyOf(params);
      if (!(await hasEvent(reader, key))) throw eventNotFound(params.event_id);
      const { starting_after: before = scanNoMax, limit = limits.pageRowsDefault, conflicts } = query;
      const page = { before, limit, conflictsOnly: conflicts === true };
      const [{ scans, hasMore }, gateNames] = await Promise.all([
        listScans(reader, key, page),
        readGateNames(reader, key),
      ]);
      return { data: scans.map((scan) => scanAnswer(scan, gateNames)), has_more: hasMore };
    },
  );
}
