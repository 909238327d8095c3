import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { seatTraits } from './event.ts';
import { planLimits } from './plan.ts';
import type { ListedSeatPlan, SeatPlan } from './seat-plan.store.ts';

const coordinate = Type.Number({ minimum: -planLimits.coordinateMax, maximum: planLimits.coordinateMax });
const length = Type.Number({ minimum: 0, maximum: planLimits.coordinateMax });
const text = Type.String({ maxLength: planLimits.textCharsMax });
const color = Type.String({ maxLength: 40, pattern: '^[#a-zA-Z0-9(),.%/\\s-]+$' });
const point = { x: coordinate, y: coordinate };

const seatSchema = object({
  id: Type.String({
    minLength: 1,
    maxLength: planLimits.guidCharsMax,
    description: 'Stays the same while the seat does',
  }),
  label: text,
  ...point,
  category: Type.Integer({
    minimum: 0,
    maximum: planLimits.categoriesMax,
    description: 'An index of `categories`',
  }),
  blocked: Type.Optional(Type.Boolean({ description: 'Drawn, and not sold' })),
  traits: Type.Optional(Type.Array(Type.Enum([...seatTraits]), { maxItems: seatTraits.length })),
});

const tableSchema = object({
  shape: Type.Enum(['round', 'rectangle']),
  ...point,
  width: length,
  height: length,
  rotation: Type.Optional(coordinate),
});

const rowSchema = object({
  label: text,
  seats: Type.Array(seatSchema, { maxItems: planLimits.seatsMax }),
  table: Type.Optional(tableSchema),
});

const zoneName = Type.String({ minLength: 1, maxLength: planLimits.textCharsMax, pattern: '\\S' });
const zoneSchema = Type.Union([
  object({
    kind: Type.Literal('numbered'),
    name: zoneName,
    rows: Type.Array(rowSchema, { maxItems: planLimits.seatsMax }),
  }),
  object({
    kind: Type.Literal('general'),
    name: zoneName,
    capacity: Type.Integer({ minimum: 1, maximum: planLimits.generalPlacesMax }),
  }),
]);

const areaSchema = object({
  shape: Type.Enum(['rectangle', 'circle', 'ellipse', 'polygon', 'text']),
  ...point,
  width: Type.Optional(length),
  height: Type.Optional(length),
  radius: Type.Optional(length),
  points: Type.Optional(Type.Array(object(point), { maxItems: planLimits.polygonPointsMax })),
  color: Type.Optional(color),
  border_color: Type.Optional(color),
  rotation: Type.Optional(coordinate),
  text: Type.Optional(object({ text, size: length, color, ...point })),
  zone: Type.Optional(
    Type.String({ maxLength: planLimits.textCharsMax, description: 'A general zone, by its name' }),
  ),
});

/** A plan as its owner draws it. */
export const planDocumentSchema = object({
  size: object({ width: length, height: length }),
  categories: Type.Array(
    object({
      name: Type.String({ minLength: 1, maxLength: planLimits.textCharsMax, pattern: '\\S' }),
      color,
    }),
    { maxItems: planLimits.categoriesMax },
  ),
  zones: Type.Array(zoneSchema, { maxItems: planLimits.zonesMax }),
  areas: Type.Array(areaSchema, { maxItems: planLimits.areasMax }),
});

export const seatPlanIdSchema = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
export const seatPlanParamsSchema = object({ seller_id: sellerIdSchema, seat_plan_id: seatPlanIdSchema });

/** A plan as it is written. */
export const newSeatPlanSchema = object({
  name: zoneName,
  venue_id: seatPlanIdSchema,
  document: planDocumentSchema,
});

const common = {
  id: seatPlanIdSchema,
  name: Type.String(),
  venue_id: Type.Integer(),
  version: Type.Integer(),
  seats: Type.Integer(),
  general_places: Type.Integer(),
  changed_at: instantSchema,
};

export const listedSeatPlanSchema = object({
  ...common,
  venue_name: Type.String(),
  events: Type.Integer({ description: 'How many events have a version of it' }),
});

export const seatPlanSchema = object({
  ...common,
  newest_version: Type.Integer(),
  document: planDocumentSchema,
});

function commonToJson(plan: Omit<SeatPlan, 'document' | 'newest'>) {
  return {
    id: plan.seatPlanId,
    name: plan.name,
    venue_id: plan.venueId,
    version: plan.version,
    seats: plan.seats,
    general_places: plan.generalPlaces,
    changed_at: plan.changedAt.toISOString(),
  };
}

/** A plan as a list shows it. */
export function listedPlanToJson(plan: ListedSeatPlan): Static<typeof listedSeatPlanSchema> {
  return { ...commonToJson(plan), venue_name: plan.venueName, events: plan.events };
}

/** A plan with its document. */
export function seatPlanToJson(plan: SeatPlan): Static<typeof seatPlanSchema> {
  return { ...commonToJson(plan), newest_version: plan.newest, document: plan.document };
}

/** What a missing plan and another seller's are answered with. */
export function seatPlanNotFound(seatPlanId: number): Problem {
  return new Problem('seat_plan_not_found', `This seller has no seat plan ${seatPlanId}.`);
}

/** How large the body of a plan may be. */
export const planBodyLimit = limits.seatPlanBytesMax;
