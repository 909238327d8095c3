import type { Area } from '../../../../shared/src/map/map-plan.ts';
import type { MapHall } from '../../../../shared/src/map/map-drawing.ts';
import { SeatIndex } from '../../../../shared/src/map/seat-index.ts';
import { seatState } from '../../../../shared/src/map/seat-painter.ts';
import { turned } from './geometry.ts';
import { seatsOf, type PlanDocument, type PlanRow, type SeatTrait } from './plan-document.ts';

/** A plan for the map, and which seat is which: seats are known there by their places in the plan's order. */
type EditorMap = { hall: MapHall; ids: string[]; placeOf: Map<string, number> };

const traitMarks: Record<SeatTrait, string> = { accessible: 'a', companion: 'c', restricted_view: 'r' };
const areaPrefix = 'area:';

function tableArea({ label, table }: PlanRow): Area[] {
  if (!table) return [];
  const { x, y, width, height, rotation = 0 } = table;
  const text = { text: label, size: Math.min(width, height) / 3, color: '#292524', x, y };
  const look = { color: '#d6d3d1', border_color: '#57534e', rotation };
  if (table.shape === 'round') return [{ shape: 'ellipse', x, y, width, height, ...look, text }];
  const corner = turned({ x: x - width / 2, y: y - height / 2 }, { x, y }, rotation);
  return [{ shape: 'rectangle', ...corner, width, height, ...look, text }];
}

/** What the map draws of a plan. */
export function toMap(document: PlanDocument): EditorMap {
  const all = [...seatsOf(document)].map(({ seat }) => seat);
  const states = Uint8Array.from(all, ({ blocked }) => (blocked ? seatState.blocked : seatState.free));
  const rows = document.zones.flatMap((zone) => (zone.kind === 'numbered' ? zone.rows : []));
  const areas = document.areas.map((area, i): Area => ({ ...area, zone_id: `${areaPrefix}${i}` }));
  const index = new SeatIndex(
    all.map(({ x }) => x),
    all.map(({ y }) => y),
  );
  const plan = {
    size: document.size,
    categories: document.categories.length > 0 ? document.categories : [{ color: '#888888' }],
    areas: [...areas, ...rows.flatMap(tableArea)],
    seats: {
      category: all.map(({ category }) => category),
      number: all.map(({ label, traits = [] }) => label + traits.map((trait) => traitMarks[trait]).join('')),
    },
  };
  const ids = all.map(({ id }) => id);
  return { hall: { plan, index, states }, ids, placeOf: new Map(ids.map((id, place) => [id, place])) };
}

/** The area that a target of the map means, by its place in the plan. */
export function areaOf(zoneId: string | undefined): number | null {
  return zoneId?.startsWith(areaPrefix) ? Number(zoneId.slice(areaPrefix.length)) : null;
}
