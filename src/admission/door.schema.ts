import { Type, type Static } from 'typebox';
import { Problem, type FieldError } from '../base/errors.ts';
import { formatEventId, formatZoneId, parseZoneId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import { eventIdSchema, instantInputSchema, instantSchema, object, zoneIdSchema } from '../http/schemas.ts';
import type { Door } from './door.ts';
import type { GateDraft } from './door.store.ts';

export const gateIdSchema = Type.Integer({
  minimum: 0,
  maximum: 32_767,
  description: "A gate's number; 0 is the gate of an event that has none of its own",
});

const nullableInstant = Type.Union([instantInputSchema, Type.Null()]);
const ticketKindSchema = Type.String({ minLength: 1, maxLength: 32 });

const gateFields = {
  name: Type.String({ minLength: 1, maxLength: limits.gateNameCharsMax, pattern: '\\S' }),
  zone_ids: Type.Array(zoneIdSchema, { maxItems: 500, description: 'Whom it admits; empty: all' }),
  ticket_kinds: Type.Array(ticketKindSchema, { maxItems: limits.ticketKindsMax, description: 'Empty: all' }),
};

const rulesFields = {
  version: Type.Integer({ minimum: 0, description: 'Of the document that the change was made from' }),
  opens_at: nullableInstant,
  closes_at: nullableInstant,
  reentry: Type.Boolean({ description: 'Whether who has left may come in again' }),
};

export const doorEventSchema = object({
  id: eventIdSchema,
  name: Type.String(),
  starts_at: instantSchema,
  timezone: Type.String(),
  venue_name: Type.String(),
});

/** How an event's door works, with what gates can tell apart. */
export const doorSchema = object({
  event: doorEventSchema,
  ...rulesFields,
  gates: Type.Array(object({ id: gateIdSchema, ...gateFields })),
  zones: Type.Array(object({ id: zoneIdSchema, name: Type.String() })),
  ticket_kinds: Type.Array(object({ code: Type.String(), name: Type.String() })),
});

export const saveDoorBodySchema = object({
  ...rulesFields,
  gates: Type.Array(object({ id: Type.Optional(gateIdSchema), ...gateFields }), {
    maxItems: limits.gatesMax,
    description: 'A gate without an id is a new one; gates that are left out are retired',
  }),
});

/** The answer for an event's door. */
export function doorAnswer(event: CatalogEvent, door: Door): Static<typeof doorSchema> {
  return {
    event: {
      id: formatEventId(event),
      name: event.name,
      starts_at: event.startsAt.toISOString(),
      timezone: event.venue.timezone,
      venue_name: event.venue.name,
    },
    version: door.version,
    opens_at: door.opensAt?.toISOString() ?? null,
    closes_at: door.closesAt?.toISOString() ?? null,
    reentry: door.reentry,
    gates: door.gates.map((gate) => ({
      id: gate.gateNo,
      name: gate.name,
      zone_ids: gate.zoneNos.map((no) => formatZoneId(event, no)),
      ticket_kinds: [...gate.ticketKinds],
    })),
    zones: event.zones.map((zone) => ({ id: formatZoneId(event, zone.zoneNo), name: zone.name })),
    ticket_kinds: (event.priceList?.ticketKinds ?? []).map(({ code, name }) => ({ code, name })),
  };
}

/**
 * The door that a body wants.
 * @throws Problem `body_invalid` that names each field that cannot be.
 */
export function readDoorDraft(
  event: CatalogEvent,
  before: Door,
  body: Static<typeof saveDoorBodySchema>,
): Omit<Door, 'gates'> & { gates: GateDraft[] } {
  const errors: FieldError[] = [];
  const kinds = new Set((event.priceList?.ticketKinds ?? []).map(({ code }) => code));
  const fault = (path: string, code: string, message: string) => errors.push({ path, code, message });
  const gates = body.gates.map((gate, i) => {
    const known = gate.id === undefined || before.gates.some(({ gateNo }) => gateNo === gate.id);
    const isTwice = body.gates.some((other, j) => j < i && other.id !== undefined && other.id === gate.id);
    if (!known || isTwice)
      fault(`/gates/${i}/id`, 'not_found', 'The event has no such gate, or it stands here twice.');
    if (body.gates.some((other, j) => j < i && other.name.trim() === gate.name.trim()))
      fault(`/gates/${i}/name`, 'not_unique', 'Another gate has this name.');
    const zoneNos = gate.zone_ids.map((id, j) => {
      const zone = parseZoneId(id);
      const isOwn = zone?.tenantId === event.tenantId && zone.eventId === event.eventId;
      if (!isOwn || event.zones[zone.no - 1] === undefined)
        fault(`/gates/${i}/zone_ids/${j}`, 'not_found', 'The event has no such zone.');
      return zone?.no ?? 0;
    });
    for (const [j, kind] of gate.ticket_kinds.entries())
      if (!kinds.has(kind))
        fault(`/gates/${i}/ticket_kinds/${j}`, 'not_found', 'The event has no such kind of ticket.');
    return { gateNo: gate.id ?? null, name: gate.name.trim(), zoneNos, ticketKinds: gate.ticket_kinds };
  });
  const opensAt = body.opens_at === null ? null : new Date(body.opens_at);
  const closesAt = body.closes_at === null ? null : new Date(body.closes_at);
  for (const [path, at] of [
    ['/opens_at', opensAt],
    ['/closes_at', closesAt],
  ] as const)
    if (at && Number.isNaN(at.getTime())) fault(path, 'instant', 'There is no such instant.');
  if (opensAt && closesAt && closesAt <= opensAt)
    fault('/closes_at', 'too_early', 'The doors close after they open.');
  if (errors.length > 0) throw new Problem('body_invalid', 'The gates cannot be like this.', { errors });
  return { version: before.version + 1, opensAt, closesAt, reentry: body.reentry, gates };
}
