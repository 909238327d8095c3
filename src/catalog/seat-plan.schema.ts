import { Type } from 'typebox';
import { eventIdSchema, moneySchema, object, seatIdSchema, zoneIdSchema } from '../http/schemas.ts';
import { categorySchema } from './event.schema.ts';
import { seatTraits } from './event.ts';

const number = Type.Number();
const point = { x: number, y: number };

const areaSchema = object({
  shape: Type.Enum(['rectangle', 'circle', 'ellipse', 'polygon', 'text']),
  ...point,
  width: Type.Optional(number),
  height: Type.Optional(number),
  radius: Type.Optional(number),
  points: Type.Optional(Type.Array(object(point))),
  color: Type.Optional(Type.String()),
  border_color: Type.Optional(Type.String()),
  rotation: Type.Optional(Type.Number({ description: 'Degrees about (x, y)' })),
  text: Type.Optional(object({ text: Type.String(), size: number, color: Type.String(), ...point })),
  zone_id: Type.Optional(zoneIdSchema),
});

const traitsSchema = Type.Array(Type.Enum([...seatTraits]));

const seatSchema = object({
  id: seatIdSchema,
  zone_id: zoneIdSchema,
  row: Type.String(),
  number: Type.String(),
  ...point,
  category: Type.String({ description: "The category's name" }),
  price: moneySchema,
  traits: Type.Optional(traitsSchema),
});

const columnsSchema = object(
  {
    id: Type.Array(seatIdSchema),
    zone_id: Type.Array(zoneIdSchema),
    row: Type.Array(Type.String()),
    number: Type.Array(Type.String()),
    x: Type.Array(number),
    y: Type.Array(number),
    category: Type.Array(Type.Integer({ minimum: 0, description: 'An index of `categories`' })),
    price: Type.Array(moneySchema),
    traits: Type.Array(object({ index: Type.Integer({ minimum: 0 }), traits: traitsSchema }), {
      description: 'Of the few seats of which there is something to know, by their index in the other lists',
    }),
  },
  { description: 'With `format=columns`: entry i of every list belongs to one seat' },
);

/** A seat plan as the API shows it, in the plan's own coordinates. */
export const seatPlanSchema = object({
  event_id: eventIdSchema,
  size: object({ width: number, height: number }),
  categories: Type.Array(categorySchema),
  areas: Type.Array(areaSchema),
  seats: Type.Union([Type.Array(seatSchema), columnsSchema]),
});
