import type { PlanArea } from './event.ts';
import { checkPlan, PlanProblems, type Plan, type PlanRow, type PlanTable } from './plan.ts';

type DocumentArea = Omit<PlanArea, 'zoneNo'> & { zone?: string };

/** A plan as its owner draws it: a `Plan` whose areas name their zones, and whose general zones have no price yet. */
export type PlanDocument = {
  size: { width: number; height: number };
  categories: { name: string; color: string }[];
  zones: (
    | { kind: 'numbered'; name: string; rows: DocumentRow[] }
    | { kind: 'general'; name: string; capacity: number }
  )[];
  areas: DocumentArea[];
};

type DocumentSeat = {
  id: string;
  label: string;
  x: number;
  y: number;
  /** An index of `categories`. */
  category: number;
  blocked?: boolean;
  traits?: ('accessible' | 'companion' | 'restricted_view')[];
};
type DocumentRow = { label: string; seats: DocumentSeat[]; table?: PlanTable };

const tableColor = '#d6d3d1';

/** The plan that a document draws, with the problem of every area that names no general zone. */
function toPlan(document: PlanDocument, name: string, problems: PlanProblems): Plan {
  return {
    name,
    size: document.size,
    categories: document.categories,
    zones: document.zones.map((zone) =>
      zone.kind === 'general'
        ? { ...zone, price: 0 }
        : {
            ...zone,
            rows: zone.rows.map((row) => ({
              ...row,
              seats: row.seats.map(({ id, ...seat }) => ({ guid: id, ...seat })),
            })),
          },
    ),
    areas: document.areas.map(({ zone, ...area }, index): PlanArea => {
      if (zone === undefined) return area;
      const zoneNo = document.zones.findIndex((one) => one.name === zone) + 1;
      if (zoneNo === 0)
        problems.add(`area ${index + 1}`, `stands for the zone "${zone}", which is not there`);
      return { ...area, ...(zoneNo > 0 && { zoneNo }) };
    }),
  };
}

/** What people could not tell apart: two seats of a row with one number, two rows of a zone with one name. */
function checkLabels(plan: Plan, problems: PlanProblems): void {
  for (const zone of plan.zones) {
    if (zone.kind === 'general') continue;
    const seen = new Set<string>();
    for (const row of zone.rows) {
      for (const seat of row.seats) {
        const place = JSON.stringify([row.label, seat.label]);
        const at = `zone "${zone.name}", row "${row.label}", seat "${seat.label}"`;
        if (seat.label.trim() === '') problems.add(at, 'needs a number');
        else if (seen.has(place)) problems.add(at, 'stands twice');
        seen.add(place);
      }
    }
  }
}

/** Seats on top of each other, of which nobody could press the lower one. */
function checkPlaces(plan: Plan, problems: PlanProblems): void {
  const seen = new Map<string, string>();
  for (const zone of plan.zones) {
    if (zone.kind === 'general') continue;
    for (const row of zone.rows) {
      for (const seat of row.seats) {
        const at = `zone "${zone.name}", row "${row.label}", seat "${seat.label}"`;
        const place = `${Math.round(seat.x)} ${Math.round(seat.y)}`;
        const other = seen.get(place);
        if (other) problems.add(at, `is drawn over ${other}`);
        seen.set(place, at);
      }
    }
  }
}

/**
 * Checks a document and reads the plan in it.
 * @throws PlanError that names every problem by its zone, row and seat.
 */
export function readPlanDocument(document: PlanDocument, name: string): Plan {
  const problems = new PlanProblems();
  const plan = toPlan(document, name, problems);
  checkLabels(plan, problems);
  checkPlaces(plan, problems);
  problems.throwIfAny();
  checkPlan(plan);
  return plan;
}

/** The document of a plan, however it was made: what an importer reads can be edited by it. */
export function documentOf(plan: Plan): PlanDocument {
  return {
    size: plan.size,
    categories: plan.categories,
    zones: plan.zones.map((zone) =>
      zone.kind === 'general'
        ? { kind: zone.kind, name: zone.name, capacity: zone.capacity }
        : {
            ...zone,
            rows: zone.rows.map((row) => ({
              ...row,
              seats: row.seats.map(({ guid, ...seat }) => ({ id: guid, ...seat })),
            })),
          },
    ),
    areas: plan.areas.map(({ zoneNo, ...area }) => ({
      ...area,
      ...(zoneNo !== undefined && { zone: plan.zones[zoneNo - 1]!.name }),
    })),
  };
}

/** How many seats and general places a document has. */
export function countPlaces(plan: Plan): { seats: number; generalPlaces: number } {
  let [seats, generalPlaces] = [0, 0];
  for (const zone of plan.zones) {
    if (zone.kind === 'general') generalPlaces += zone.capacity;
    else for (const row of zone.rows) seats += row.seats.length;
  }
  return { seats, generalPlaces };
}

function tableArea({ label, table }: PlanRow): PlanArea[] {
  if (!table) return [];
  const { x, y, width, height, rotation } = table;
  const common = {
    color: tableColor,
    border_color: '#57534e',
    ...(rotation !== undefined && { rotation }),
    text: { text: label, size: Math.min(width, height) / 3, color: '#292524', x, y },
  };
  return [
    table.shape === 'round'
      ? { shape: 'ellipse', x, y, width, height, ...common }
      : rectangleAbout(x, y, width, height, common),
  ];
}

/** A rectangle turns about its corner, a table about its middle: the corner is where that turn brings it. */
function rectangleAbout(
  x: number,
  y: number,
  width: number,
  height: number,
  common: Partial<PlanArea> & { text: NonNullable<PlanArea['text']> },
): PlanArea {
  const angle = ((common.rotation ?? 0) * Math.PI) / 180;
  const [dx, dy] = [-width / 2, -height / 2];
  const corner = {
    x: x + dx * Math.cos(angle) - dy * Math.sin(angle),
    y: y + dx * Math.sin(angle) + dy * Math.cos(angle),
  };
  // The text is turned about the corner, too, so that it stands where the middle was before.
  const text = { ...common.text, x: corner.x + width / 2, y: corner.y + height / 2 };
  return { shape: 'rectangle', ...corner, width, height, ...common, text };
}

/** All that is drawn of a plan beside its seats: its areas, and the tables of its rows. */
export function drawnAreas(plan: Plan): PlanArea[] {
  const tables = plan.zones.flatMap((zone) => (zone.kind === 'numbered' ? zone.rows.flatMap(tableArea) : []));
  return [...plan.areas, ...tables];
}
