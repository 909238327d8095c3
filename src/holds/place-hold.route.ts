import { randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { serverTiming } from '../base/group-timing.ts';
import { parseEventId, type Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import { isOnSale } from '../catalog/event.ts';
import type { App } from '../http/app.ts';
import { eventIdSchema, object, seatIdSchema, zoneIdSchema } from '../http/schemas.ts';
import type { ClientHolds, HoldClient } from './client-holds.ts';
import type { Reader } from '../db/transaction.ts';
import {
  cartProblems,
  readWishes,
  seatKindsSchema,
  ticketKindSchema,
  wishesProperties,
} from '../pricing/wishes.schema.ts';
import { resolveHoldRequest } from './hold-request.ts';
import { holdSchema } from './hold.schema.ts';
import { holdToJson, type HoldPolicy } from './hold.ts';
import type { Holds } from './holds.ts';

const quantitySchema = Type.Integer({ minimum: 1, maximum: limits.placesPerCartMax });

const bodySchema = object({
  event_id: eventIdSchema,
  seats: Type.Optional(Type.Array(seatIdSchema, { maxItems: limits.placesPerCartMax })),
  zones: Type.Optional(
    Type.Array(
      object({
        zone_id: zoneIdSchema,
        quantity: quantitySchema,
        ticket_kind: Type.Optional(ticketKindSchema),
      }),
      {
        maxItems: limits.placesPerCartMax,
      },
    ),
  ),
  seat_kinds: Type.Optional(seatKindsSchema),
  best_available: Type.Optional(object({ quantity: quantitySchema, zone_id: Type.Optional(zoneIdSchema) })),
  ...wishesProperties,
});

type Deps = {
  reader: Reader;
  events: EventCache;
  holds: Holds;
  clientHolds: ClientHolds;
  clock: Clock;
  policy: HoldPolicy;
  holdsPerClientMax: number;
  holdsPerAddressMax: number;
};

const cookieName = 'taquilla_client';
const cookiePattern = new RegExp(`(?:^|; )${cookieName}=([A-Za-z0-9_-]{22})(?:;|$)`);
const loopback = /^(::1|(::ffff:)?127\.)/;

/**
 * A browser is known by its cookie, and bounded by it; an address stands for many people behind one router, and
 * has a limit of its own. This machine's own address is no client's.
 */
function clientsOf(request: FastifyRequest, reply: FastifyReply, deps: Deps): HoldClient[] {
  const cookie = cookiePattern.exec(request.headers.cookie ?? '')?.[1];
  if (!cookie) {
    const id = randomBytes(16).toString('base64url');
    reply.header('set-cookie', `${cookieName}=${id}; Path=/sales; HttpOnly; SameSite=Lax`);
  }
  return [
    ...(cookie ? [{ id: `cookie ${cookie}`, holdsMax: deps.holdsPerClientMax }] : []),
    ...(loopback.test(request.ip)
      ? []
      : [{ id: `address ${request.ip}`, holdsMax: deps.holdsPerAddressMax }]),
  ];
}

/** `POST /sales/holds`: takes places off the market until the hold expires, with a quote. */
export function placeHoldRoute(app: App, deps: Deps): void {
  app.post(
    '/sales/holds',
    {
      compress: false,
      config: {
        hot: true,
        sheds: true,
        problems: [
          'event_not_found',
          'seat_not_found',
          'zone_not_found',
          'seat_unavailable',
          'sales_closed',
          ...cartProblems,
          'holds_limit',
          'overloaded',
          'unavailable',
        ],
      },
      schema: {
        operationId: 'placeHold',
        tags: ['holds'],
        summary: 'Hold places, by name or the best available',
        body: bodySchema,
        response: { 201: holdSchema },
      },
    },
    async (request, reply) => {
      const key = parseEventId(request.body.event_id);
      const live = key && (await deps.events.get(key));
      if (!live || live.event.status === 'draft') {
        throw new Problem('event_not_found', `There is no event ${request.body.event_id}.`);
      }
      const wanted = resolveHoldRequest(live.event, request.body);
      const now = deps.clock.now();
      if (!isOnSale(live.event, now))
        throw new Problem('sales_closed', `"${live.event.name}" is not on sale now.`);
      const clients = clientsOf(request, reply, deps);
      deps.clientHolds.check(clients, now.getTime());
      const wishes = await readWishes(deps.reader, live.event.tenantId, request.body);
      const { hold, split, timing } = await deps.holds.place(live, wanted, wishes);
      deps.clientHolds.add(clients, hold.holdId, hold.expiresAt.getTime());
      reply.code(201).header('server-timing', serverTiming(timing, 'holds'));
      return { ...holdToJson(live.event, hold, deps.clock.now(), deps.policy), split };
    },
  );
}
