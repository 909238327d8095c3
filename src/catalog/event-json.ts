import { formatEventId, formatSeatId, formatZoneId } from '../base/ids.ts';
import type { BuyerMethod } from '../payments/payment.ts';
import { planTermsToJson } from '../payments/plan-json.ts';
import { hiddenZones } from '../pricing/cart-rules.ts';
import { shownPrice } from '../pricing/price-cart.ts';
import { BLOCKED, FREE, seatStates, type Availability, type AvailabilityChange } from './availability.ts';
import { isOnSale, type CatalogEvent, type PlanArea } from './event.ts';
import type { LiveEvent } from './live-event.ts';

// What is blocked changes with the plan, which comes as a new object.
const lowestPrices = new WeakMap<LiveEvent, number[]>();

/** The lowest price of each zone, by its index; seats that are not for sale do not count. */
function lowestZonePrices(live: LiveEvent): number[] {
  const known = lowestPrices.get(live);
  if (known) return known;
  const { event, availability } = live;
  const lowest = event.zones.map(({ kind, zoneNo }) =>
    kind === 'general' ? shownPrice(event, zoneNo, null) : Infinity,
  );
  for (let i = 0; i < event.seats.count; i++) {
    if (availability.seats[i] === BLOCKED) continue;
    const zoneIndex = event.seats.zoneNo[i]! - 1;
    lowest[zoneIndex] = Math.min(lowest[zoneIndex]!, shownPrice(event, zoneIndex + 1, i + 1));
  }
  const prices = lowest.map((price) => (price === Infinity ? 0 : price));
  lowestPrices.set(live, prices);
  return prices;
}

const seen = new WeakMap<CatalogEvent, Map<string, number[]>>();

/** The seats, by their places in the plan, that are in none of the zones hidden from whoever has this code. */
function visibleSeats(event: CatalogEvent, accessCode: string | null): number[] {
  const hidden = hiddenZones(event, accessCode);
  const known = seen.get(event) ?? new Map<string, number[]>();
  seen.set(event, known);
  const key = hidden.join();
  let places = known.get(key);
  if (!places) {
    places = [...Array(event.seats.count).keys()].filter(
      (i) => !hidden.includes(event.seats.zoneNo[i]!) && !event.seats.retired.has(i + 1),
    );
    known.set(key, places);
  }
  return places;
}

function categoriesToJson(event: CatalogEvent) {
  return event.categories.map(({ name, color, price }) => ({ name, color, price }));
}

/** Kinds of ticket and what limits an order, as buyers choose by them. */
function offerToJson(event: CatalogEvent) {
  const { ticketKinds = [], orderPlacesMax = null, customerPlacesMax = null } = event.priceList ?? {};
  return {
    ticket_kinds: ticketKinds.map(({ code, name, zoneNos }) => ({
      code,
      name,
      ...(zoneNos && { zone_ids: zoneNos.map((no) => formatZoneId(event, no)) }),
    })),
    ...(orderPlacesMax !== null && { order_places_max: orderPlacesMax }),
    asks_customer: customerPlacesMax !== null,
    has_hidden_zones: (event.priceList?.hiddenZones.length ?? 0) > 0,
  };
}

/** Where a picture is read; null for none. */
export function imagePath(tenantId: number, sha256: string | null): string | null {
  return sha256 === null ? null : `/images/${tenantId}-${sha256}`;
}

function lookToJson({ tenantId, look: { color, picture, logo } }: CatalogEvent) {
  if (color === null && picture === null && logo === null) return {};
  return {
    look: {
      ...(color !== null && { color }),
      ...(picture !== null && { picture_url: imagePath(tenantId, picture)! }),
      ...(logo !== null && { logo_url: imagePath(tenantId, logo)! }),
    },
  };
}

/** An event as the API shows it; `now` decides whether it is on sale. Zones that the code does not open are left out. */
export function eventToJson(
  live: LiveEvent,
  now: Date,
  methods: readonly BuyerMethod[],
  accessCode: string | null = null,
) {
  const { event } = live;
  const prices = lowestZonePrices(live);
  return {
    id: formatEventId(event),
    name: event.name,
    ...(event.description === null ? {} : { description: event.description }),
    seller: { name: event.seller.name },
    venue: {
      name: event.venue.name,
      ...(event.venue.address === null ? {} : { address: event.venue.address }),
    },
    starts_at: event.startsAt.toISOString(),
    timezone: event.venue.timezone,
    currency: event.currency,
    ...lookToJson(event),
    on_sale: isOnSale(event, now),
    sales_start_at: event.salesStartAt.toISOString(),
    sales_end_at: event.salesEndAt.toISOString(),
    zones: visibleZones(event, accessCode).map((zone) => ({
      id: formatZoneId(event, zone.zoneNo),
      name: zone.name,
      kind: zone.kind,
      price: prices[zone.zoneNo - 1]!,
      available: live.available(zone.zoneNo),
      capacity: zone.capacity,
    })),
    ...offerToJson(event),
    categories: categoriesToJson(event),
    payment_methods: [...methods],
    payment_plans: event.planRules.map(planTermsToJson),
  };
}

