import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { holdTokenSchema, object, zoneIdSchema } from '../http/schemas.ts';
import { isHeldByPlan } from '../payments/payment-plan.store.ts';
import {
  cartProblems,
  kindCountsSchema,
  readWishes,
  seatKindsSchema,
  ticketKindSchema,
  wishesProperties,
} from '../pricing/wishes.schema.ts';
import { holdSchema } from './hold.schema.ts';
import { holdToJson, type HoldPolicy } from './hold.ts';
import { assignKinds, changeKinds } from './hold-request.ts';
import { openHold, type Holds } from './holds.ts';

type Deps = { reader: Reader; events: EventCache; holds: Holds; clock: Clock; policy: HoldPolicy };

const bodySchema = object({
  seat_kinds: Type.Optional(seatKindsSchema),
  zones: Type.Optional(
    Type.Array(
      object({
        zone_id: zoneIdSchema,
        quantity: Type.Integer({ minimum: 1, maximum: limits.placesPerCartMax }),
        ticket_kind: ticketKindSchema,
      }),
      {
        maxItems: limits.placesPerCartMax,
        description: 'The kinds of places in general zones; their numbers stay as they were held',
      },
    ),
  ),
  ticket_kinds: Type.Optional(kindCountsSchema),
  ...wishesProperties,
  voucher: Type.Optional(Type.Union([wishesProperties.voucher, Type.Null()])),
});

/** `PATCH /sales/holds/{token}`: other kinds of ticket, voucher, buyer or means of payment for the same places. */
export function changeHoldRoute(app: App, deps: Deps): void {
  app.patch(
    '/sales/holds/:hold_token',
    {
      compress: false,
      config: {
        problems: [
          'hold_not_found',
          'hold_expired',
          'hold_released',
          'hold_already_confirmed',
          'plan_under_way',
          ...cartProblems,
        ],
      },
      schema: {
        operationId: 'changeHold',
        tags: ['holds'],
        summary: 'Change what a hold is quoted under; what is absent stays as it is',
        params: object({ hold_token: holdTokenSchema }),
        body: bodySchema,
        response: { 200: holdSchema },
      },
    },
    async (request) => {
      const { live, holdId } = await openHold(deps.events, request.params.hold_token);
      if (await isHeldByPlan(deps.reader, live.event.tenantId, holdId)) {
        throw new Problem('plan_under_way', 'These places are being paid by a plan. Nothing was changed.');
      }
      const { voucher, ...body } = request.body;
      const before = await deps.holds.read(live, holdId);
      const { terms } = before.quote;
      const code = voucher === undefined ? (terms?.voucher?.code ?? null) : voucher;
      const named = await readWishes(deps.reader, live.event.tenantId, {
        ...body,
        ...(code !== null && { voucher: code }),
      });
      const wishes = {
        ...named,
        buyer: named.buyer ?? terms?.buyer ?? null,
        paymentMethod: named.paymentMethod ?? terms?.paymentMethod ?? null,
      };
      const cart = body.ticket_kinds
        ? assignKinds(live.event, before.cart, body.ticket_kinds)
        : changeKinds(live.event, before.cart, body);
      const hold = await deps.holds.change(live, before, cart, wishes);
      return holdToJson(live.event, hold, deps.clock.now(), deps.policy);
    },
  );
}
