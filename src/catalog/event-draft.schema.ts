import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { formatEventId, formatZoneId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { formatLocalTime, readInstant } from '../base/local-time.ts';
import { currencySchema, eventIdSchema, instantSchema, object, zoneIdSchema } from '../http/schemas.ts';
import { placesOf, type DraftChange, type EventDraft } from './event-draft.ts';
import { imagePath } from './event-json.ts';
import { missingCodes, type Missing } from './readiness.ts';

/** An instant with its offset, or without one a time by the clock of the venue. */
export const eventTimeSchema = Type.String({
  maxLength: 35,
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6})?)?(Z|[+-]\\d{2}:\\d{2})?$',
  description: "an instant, or without an offset a time by the venue's clock",
  examples: ['2026-12-12T20:30', '2026-12-12T20:30:00-04:00'],
});
const idSchema = Type.Integer({ minimum: 1, maximum: 2_147_483_647 });
export const eventNameSchema = Type.String({
  minLength: 1,
  maxLength: limits.eventNameCharsMax,
  pattern: '\\S',
});
const imageIdSchema = Type.String({ maxLength: 64, pattern: '^[0-9a-f]{64}$', description: 'its SHA-256' });
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) =>
  Type.Union([schema, Type.Null()]);

/** What of an event is written; absent is left as it is, null takes it away. */
export const eventChangeSchema = object({
  name: Type.Optional(eventNameSchema),
  description: Type.Optional(orNull(Type.String({ maxLength: limits.eventDescriptionCharsMax }))),
  venue_id: Type.Optional(idSchema),
  starts_at: Type.Optional(eventTimeSchema),
  sales_start_at: Type.Optional(eventTimeSchema),
  sales_end_at: Type.Optional(eventTimeSchema),
  look: Type.Optional(
    object({
      color: Type.Optional(orNull(Type.String({ maxLength: 7, pattern: '^#[0-9a-f]{6}$' }))),
      picture: Type.Optional(orNull(imageIdSchema)),
      logo: Type.Optional(orNull(imageIdSchema)),
    }),
  ),
});
export type EventChangeBody = Static<typeof eventChangeSchema>;

/** A new event: its name, where and when. */
export const newEventSchema = object({
  ...eventChangeSchema.properties,
  name: eventNameSchema,
  venue_id: idSchema,
  starts_at: eventTimeSchema,
  currency: Type.Optional(Type.String({ maxLength: 3, pattern: '^[A-Z]{3}$' })),
  seat_plan_id: Type.Optional(idSchema),
});

export const eventDraftSchema = object({
  id: eventIdSchema,
  version: Type.Integer(),
  status: Type.Enum(['draft', 'published', 'cancelled']),
  name: Type.String(),
  description: Type.Union([Type.String(), Type.Null()]),
  venue_id: Type.Integer(),
  venue_name: Type.String(),
  timezone: Type.String(),
  starts_at: instantSchema,
  starts_at_local: Type.String({ description: "By the venue's clock" }),
  sales_start_at: instantSchema,
  sales_end_at: instantSchema,
  currency: currencySchema,
  seat_plan: Type.Union([object({ id: Type.Integer(), version: Type.Integer() }), Type.Null()]),
  places: Type.Integer(),
  zones: Type.Array(
    object({
      id: zoneIdSchema,
      name: Type.String(),
      kind: Type.Enum(['numbered', 'general']),
      capacity: Type.Integer(),
    }),
  ),
  look: object({
    color: Type.Union([Type.String(), Type.Null()]),
    picture: Type.Union([Type.String(), Type.Null()]),
    picture_url: Type.Union([Type.String(), Type.Null()]),
    logo: Type.Union([Type.String(), Type.Null()]),
    logo_url: Type.Union([Type.String(), Type.Null()]),
  }),
});

const missingSchema = object({
  code: Type.Enum([...missingCodes]),
  blocks: Type.Boolean({ description: 'Whether the event cannot be published without it' }),
  message: Type.String(),
});
export const readinessSchema = object({ ready: Type.Boolean(), missing: Type.Array(missingSchema) });

/** What is missing, as the API shows it. */
export function readinessToJson(missing: Missing[]): Static<typeof readinessSchema> {
  return { ready: !missing.some(({ blocks }) => blocks), missing };
}

/** An event as those who make it see it. */
export function draftToJson(event: EventDraft): Static<typeof eventDraftSchema> {
  const { tenantId, look, seatPlanId, seatPlanVersion } = event;
  return {
    id: formatEventId(event),
    version: event.version,
    status: event.status,
    name: event.name,
    description: event.description,
    venue_id: event.venueId,
    venue_name: event.venueName,
    timezone: event.timezone,
    starts_at: event.startsAt.toISOString(),
    starts_at_local: formatLocalTime(event.startsAt, event.timezone),
    sales_start_at: event.salesStartAt.toISOString(),
    sales_end_at: event.salesEndAt.toISOString(),
    currency: event.currency,
    seat_plan:
      seatPlanId === null || seatPlanVersion === null ? null : { id: seatPlanId, version: seatPlanVersion },
    places: placesOf(event),
    zones: event.zones.map(({ zoneNo, ...zone }) => ({ id: formatZoneId(event, zoneNo), ...zone })),
    look: {
      ...look,
      picture_url: imagePath(tenantId, look.picture),
      logo_url: imagePath(tenantId, look.logo),
    },
  };
}

/** The refusal of a field of an event. */
export function refuseField(path: string, code: string, message: string): Problem {
  return new Problem('body_invalid', message, { errors: [{ path, code, message }] });
}

/** An instant of a body. @throws Problem `body_invalid` for a time that no clock shows. */
export function readEventTime(text: string, timezone: string, path: string): Date {
  const at = readInstant(text, timezone);
  if (!at) throw refuseField(path, 'instant', `"${text}" is no time that a clock shows.`);
  return at;
}

/** What an event was before a change; of a new one, what stands where its body says nothing. */
type ChangeBase = DraftChange & { timezone: string };

/**
 * What an event is to be.
 * @param base what it is; a change of its start takes the end of its sale along unless the body says otherwise.
 * @throws Problem `body_invalid`.
 */
export function changedEvent(base: ChangeBase, body: EventChangeBody): DraftChange {
  const read = (text: string | undefined, path: string, absent: Date) =>
    text === undefined ? absent : readEventTime(text, base.timezone, path);
  const startsAt = read(body.starts_at, '/starts_at', base.startsAt);
  const by = startsAt.getTime() - base.startsAt.getTime();
  const salesStartAt = read(body.sales_start_at, '/sales_start_at', base.salesStartAt);
  const salesEndAt = read(body.sales_end_at, '/sales_end_at', new Date(base.salesEndAt.getTime() + by));
  if (salesEndAt <= salesStartAt)
    throw refuseField('/sales_end_at', 'too_early', 'The sale would end before it begins.');
  const description = body.description === undefined ? base.description : body.description;
  return {
    name: body.name?.trim() ?? base.name,
    description: description?.trim() ? description : null,
    venueId: body.venue_id ?? base.venueId,
    startsAt,
    salesStartAt,
    salesEndAt,
    look: { ...base.look, ...body.look },
  };
}
