// How a new plan comes to stand in an event that may have sold already: numbers of zones, categories and seats are on
// sales, prices and documents, and so stay what they are.
import type { SeatTrait, ZoneKind } from './event.ts';
import { positionsInRow, usualSpacing } from './plan-rows.ts';
import type { Plan } from './plan.ts';

/** What stands in an event now. */
export type PresentPlan = {
  zones: { zoneNo: number; name: string; kind: ZoneKind; price: number | null; capacity: number }[];
  categories: { categoryNo: number; name: string; color: string; price: number }[];
  seats: { seatNo: number; guid: string; zoneNo: number; rowLabel: string; seatLabel: string }[];
  /** Seats that are held or sold. */
  taken: ReadonlySet<number>;
  /** Seats that were ever sold: documents name them. */
  sold: ReadonlySet<number>;
  /** Places of general zones that are held or sold. */
  zonesUsed: ReadonlyMap<number, number>;
  /** Places of general zones, by their names, that went back and are not to be sold again. */
  keptOff: ReadonlyMap<string, number>;
};

export type FittedSeat = {
  seatNo: number;
  zoneNo: number;
  categoryNo: number;
  guid: string;
  rowLabel: string;
  seatLabel: string;
  rowNo: number;
  position: number;
  x: number;
  y: number;
  blocked: boolean;
  traits: readonly SeatTrait[];
};

/** What is to stand there. Zones and categories are numbered without a gap; one that is left out has no places. */
export type FittedPlan = {
  zones: { zoneNo: number; name: string; kind: ZoneKind; price: number | null; capacity: number }[];
  categories: { categoryNo: number; name: string; color: string; price: number }[];
  seats: FittedSeat[];
  /** Seats that the new plan leaves out. */
  retired: number[];
  /** The number that each zone of the new plan has in the event. */
  zoneNos: number[];
};

/** Why a plan does not fit: a place that is taken, or stands on a document, would be another one. */
export type Misfit = {
  /** A seat's number, or null for a zone. */
  seatNo: number | null;
  zoneNo: number;
  reason: 'gone' | 'moved' | 'renamed' | 'too_few' | 'kind';
  place: string;
};

const seatName = (zone: string, row: string, seat: string) => `${zone} ${row}-${seat}`;

function fitZones(
  present: PresentPlan,
  plan: Plan,
): Pick<FittedPlan, 'zones' | 'zoneNos'> & { misfits: Misfit[] } {
  const zones = present.zones.map((zone) => ({ ...zone, capacity: 0 }));
  const misfits: Misfit[] = [];
  const zoneNos = plan.zones.map((zone) => {
    const capacity =
      zone.kind === 'general'
        ? Math.max(0, zone.capacity - (present.keptOff.get(zone.name) ?? 0))
        : zone.rows.reduce((sum, row) => sum + row.seats.length, 0);
    const known = zones.find((one) => one.name === zone.name);
    if (known) {
      if (known.kind !== zone.kind)
        misfits.push({ seatNo: null, zoneNo: known.zoneNo, reason: 'kind', place: zone.name });
      known.capacity = capacity;
      return known.zoneNo;
    }
    const zoneNo = zones.length + 1;
    const price = zone.kind === 'general' ? zone.price : null;
    zones.push({ zoneNo, name: zone.name, kind: zone.kind, price, capacity });
    return zoneNo;
  });
  for (const { zoneNo, name, capacity } of zones) {
    if (capacity < (present.zonesUsed.get(zoneNo) ?? 0))
      misfits.push({ seatNo: null, zoneNo, reason: 'too_few', place: name });
  }
  return { zones, zoneNos, misfits };
}

function fitCategories(present: PresentPlan, plan: Plan) {
  const categories = present.categories.map((category) => ({ ...category }));
  const categoryNos = plan.categories.map(({ name, color }) => {
    const known = categories.find((one) => one.name === name);
    if (known) {
      known.color = color;
      return known.categoryNo;
    }
    categories.push({ categoryNo: categories.length + 1, name, color, price: 0 });
    return categories.length;
  });
  return { categories, categoryNos };
}

function fitSeats(present: PresentPlan, plan: Plan, zoneNos: number[], categoryNos: number[]): FittedSeat[] {
  const numbers = new Map(present.seats.map(({ guid, seatNo }) => [guid, seatNo]));
  let last = present.seats.length;
  let rowNo = 0;
  return plan.zones.flatMap((zone, zoneIndex) => {
    if (zone.kind === 'general') return [];
    const spacing = usualSpacing(zone.rows.map((row) => row.seats));
    return zone.rows.flatMap((row) => {
      rowNo += 1;
      const inRow = rowNo;
      const positions = positionsInRow(row.seats, spacing);
      return row.seats.map((seat, index): FittedSeat => ({
        seatNo: numbers.get(seat.guid) ?? (last += 1),
        zoneNo: zoneNos[zoneIndex]!,
        categoryNo: categoryNos[seat.category]!,
        guid: seat.guid,
        rowLabel: row.label,
        seatLabel: seat.label,
        rowNo: inRow,
        position: positions[index]!,
        x: seat.x,
        y: seat.y,
        blocked: seat.blocked ?? false,
        traits: seat.traits ?? [],
      }));
    });
  });
}

function findMisfits(present: PresentPlan, zones: FittedPlan['zones'], seats: FittedSeat[]): Misfit[] {
  const after = new Map(seats.map((seat) => [seat.seatNo, seat]));
  return present.seats.flatMap((before): Misfit[] => {
    const { seatNo, zoneNo } = before;
    const isTaken = present.taken.has(seatNo);
    if (!isTaken && !present.sold.has(seatNo)) return [];
    const place = seatName(zones[zoneNo - 1]!.name, before.rowLabel, before.seatLabel);
    const now = after.get(seatNo);
    if (!now) return isTaken ? [{ seatNo, zoneNo, reason: 'gone', place }] : [];
    if (now.zoneNo !== zoneNo) return [{ seatNo, zoneNo, reason: 'moved', place }];
    if (now.rowLabel !== before.rowLabel || now.seatLabel !== before.seatLabel)
      return [{ seatNo, zoneNo, reason: 'renamed', place }];
    return [];
  });
}

/**
 * Fits a plan into an event. Zones and categories are the same by their names, seats by their guids.
 * @returns what is to be stored, and each place that stands in the way of it.
 */
export function fitPlan(present: PresentPlan, plan: Plan): { fitted: FittedPlan; misfits: Misfit[] } {
  const { zones, zoneNos, misfits } = fitZones(present, plan);
  const { categories, categoryNos } = fitCategories(present, plan);
  const seats = fitSeats(present, plan, zoneNos, categoryNos);
  const kept = new Set(seats.map(({ seatNo }) => seatNo));
  const retired = present.seats.filter(({ seatNo }) => !kept.has(seatNo)).map(({ seatNo }) => seatNo);
  return {
    fitted: { zones, categories, seats, retired, zoneNos },
    misfits: [...misfits, ...findMisfits(present, zones, seats)],
  };
}
