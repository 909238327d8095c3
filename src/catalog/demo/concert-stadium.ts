import type { PlanArea } from '../event.ts';
import { guidOf, type Plan, type PlanRow, type PlanSeat, type PlanZone } from '../plan.ts';
import { placesIn, roundPoint, type Point } from './curve.ts';

/** The pitch, 68 by 105 metres at 20 units a metre; the stage stands at its upper end. */
const pitch = { left: 1_510, top: 400, width: 1_360, height: 2_100 };
const right = pitch.left + pitch.width;
const bottom = pitch.top + pitch.height;
const size = { width: 4_380, height: 4_010 };
const seatSpacing = 10;
const rowSpacing = 16;
const aisle = 24;
const seatsWanted = 50_000;

const categories = [
  { name: 'Tribuna baja', color: '#c0392b' },
  { name: 'Fondo bajo', color: '#e08e45' },
  { name: 'Club', color: '#8e6bbf' },
  { name: 'Tribuna alta', color: '#2f7fb8' },
  { name: 'Fondo alto', color: '#3fa796' },
];

/** The names of the zones on the pitch, where people stand. */
export const stadiumStanding = { front: 'Pista frontal', back: 'Pista general' };

/** A stand of the bowl: straight along the pitch, or about one of its corners. */
type Stand = {
  isEnd: boolean;
  /** How long it is at a distance from the pitch's edge. */
  length(distance: number): number;
  /** The point at a part of its length, from 0 to 1, left to right as its guests see the pitch. */
  at(part: number, distance: number): Point;
};

function straight(from: Point, to: Point, outwards: Point, isEnd: boolean): Stand {
  return {
    isEnd,
    length: () => Math.hypot(to.x - from.x, to.y - from.y),
    at: (part, distance) => ({
      x: from.x + (to.x - from.x) * part + outwards.x * distance,
      y: from.y + (to.y - from.y) * part + outwards.y * distance,
    }),
  };
}

function corner(centre: Point, startAngle: number): Stand {
  return {
    isEnd: true,
    length: (distance) => (distance * Math.PI) / 2,
    at: (part, distance) => {
      const angle = startAngle - (part * Math.PI) / 2;
      return { x: centre.x + distance * Math.cos(angle), y: centre.y + distance * Math.sin(angle) };
    },
  };
}

/** From the stage down the left side, round the lower end and up the right side. */
const stands: Stand[] = [
  straight({ x: pitch.left, y: pitch.top }, { x: pitch.left, y: bottom }, { x: -1, y: 0 }, false),
  corner({ x: pitch.left, y: bottom }, Math.PI),
  straight({ x: pitch.left, y: bottom }, { x: right, y: bottom }, { x: 0, y: 1 }, true),
  corner({ x: right, y: bottom }, Math.PI / 2),
  straight({ x: right, y: bottom }, { x: right, y: pitch.top }, { x: 1, y: 0 }, false),
];

type Tier = {
  firstSector: number;
  /** The distance of its first row from the pitch's edge. */
  distance: number;
  rows: number;
  /** Into how many sectors each stand is cut. */
  cuts: readonly number[];
  /** Categories along the pitch and at its end. */
  side: number;
  end: number;
};

const lower: Tier = { firstSector: 101, distance: 170, rows: 26, cuts: [7, 2, 4, 2, 7], side: 0, end: 1 };
const club: Tier = { firstSector: 201, distance: 636, rows: 8, cuts: [7, 3, 4, 3, 7], side: 2, end: 2 };
const upper: Tier = { firstSector: 301, distance: 816, rows: 38, cuts: [7, 5, 4, 5, 7], side: 3, end: 4 };

type NumberedZone = Extract<PlanZone, { kind: 'numbered' }>;
type RowPlace = { sector: string; rowNo: number; distance: number; category: number };

/** A sector's row, its seats numbered from 1. */
function sectorRow(stand: Stand, part: { from: number; to: number }, place: RowPlace): PlanRow {
  const length = stand.length(place.distance);
  const stretch = { from: part.from * length + aisle / 2, to: part.to * length - aisle / 2 };
  const label = String(place.rowNo);
  const seats = placesIn(stretch, seatSpacing).map((at, index): PlanSeat => {
    const number = String(index + 1);
    const point = roundPoint(stand.at(at / length, place.distance));
    return { guid: guidOf(place.sector, label, number), label: number, ...point, category: place.category };
  });
  return { label, seats };
}

