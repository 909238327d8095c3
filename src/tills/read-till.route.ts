import { limits } from '../base/limits.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { principalOf } from '../http/guard.ts';
import { deviceParamsSchema } from '../identity/identity.schema.ts';
import { tillOf, tillSchema, toLeaseStateAnswer } from './till.schema.ts';
import { readTill } from './till.store.ts';
import type { Tills } from './tills.ts';

/** `GET /sellers/{id}/tills/{id}`: how far a till has told, its leases, and how many conflicts are open. */
export function readTillRoute(app: App, { reader, tills }: { reader: Reader; tills: Tills }): void {
  app.get(
    '/sellers/:seller_id/tills/:device_id',
    {
      config: { right: 'tills.read', problems: ['device_not_found'] },
      schema: {
        operationId: 'readTill',
        tags: ['tills'],
        summary: 'What the server knows of a till',
        params: deviceParamsSchema,
        response: { 200: tillSchema },
      },
    },
    async (request) => {
      const key = tillOf(request.params, principalOf(request));
      await tills.require(key);
      const { lastSequence, conflictsOpen, leases } = await readTill(reader, key, limits.tillLeasesListedMax);
      return {
        device_id: key.deviceNo,
        last_sequence: lastSequence,
        conflicts_open: conflictsOpen,
        leases: leases.map((lease) => toLeaseStateAnswer(key.tenantId, lease)),
      };
    },
  );
}
