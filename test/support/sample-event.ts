import type { CatalogEvent, PlanArea, SeatColumns, Zone } from '../../src/catalog/event.ts';

/** A seat of a sample plan. */
export type SampleSeat = {
  zoneNo: number;
  categoryNo?: number;
  rowNo: number;
  position: number;
  x: number;
  y: number;
};

/** The columns of a list of seats, in its order: the first is seat 1. */
export function seatColumns(seats: SampleSeat[]): SeatColumns {
  return {
    count: seats.length,
    zoneNo: Int16Array.from(seats, (seat) => seat.zoneNo),
    categoryNo: Int16Array.from(seats, (seat) => seat.categoryNo ?? 1),
    rowNo: Int32Array.from(seats, (seat) => seat.rowNo),
    position: Int32Array.from(seats, (seat) => seat.position),
    x: Float32Array.from(seats, (seat) => seat.x),
    y: Float32Array.from(seats, (seat) => seat.y),
    rowLabel: seats.map((seat) => String(seat.rowNo)),
    seatLabel: seats.map((seat) => String(seat.position)),
    traits: new Map(),
    retired: new Set(),
  };
}

/** An event of seller 1 in memory, for the rules that need no database. */
export function sampleEvent(
  parts: { seats?: SampleSeat[]; zones?: Zone[]; areas?: PlanArea[] } & Partial<
    Pick<CatalogEvent, 'categories' | 'taxRules' | 'priceList' | 'reservations'> & CatalogEvent['seller']
  >,
): CatalogEvent {
  const seats = parts.seats ?? [];
  return {
    tenantId: 1,
    eventId: 3,
    name: 'Noche de gala',
    description: null,
    seller: {
      name: 'Teatro',
      legalName: 'Teatro, C.A.',
      taxId: 'J-1',
      timezone: 'America/Caracas',
      rounding: parts.rounding ?? 'half_up',
      taxScope: parts.taxScope ?? 'line',
    },
    venue: { name: 'Sala', address: null, timezone: 'America/Caracas' },
    look: { color: null, picture: null, logo: null },
    startsAt: new Date('2030-01-01T00:00:00Z'),
    currency: 'USD',
    status: 'published',
    salesStartAt: new Date('2029-01-01T00:00:00Z'),
    salesEndAt: new Date('2030-01-01T00:00:00Z'),
    pricingVersion: 7,
    taxVersion: 4,
    planVersion: 1,
    planSize: { width: 1_000, height: 1_000 },
    areas: parts.areas ?? [],
    zones: parts.zones ?? [
      { zoneNo: 1, name: 'Platea', kind: 'numbered', price: null, capacity: seats.length },
    ],
    categories: parts.categories ?? [{ categoryNo: 1, name: 'A', color: '#000000', price: 5_000 }],
    seats: seatColumns(seats),
    taxRules: parts.taxRules ?? [],
    priceList: parts.priceList ?? null,
    reservations: parts.reservations ?? [],
    planRules: [],
    bindsBuyer: false,
  };
}
