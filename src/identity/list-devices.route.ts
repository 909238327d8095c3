import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { list } from '../http/schemas.ts';
import { listDevices } from './device.store.ts';
import {
  devicePageQuerySchema,
  deviceSchema,
  sellerParamsSchema,
  toDeviceAnswer,
} from './identity.schema.ts';

/** `GET /sellers/{id}/devices`: a seller's tills and scanners. */
export function listDevicesRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/devices',
    {
      config: { right: 'devices.read' },
      schema: {
        operationId: 'listDevices',
        tags: ['identity'],
        summary: "A seller's tills and scanners",
        params: sellerParamsSchema,
        querystring: devicePageQuerySchema,
        response: { 200: list(deviceSchema) },
      },
    },
    async (request) => {
      const { starting_after, limit = limits.pageRowsDefault } = request.query;
      const { devices, hasMore } = await listDevices(reader, request.params.seller_id, {
        limit,
        ...(starting_after === undefined ? {} : { startingAfter: starting_after }),
      });
      return { data: devices.map(toDeviceAnswer), has_more: hasMore };
    },
  );
}
