import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { EventCache } from '../catalog/event-cache.ts';
import type { Reader } from '../db/transaction.ts';
import { resolveHoldRequest } from '../holds/hold-request.ts';
import type { App } from '../http/app.ts';
import { object, quoteSchema, seatIdSchema, zoneIdSchema } from '../http/schemas.ts';
import { checkCart } from './cart-rules.ts';
import { eventKeyOf, eventParamsSchema } from './price-list.schema.ts';
import { stageCounter } from './price-list.ts';
import { quoteCart, quoteToJson } from './quote-cart.ts';
import type { PriceStep } from './quote.ts';
import {
  cartProblems,
  readWishes,
  seatKindsSchema,
  ticketKindSchema,
  wishesProperties,
} from './wishes.schema.ts';

type Deps = { events: EventCache; reader: Reader; clock: Clock };

const stepNames = [
  'price',
  'modifier',
  'stage',
  'ticket_kind',
  'voucher',
  'fee',
  'absorbed_fee',
  'included_tax',
  'added_tax',
] as const satisfies PriceStep['step'][];

const stepSchema = object(
  {
    step: Type.Enum([...stepNames]),
    name: Type.String(),
    line: Type.Optional(Type.Integer({ minimum: 0, description: 'The place of the line in the quote' })),
    amount: Type.Integer({
      description: 'Minor units that it adds; what is included or absorbed adds nothing',
    }),
    result: Type.Integer({ description: "The unit price so far, then the line's or the order's sum" }),
  },
  { description: 'One step of the sum' },
);

const bodySchema = object({
  seats: Type.Optional(Type.Array(seatIdSchema, { maxItems: limits.placesPerCartMax })),
  seat_kinds: Type.Optional(seatKindsSchema),
  zones: Type.Optional(
    Type.Array(
      object({
        zone_id: zoneIdSchema,
        quantity: Type.Integer({ minimum: 1, maximum: limits.placesPerCartMax }),
        ticket_kind: Type.Optional(ticketKindSchema),
      }),
      { maxItems: limits.placesPerCartMax },
    ),
  ),
  ...wishesProperties,
  at: Type.Optional(
    Type.String({
      maxLength: 40,
      pattern: '^\\d{4}-\\d\\d-\\d\\dT\\S+(Z|[+-]\\d\\d:\\d\\d)$',
      description: 'The instant; now when absent',
    }),
  ),
  sold: Type.Optional(
    Type.Array(
      object({ stage: ticketKindSchema, tickets: Type.Integer({ minimum: 0, maximum: 10_000_000 }) }),
      {
        maxItems: limits.priceStagesMax,
        description: 'Tickets of price stages taken to be gone; the real numbers when absent',
      },
    ),
  ),
});

/** `POST /sellers/{id}/events/{id}/quote-previews`: what any cart costs at any instant, and how that comes about. */
export function previewQuoteRoute(app: App, { events, reader, clock }: Deps): void {
  app.post(
    '/sellers/:seller_id/events/:event_id/quote-previews',
    {
      config: {
        right: 'catalog.read',
        problems: [
          'event_not_found',
          'seat_not_found',
          'zone_not_found',
          'seat_unavailable',
          ...cartProblems,
        ],
      },
      schema: {
        operationId: 'previewQuote',
        tags: ['prices'],
        summary: 'What a cart costs at an instant, step by step; nothing is held',
        params: eventParamsSchema,
        body: bodySchema,
        response: {
          200: object({
            at: Type.String(),
            quote: quoteSchema,
            steps: Type.Array(stepSchema),
          }),
        },
      },
    },
    async ({ params, body }) => {
      const key = eventKeyOf(params);
      const live = await events.get(key);
      if (!live) throw new Problem('event_not_found', `This seller has no event ${params.event_id}.`);
      const { at: text, sold, ...rest } = body;
      const at = text === undefined ? clock.now().getTime() : Date.parse(text);
      if (Number.isNaN(at)) {
        const errors = [{ path: '/at', code: 'invalid', message: `"${text}" is no instant.` }];
        throw new Problem('body_invalid', `"${text}" is no instant.`, { errors });
      }
      const cart = resolveHoldRequest(live.event, { ...rest, event_id: params.event_id });
      if ('bestAvailable' in cart) throw new Error('the schema of a preview has no best_available');
      const wishes = await readWishes(reader, key.tenantId, body);
      checkCart(live.event, cart, at, wishes);
      const explain: PriceStep[] = [];
      const gone = new Map(sold?.map(({ stage, tickets }) => [stageCounter(key.eventId, stage), tickets]));
      const used = (counter: string) => gone.get(counter) ?? live.used(counter);
      const quote = quoteCart(live.event, cart, at, { ...wishes, used, explain });
      return {
        at: new Date(at).toISOString(),
        quote: quoteToJson(live.event, quote),
        steps: explain,
      };
    },
  );
}
