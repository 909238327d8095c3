/** A plan as the API reads and writes it; everything is in the plan's own coordinates. */
export type Point = { x: number; y: number };
export const seatTraits = ['accessible', 'companion', 'restricted_view'] as const;
export type SeatTrait = (typeof seatTraits)[number];

export type PlanSeat = Point & {
  id: string;
  label: string;
  /** An index of the plan's categories. */
  category: number;
  blocked?: boolean;
  traits?: SeatTrait[];
};
type PlanTable = Point & {
  shape: 'round' | 'rectangle';
  width: number;
  height: number;
  rotation?: number;
};
export type PlanRow = { label: string; seats: PlanSeat[]; table?: PlanTable };
export type NumberedZone = { kind: 'numbered'; name: string; rows: PlanRow[] };
type GeneralZone = { kind: 'general'; name: string; capacity: number };
export type PlanZone = NumberedZone | GeneralZone;
export type PlanCategory = { name: string; color: string };
export type PlanArea = Point & {
  shape: 'rectangle' | 'circle' | 'ellipse' | 'polygon' | 'text';
  width?: number;
  height?: number;
  radius?: number;
  points?: Point[];
  color?: string;
  border_color?: string;
  rotation?: number;
  text?: Point & { text: string; size: number; color: string };
  /** The general zone that it stands for. */
  zone?: string;
};
export type PlanDocument = {
  size: { width: number; height: number };
  categories: PlanCategory[];
  zones: PlanZone[];
  areas: PlanArea[];
};

/** A plan with nothing on it yet. */
export function emptyPlan(category: string): PlanDocument {
  return {
    size: { width: 800, height: 600 },
    categories: [{ name: category, color: '#8a1c2c' }],
    zones: [],
    areas: [],
  };
}

/** Every seat of a plan with where it stands, in the plan's order. */
export function* seatsOf(
  document: PlanDocument,
): Generator<{ zone: NumberedZone; row: PlanRow; seat: PlanSeat }> {
  for (const zone of document.zones) {
    if (zone.kind === 'general') continue;
    for (const row of zone.rows) for (const seat of row.seats) yield { zone, row, seat };
  }
}

/** How many seats and general places a plan has. */
export function countPlaces(document: PlanDocument): { seats: number; places: number } {
  let [seats, places] = [0, 0];
  for (const zone of document.zones) {
    if (zone.kind === 'general') places += zone.capacity;
    else for (const row of zone.rows) seats += row.seats.length;
  }
  return { seats, places };
}
