import { Problem, type FieldError } from '../base/errors.ts';
import { formatEventId, formatSeatId, parseSeatId, parseZoneId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { CatalogEvent } from '../catalog/event.ts';
import { findKind } from '../pricing/price-cart.ts';
import type { Cart } from '../pricing/quote.ts';

/** The body of `POST /sales/holds`, as its schema has checked it. */
export type HoldBody = {
  event_id: string;
  seats?: string[];
  seat_kinds?: { seat_id: string; ticket_kind: string }[];
  zones?: { zone_id: string; quantity: number; ticket_kind?: string }[];
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
 * The kind of each seat of a cart, in the order of its seats; null where none is named.
 * @throws Problem `body_invalid` for a seat that is not in the cart.
 */
export function resolveSeatKinds(
  seats: readonly string[],
  named: NonNullable<HoldBody['seat_kinds']>,
): (string | null)[] {
  named.forEach(({ seat_id }, i) => {
    if (seats.includes(seat_id)) return;
    throw refuse(`/seat_kinds/${i}/seat_id`, 'not_in_cart', `The seat ${seat_id} is not in this cart.`);
  });
  return seats.map((id) => named.find((one) => one.seat_id === id)?.ticket_kind ?? null);
}

/**
 * The cart with so many places of the kinds that are named, each given to the first places whose zones sell it; the
 * others are of their zone's first kind.
 * @throws Problem `ticket_kind_unknown` when not so many places can be of a kind.
 */
export function assignKinds(
  event: CatalogEvent,
  cart: Cart,
  wanted: readonly { ticket_kind: string; quantity: number }[],
): Cart {
  const zoneOf = (seatNo: number) => event.seats.zoneNo[seatNo - 1]!;
  const places = [
    ...cart.seatNos.map((seatNo) => ({ zoneNo: zoneOf(seatNo), seatNo, kind: null as string | null })),
    ...cart.zones.flatMap(({ zoneNo, quantity }) =>
      Array.from({ length: quantity }, () => ({ zoneNo, seatNo: 0, kind: null as string | null })),
    ),
  ];
  for (const { ticket_kind: kind, quantity } of wanted) {
    const fitting = places.filter(
      (place) => place.kind === null && findKind(event.priceList, place.zoneNo, kind),
    );
    if (fitting.length < quantity) {
      const message = `Of these places ${fitting.length} can be of the kind "${kind}", not ${quantity}.`;
      const errors = [{ path: '/ticket_kinds', code: 'ticket_kind_unknown', message }];
      throw new Problem('ticket_kind_unknown', message, { errors });
    }
    for (const place of fitting.slice(0, quantity)) place.kind = kind;
  }
  const standing = Map.groupBy(
    places.filter((place) => place.seatNo === 0),
    ({ zoneNo, kind }) => `${zoneNo} ${kind ?? ''}`,
  );
  return {
    seatNos: cart.seatNos,
    seatKinds: places.filter((place) => place.seatNo > 0).map((place) => place.kind),
    zones: [...standing.values()].map((of) => ({
      zoneNo: of[0]!.zoneNo,
      quantity: of.length,
      kind: of[0]!.kind,
    })),
  };
}

/**
 * The cart of a hold with other kinds of ticket; seats and zones that are not named stay of the kinds they were.
 * @throws Problem `body_invalid` when other places are named than those held.
 */
export function changeKinds(
  event: CatalogEvent,
  held: Cart,
  body: Pick<HoldBody, 'seat_kinds' | 'zones'>,
): Cart {
  const ids = held.seatNos.map((no) => formatSeatId(event, no));
  const kinds = resolveSeatKinds(ids, body.seat_kinds ?? []);
  const named = (body.zones ?? []).map(({ zone_id, quantity, ticket_kind }, i) => ({
    zoneNo: resolveZone(event, zone_id, `/zones/${i}/zone_id`),
    quantity,
    kind: ticket_kind ?? null,
  }));
  const count = (zones: Cart['zones'], zoneNo: number) =>
    zones.reduce((sum, zone) => (zone.zoneNo === zoneNo ? sum + zone.quantity : sum), 0);
  for (const { zoneNo } of named) {
    if (count(named, zoneNo) === count(held.zones, zoneNo)) continue;
    const message = `The hold has ${count(held.zones, zoneNo)} places of ${event.zones[zoneNo - 1]!.name}, not ${count(named, zoneNo)}.`;
    throw refuse('/zones', 'other_places', message);
  }
  return {
    seatNos: held.seatNos,
    seatKinds: held.seatNos.map((_, i) => kinds[i] ?? held.seatKinds?.[i] ?? null),
    zones: [...held.zones.filter(({ zoneNo }) => count(named, zoneNo) === 0), ...named],
  };
}

/**
 * Turns a body into what the event understands.
 * @param placesMax how many places it may ask for.
 * @throws Problem `seat_not_found`, `zone_not_found`, or `body_invalid` that names each field.
 */
export function resolveHoldRequest(
  event: CatalogEvent,
  body: HoldBody,
  placesMax: number = limits.placesPerCartMax,
): HoldRequest {
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
      zones.map((zone) => [zone.zone_id, zone.ticket_kind].filter(Boolean).join(' as ')),
      '/zones',
    ),
  ];
  if (repeated.length > 0) throw new Problem('body_invalid', repeated[0]!.message, { errors: repeated });
  const places = seats.length + zones.reduce((sum, zone) => sum + zone.quantity, 0);
  if (places > placesMax) {
    throw refuse('', 'too_many_places', `A cart has at most ${placesMax} places; this one has ${places}.`);
  }
  return {
    seatNos: seats.map((id, i) => resolveSeat(event, id, `/seats/${i}`)),
    ...(body.seat_kinds && { seatKinds: resolveSeatKinds(seats, body.seat_kinds) }),
    zones: zones.map(({ zone_id, quantity, ticket_kind }, i) => {
      const zoneNo = resolveZone(event, zone_id, `/zones/${i}/zone_id`);
      if (event.zones[zoneNo - 1]!.kind !== 'general') {
        const message = `The seats of ${event.zones[zoneNo - 1]!.name} are numbered: name seats, or ask for best_available.`;
        throw refuse(`/zones/${i}/zone_id`, 'zone_numbered', message);
      }
      return { zoneNo, quantity, ...(ticket_kind !== undefined && { kind: ticket_kind }) };
    }),
  };
}
