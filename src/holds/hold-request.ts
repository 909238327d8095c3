import { Problem, type FieldError } from '../base/errors.ts';
import { formatEventId, parseSeatId, parseZoneId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import type { Cart } from '../pricing/quote.ts';

/** The body of `POST /sales/holds`, as its schema has checked it. */
export type HoldBody = {
  event_id: string;
  seats?: string[];
  zones?: { zone_id: string; quantity: number }[];
  best_available?: { quantity: number; zone_id?: string };
};

type HoldRequest = Cart | { bestAvailable: { quantity: number; zoneNo: number | undefined } };

function refuse(path: string, code: string, message: string): Problem {
  return new Problem('body_invalid', message, { errors: [{ path, code, message }] });
}

/** A seat or zone that is not the event's: of another event of the seller 422, of anybody else 404. */
function foreign(
  event: CatalogEvent,
  parsed: { tenantId: number } | null,
  what: 'seat' | 'zone',
  id: string,
  path: string,
) {
  if (parsed?.tenantId === event.tenantId && formatEventId(event) !== id.replace(/-[sz]\d+$/, '')) {
    return refuse(
      path,
      'other_event',
      `The ${what} ${id} belongs to another event; a cart is for one event.`,
    );
  }
  const message = `There is no ${what} ${id} in this event.`;
  return new Problem(`${what}_not_found`, message, {
    errors: [{ path, code: `${what}_not_found`, message }],
  });
}

function resolveSeat(event: CatalogEvent, id: string, path: string): number {
  const parsed = parseSeatId(id);
  const own = parsed && parsed.tenantId === event.tenantId && parsed.eventId === event.eventId;
  if (!own || parsed.no > event.seats.count) throw foreign(event, parsed, 'seat', id, path);
  return parsed.no;
}

function resolveZone(event: CatalogEvent, id: string, path: string): number {
  const parsed = parseZoneId(id);
  const own = parsed && parsed.tenantId === event.tenantId && parsed.eventId === event.eventId;
  if (!own || parsed.no > event.zones.length) throw foreign(event, parsed, 'zone', id, path);
  return parsed.no;
}

function duplicates(ids: string[], path: string): FieldError[] {
  return ids.flatMap((id, i) =>
    ids.indexOf(id) < i
      ? [{ path: `${path}/${i}`, code: 'duplicate', message: `${id} stands twice in the cart.` }]
      : [],
  );
}

/**
 * Turns a body into what the event understands.
 * @throws Problem `seat_not_found`, `zone_not_found`, or `body_invalid` that names each field.
 */
export function resolveHoldRequest(event: CatalogEvent, body: HoldBody): HoldRequest {
  const seats = body.seats ?? [];
  const zones = body.zones ?? [];
  if (body.best_available) {
    if (seats.length + zones.length > 0) {
      throw refuse(
        '/best_available',
        'exclusive',
        'Ask either for best_available or for seats and zones, not for both.',
      );
    }
    const { quantity, zone_id } = body.best_available;
    const zoneNo = zone_id === undefined ? undefined : resolveZone(event, zone_id, '/best_available/zone_id');
    return { bestAvailable: { quantity, zoneNo } };
  }
  if (seats.length + zones.length === 0) {
    throw refuse('', 'empty', 'The cart is empty: name seats, zones, or best_available.');
  }
  const repeated = [
    ...duplicates(seats, '/seats'),
    ...duplicates(
      zones.map((zone) => zone.zone_id),
      '/zones',
    ),
  ];
  if (repeated.length > 0) throw new Problem('body_invalid', repeated[0]!.message, { errors: repeated });
  const places = seats.length + zones.reduce((sum, zone) => sum + zone.quantity, 0);
  if (places > limits.placesPerCartMax) {
    throw refuse(
      '',
      'too_many_places',
      `A cart has at most ${limits.placesPerCartMax} places; this one has ${places}.`,
    );
  }
  return {
    seatNos: seats.map((id, i) => resolveSeat(event, id, `/seats/${i}`)),
    zones: zones.map(({ zone_id, quantity }, i) => {
      const zoneNo = resolveZone(event, zone_id, `/zones/${i}/zone_id`);
      if (event.zones[zoneNo - 1]!.kind !== 'general') {
        const message = `The seats of ${event.zones[zoneNo - 1]!.name} are numbered: name seats, or ask for best_available.`;
        throw refuse(`/zones/${i}/zone_id`, 'zone_numbered', message);
      }
      return { zoneNo, quantity };
    }),
  };
}
