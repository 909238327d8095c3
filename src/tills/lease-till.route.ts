import { readSigningKeyOf } from '../admission/ticket-key.store.ts';
import { Problem } from '../base/errors.ts';
import { parseEventId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import type { Reader } from '../db/transaction.ts';
import { resolveHoldRequest } from '../holds/hold-request.ts';
import type { App } from '../http/app.ts';
import { actorOf, principalOf } from '../http/guard.ts';
import { deviceParamsSchema } from '../identity/identity.schema.ts';
import { signCodes, type TillLease } from './till-lease.ts';
import { leaseAnswerSchema, leaseBodySchema, tillOf } from './till.schema.ts';
import type { Tills } from './tills.ts';

type Deps = { reader: Reader; events: EventCache; tills: Tills };

/** `POST /sellers/{id}/tills/{id}/leases`: numbers and places with their prices, signed, for a till that sells without a network. */
export function leaseTillRoute(app: App, { reader, events, tills }: Deps): void {
  app.post(
    '/sellers/:seller_id/tills/:device_id/leases',
    {
      config: {
        right: 'tills.sell',
        problems: [
          'device_not_found',
          'event_not_found',
          'seat_not_found',
          'zone_not_found',
          'seat_unavailable',
          'table_incomplete',
          'sales_closed',
          'hold_expired',
          'till_point_missing',
          'till_series_strict',
          'till_leases_limit',
          'till_prices_unfit',
        ],
      },
      schema: {
        operationId: 'leaseTill',
        tags: ['tills'],
        summary: 'Lease numbers and places to a till; the same lease_id again gives the same lease',
        params: deviceParamsSchema,
        body: leaseBodySchema,
        response: { 201: leaseAnswerSchema },
      },
    },
    async (request, reply) => {
      const key = tillOf(request.params, principalOf(request));
      await tills.require(key);
      const { lease_id, event_id, numbers, seconds, seats = [], zones = [] } = request.body;
      const eventKey = parseEventId(event_id);
      const live = eventKey?.tenantId === key.tenantId ? await events.get(eventKey) : null;
      if (!live || live.event.status === 'draft')
        throw new Problem('event_not_found', `There is no event ${event_id}.`);
      const cart = resolveHoldRequest(live.event, { event_id, seats, zones }, limits.tillLeasePlacesMax);
      if ('bestAvailable' in cart) throw new Problem('body_invalid', 'A lease names its places.');
      const kept = await tills.lease(
        key,
        live,
        {
          leaseId: lease_id,
          cart,
          numbers: numbers ?? limits.tillBlockNumbers,
          seconds: seconds ?? limits.tillBlockSeconds,
        },
        actorOf(request),
      );
      const lease = JSON.parse(kept.document) as TillLease;
      const signer = await readSigningKeyOf(reader, key.tenantId, lease.key_id);
      const event = { tenantId: key.tenantId, eventId: kept.eventId };
      return reply.code(201).send({
        lease_id,
        state: kept.state,
        lease: kept.document,
        signature: kept.signature.toString('base64url'),
        codes: signCodes(lease, event, signer),
      });
    },
  );
}
