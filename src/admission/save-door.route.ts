import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { eventKeyOf, eventNotFound, eventParamsSchema } from '../catalog/change-event.schema.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { doorAnswer, doorSchema, readDoorDraft, saveDoorBodySchema } from './door.schema.ts';
import { lockDoor, readDoor, saveDoor } from './door.store.ts';

type Deps = { pool: Pool; events: EventCache; clock: Clock; ids: IdSource };

/** `PUT /sellers/{id}/events/{id}/door`: other gates and rules, from the next scan on. */
export function saveDoorRoute(app: App, { pool, events, clock, ids }: Deps): void {
  app.put(
    '/sellers/:seller_id/events/:event_id/door',
    {
      config: { right: 'admission.manage', problems: ['event_not_found', 'door_changed'] },
      schema: {
        operationId: 'saveDoor',
        tags: ['admission'],
        summary: 'Say which gates an event has, whom each admits, and when',
        params: eventParamsSchema,
        body: saveDoorBodySchema,
        response: { 200: doorSchema },
      },
    },
    async (request) => {
      const key = eventKeyOf(request.params);
      const live = await events.get(key);
      if (!live) throw eventNotFound(request.params.event_id);
      const { event } = live;
      const now = clock.now();
      const { body } = request;
      const after = await transact(pool, async (tx) => {
        await lockDoor(tx, key);
        const before = await readDoor(tx, key);
        if (before.version !== body.version) {
          const detail = `The gates are at version ${before.version}, not ${body.version}: read them again. Nothing was changed.`;
          throw new Problem('door_changed', detail, { members: { door: doorAnswer(event, before) } });
        }
        await saveDoor(tx, key, readDoorDraft(event, before, body), now);
        const saved = await readDoor(tx, key);
        const factsOf = (door: typeof saved) => {
          const { version, opens_at, closes_at, reentry, gates } = doorAnswer(event, door);
          return { version, opens_at, closes_at, reentry, gates: gates.map((gate) => JSON.stringify(gate)) };
        };
        await recordChange(tx, ids, {
          tenantId: key.tenantId,
          at: now,
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'door', id: request.params.event_id },
          before: factsOf(before),
          after: factsOf(saved),
        });
        return saved;
      });
      return doorAnswer(event, after);
    },
  );
}