function areaToJson(event: CatalogEvent, { zoneNo, ...area }: PlanArea) {
  return zoneNo === undefined ? area : { ...area, zone_id: formatZoneId(event, zoneNo) };
}

// Single precision in the database: 12.3 would be written as 12.300000190734863.
function round(coordinate: number): number {
  return Math.round(coordinate * 100) / 100;
}

function planToJson(event: CatalogEvent, accessCode: string | null) {
  const hidden = hiddenZones(event, accessCode);
  return {
    event_id: formatEventId(event),
    size: event.planSize,
    categories: categoriesToJson(event),
    areas: event.areas
      .filter(({ zoneNo }) => zoneNo === undefined || !hidden.includes(zoneNo))
      .map((area) => areaToJson(event, area)),
  };
}

function visibleZones(event: CatalogEvent, accessCode: string | null) {
  const hidden = hiddenZones(event, accessCode);
  // What a later plan left out has no places.
  return event.zones.filter(({ zoneNo, capacity }) => capacity > 0 && !hidden.includes(zoneNo));
}

function traitsOf({ seats }: CatalogEvent, i: number) {
  const traits = seats.traits.get(i + 1);
  return traits && { traits: [...traits] };
}

/** The seat plan as the API shows it, one object a seat. */
export function seatPlanToJson(event: CatalogEvent, accessCode: string | null) {
  const { seats } = event;
  return {
    ...planToJson(event, accessCode),
    seats: visibleSeats(event, accessCode).map((i) => ({
      ...traitsOf(event, i),
      id: formatSeatId(event, i + 1),
      zone_id: formatZoneId(event, seats.zoneNo[i]!),
      row: seats.rowLabel[i]!,
      number: seats.seatLabel[i]!,
      x: round(seats.x[i]!),
      y: round(seats.y[i]!),
      category: event.categories[seats.categoryNo[i]! - 1]!.name,
      price: shownPrice(event, seats.zoneNo[i]!, i + 1),
    })),
  };
}

/** The seat plan in columns, where a category is its index: a quarter of the text. */
export function seatColumnsToJson(event: CatalogEvent, accessCode: string | null) {
  const { seats } = event;
  const places = visibleSeats(event, accessCode);
  const column = <T>(of: (i: number) => T): T[] => places.map(of);
  return {
    ...planToJson(event, accessCode),
    seats: {
      id: column((i) => formatSeatId(event, i + 1)),
      zone_id: column((i) => formatZoneId(event, seats.zoneNo[i]!)),
      row: column((i) => seats.rowLabel[i]!),
      number: column((i) => seats.seatLabel[i]!),
      x: column((i) => round(seats.x[i]!)),
      y: column((i) => round(seats.y[i]!)),
      category: column((i) => seats.categoryNo[i]! - 1),
      price: column((i) => shownPrice(event, seats.zoneNo[i]!, i + 1)),
      traits: places.flatMap((i, index) => {
        const traits = traitsOf(event, i);
        return traits ? [{ index, ...traits }] : [];
      }),
    },
  };
}

/** What has become of places, as the API shows it; a change says `free` where a snapshot leaves a seat out. */
export function availabilityToJson(event: CatalogEvent, change: AvailabilityChange) {
  const seats: Record<string, string> = {};
  for (const { seatNo, state } of change.seats) seats[formatSeatId(event, seatNo)] = seatStates[state]!;
  const zones: Record<string, number> = {};
  for (const { zoneNo, left } of change.zones) zones[formatZoneId(event, zoneNo)] = left;
  return { event_id: formatEventId(event), seats, zones };
}

/** What is new in `after`; without `before`, all that is not free and every general zone. */
export function changeBetween(
  before: Availability | null,
  after: Readonly<Availability>,
): AvailabilityChange {
  const change: AvailabilityChange = { seats: [], zones: [] };
  for (let i = 0; i < after.seats.length; i++) {
    const state = after.seats[i]!;
    if (state !== (before ? before.seats[i] : FREE)) change.seats.push({ seatNo: i + 1, state });
  }
  for (const [zoneNo, left] of after.zonesLeft) {
    if (before?.zonesLeft.get(zoneNo) !== left) change.zones.push({ zoneNo, left });
  }
  return change;
}
