import { Problem } from '../base/errors.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { endedLeaseSchema, endLeaseBodySchema, leaseParamsSchema, tillOf } from './till.schema.ts';
import type { LeaseEnd, Tills } from './tills.ts';

type Body = { last_sequence?: number; numbers_used?: number; lost_reason?: string };

function readEnd({ last_sequence, numbers_used, lost_reason }: Body, isDevice: boolean): LeaseEnd {
  if (lost_reason !== undefined) {
    if (isDevice) throw new Problem('forbidden', 'A till that can be asked is not lost: staff say so.');
    return { lostReason: lost_reason };
  }
  if (last_sequence === undefined || numbers_used === undefined) {
    const message =
      'Give last_sequence and numbers_used of the till, or lost_reason when it will tell of nothing more.';
    throw new Problem('body_invalid', message, { errors: [{ path: '', code: 'missing', message }] });
  }
  return { lastSequence: last_sequence, numbersUsed: numbers_used };
}

/** `POST /sellers/{id}/tills/{id}/leases/{id}/return`: what a till has not used goes back. */
export function endTillLeaseRoute(app: App, { tills }: { tills: Tills }): void {
  app.post(
    '/sellers/:seller_id/tills/:device_id/leases/:lease_id/return',
    {
      config: {
        right: 'tills.sell',
        problems: ['device_not_found', 'till_lease_not_found', 'till_not_synced', 'fiscal_day_closed'],
      },
      schema: {
        operationId: 'returnTillLease',
        tags: ['tills'],
        summary:
          'End a lease: places go on sale again, unused numbers to others, or void when the till is lost',
        params: leaseParamsSchema,
        body: endLeaseBodySchema,
        response: { 200: endedLeaseSchema },
      },
    },
    async (request) => {
      const principal = principalOf(request);
      const key = tillOf(request.params, principal);
      await tills.require(key);
      const how = readEnd(request.body, principal.kind === 'device');
      const { leaseId, state } = await tills.end(key, request.params.lease_id, how, actorOf(request));
      return { lease_id: leaseId, state };
    },
  );
}