function tierZones(tier: Tier): NumberedZone[] {
  let sectorNo = tier.firstSector;
  return stands.flatMap((stand, standIndex) =>
    Array.from({ length: tier.cuts[standIndex]! }, (_, cut): NumberedZone => {
      const sector = `Sector ${sectorNo++}`;
      const part = { from: cut / tier.cuts[standIndex]!, to: (cut + 1) / tier.cuts[standIndex]! };
      const category = stand.isEnd ? tier.end : tier.side;
      const rows = Array.from({ length: tier.rows }, (__, index) => {
        const distance = tier.distance + index * rowSpacing;
        return sectorRow(stand, part, { sector, rowNo: index + 1, distance, category });
      });
      return { kind: 'numbered', name: sector, rows };
    }),
  );
}

/** Takes seats from the upper tier's hindmost rows, beside the stage first, until so many are left as are wanted. */
function trim(zones: NumberedZone[], surplus: number): NumberedZone[] {
  const last = zones.length - 1;
  const flank = (index: number) => Math.min(index, last - index);
  const fromTheStage = zones.map((_, index) => index).toSorted((a, b) => flank(a) - flank(b));
  const rows = zones.map((zone) => [...zone.rows]);
  let left = surplus;
  while (left > 0) {
    for (const index of fromTheStage) {
      const row = left > 0 ? rows[index]!.pop() : undefined;
      if (row && row.seats.length > left) rows[index]!.push({ ...row, seats: row.seats.slice(left) });
      left -= Math.min(left, row?.seats.length ?? 0);
    }
  }
  return zones.map((zone, index) => ({ ...zone, rows: rows[index]! }));
}

function countSeats(zones: NumberedZone[]): number {
  return zones.reduce((sum, zone) => sum + zone.rows.reduce((seats, row) => seats + row.seats.length, 0), 0);
}

/** Names each sector behind its rows, as the signs over its entrances do. The last row may be short. */
function sectorSign(zone: NumberedZone): PlanArea {
  const [inner, outer] = zone.rows.slice(-3, -1).map((row) => row.seats[row.seats.length >> 1]!);
  const way = { x: outer!.x - inner!.x, y: outer!.y - inner!.y };
  const reach = (rowSpacing + 36) / Math.hypot(way.x, way.y);
  const at = roundPoint({ x: outer!.x + way.x * reach, y: outer!.y + way.y * reach });
  const text = { text: zone.name.replace('Sector ', ''), size: 28, color: '#5b6470', ...at };
  return { shape: 'text', ...at, text };
}

type Box = { x: number; y: number; width: number; height: number };
type Paint = { color: string; border_color: string };

function labelled(box: Box, paint: Paint, text: string, textSize: number): PlanArea {
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  return {
    shape: 'rectangle',
    ...box,
    ...paint,
    text: { text, size: textSize, color: '#3b3934', ...middle },
  };
}

/** The ground: the stage with its catwalk, the two parts of the pitch, and the desk of sound and light. */
function groundAreas(): PlanArea[] {
  const { left, top, width, height } = pitch;
  const build = { color: '#d9d6d0', border_color: '#7d7a74' };
  const track = { color: '#eef2ea', border_color: '#b8c4b2' };
  const standing = (y: number, tall: number) => ({ x: left + 40, y, width: width - 80, height: tall });
  const middle = left + width / 2;
  return [
    { shape: 'rectangle', x: left - 60, y: top - 40, width: width + 120, height: height + 100, ...track },
    labelled(
      standing(top + 330, 420),
      { color: '#f3e6cf', border_color: '#c29a55' },
      stadiumStanding.front,
      72,
    ),
    labelled(
      standing(top + 800, height - 840),
      { color: '#dfeedd', border_color: '#86ab80' },
      stadiumStanding.back,
      96,
    ),
    labelled({ x: left + 130, y: top - 260, width: width - 260, height: 400 }, build, 'ESCENARIO', 110),
    { shape: 'rectangle', x: middle - 50, y: top + 140, width: 100, height: 150, ...build },
    labelled({ x: middle - 110, y: top + 1_700, width: 220, height: 120 }, build, 'Control', 40),
  ];
}

/** A stadium of 50,000 seats about a pitch with a stage at its upper end, where the bowl stays open. */
export function concertStadiumPlan(): Plan {
  const below = [...tierZones(lower), ...tierZones(club)];
  const above = tierZones(upper);
  const zones = [...below, ...trim(above, countSeats(below) + countSeats(above) - seatsWanted)];
  return { name: 'Estadio', size, categories, zones, areas: [...groundAreas(), ...zones.map(sectorSign)] };
}
