import type { PlanArea } from '../event.ts';
import { guidOf, type Plan, type PlanRow, type PlanSeat, type PlanZone } from '../plan.ts';
import {
  arc,
  band,
  horseshoe,
  horseshoeTurn,
  placesIn,
  roundPoint,
  type Curve,
  type Point,
  type Stretch,
} from './curve.ts';

const size = { width: 1_600, height: 1_270 };
/** The middle of the horseshoe, on the axis of the house. */
const centre: Point = { x: 800, y: 380 };
/** The stalls' rows and the stage's front bend about a point far behind the stage. */
const stallsCentre: Point = { x: centre.x, y: -520 };
const seatSpacing = 20;
const rowSpacing = 25;
const aisle = 30;
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

const categories = [
  { name: 'Platea preferente', color: '#b3202c' },
  { name: 'Platea', color: '#e07a3f' },
  { name: 'Palcos', color: '#c9a227' },
  { name: 'Balcón', color: '#2a7f9e' },
  { name: 'Paraíso', color: '#6b5b95' },
];
const category = { preferred: 0, stalls: 1, boxes: 2, balcony: 3, gallery: 4 } as const;

/** The name of the zone of standing room, which has no seats of its own. */
export const operaStanding = 'De pie';

/** A place along a curve, by its distance from the middle. */
type Place = { at: number; label: string };

/** Numbers as Spanish houses give them: odd ones left of the middle, even ones right of it, from the middle outwards. */
function numberFromMiddle(places: number[]): Place[] {
  const left = places.filter((at) => at < 0).toSorted((a, b) => b - a);
  const right = places.filter((at) => at >= 0).toSorted((a, b) => a - b);
  return [
    ...left.map((at, index) => ({ at, label: String(2 * index + 1) })).toReversed(),
    ...right.map((at, index) => ({ at, label: String(2 * index + 2) })),
  ];
}

function seatRow(zone: string, label: string, categoryIndex: number, curve: Curve, places: Place[]): PlanRow {
  const seats = places.map((place): PlanSeat => ({
    guid: guidOf(zone, label, place.label),
    label: place.label,
    ...roundPoint(curve(place.at)),
    category: categoryIndex,
  }));
  return { label, seats };
}

/** Stretches right of the middle, and the same ones left of it. */
function mirrored(stretches: Stretch[]): Stretch[] {
  return [...stretches.map(({ from, to }) => ({ from: -to, to: -from })).toReversed(), ...stretches];
}

const stallsFront = 312;
const stallsRows = 17;
const boxRadius = 470;

function stallsZone(): PlanZone {
  const name = 'Platea';
  const rows = Array.from({ length: stallsRows }, (_, index) => {
    const y = stallsFront + index * rowSpacing;
    // Each row is a little wider than the one before, until the round of the boxes narrows the hall.
    const room = Math.sqrt((boxRadius - 88) ** 2 - Math.max(0, y - centre.y) ** 2);
    const reach = Math.min(aisle / 2 + (14 + index / 2) * seatSpacing, room);
    const places = mirrored([{ from: aisle / 2, to: reach }]).flatMap((one) => placesIn(one, seatSpacing));
    const curve = arc(stallsCentre, y - stallsCentre.y);
    const price = index < 7 ? category.preferred : category.stalls;
    return seatRow(name, letters[index]!, price, curve, numberFromMiddle(places));
  });
  return { kind: 'numbered', name, rows };
}

const boxWidth = 62;
const boxDepth = 44;
const straightEnd = 130;

/** Where a line through the parapet meets a horseshoe further out: along the round the same angle is a longer way. */
function outwards(radius: number, along: number, further: number): number {
  const reach = radius * horseshoeTurn;
  const round = Math.max(-reach, Math.min(reach, along));
  return (round * (radius + further)) / radius + (along - round);
}

/** One tier of boxes: in each three chairs at the parapet and two behind them. */
function boxTier(name: string, radius: number): { zone: PlanZone; areas: PlanArea[] } {
  const reach = radius * horseshoeTurn + straightEnd;
  const middles = mirrored([{ from: 0, to: reach }]).flatMap((one) => placesIn(one, boxWidth));
  const boxes = numberFromMiddle(middles);
  const chairs = [
    { behind: 12, aside: -18 },
    { behind: 12, aside: 0 },
    { behind: 12, aside: 18 },
    { behind: 32, aside: -10 },
    { behind: 32, aside: 10 },
  ];
  const rows = boxes.map((box): PlanRow => {
    const label = `Palco ${box.label}`;
    const seats = chairs.map(({ behind, aside }, index): PlanSeat => {
      const number = String(index + 1);
      const point = horseshoe(centre, radius + behind)(outwards(radius, box.at, behind) + aside);
      return {
        guid: guidOf(name, label, number),
        label: number,
        ...roundPoint(point),
        category: category.boxes,
      };
    });
    return { label, seats };
  });
  return { zone: { kind: 'numbered', name, rows }, areas: boxes.map((box) => boxWalls(radius, box.at)) };
}

function boxWalls(radius: number, middle: number): PlanArea {
  const front = horseshoe(centre, radius);
  const half = boxWidth / 2 - 2;
  const [a, b] = [front(middle - half), front(middle + half)];
  const length = Math.hypot(b.x - a.x, b.y - a.y);
  // Away from the stalls: the front turned by a quarter.
  const back = { x: (-(b.y - a.y) / length) * boxDepth, y: ((b.x - a.x) / length) * boxDepth };
  const corners = [a, b, { x: b.x + back.x, y: b.y + back.y }, { x: a.x + back.x, y: a.y + back.y }];
  const points = corners.map(roundPoint);
  return { shape: 'polygon', x: 0, y: 0, points, color: '#f6efe2', border_color: '#b9a57c' };
}

const degrees = (angle: number) => (angle / 180) * Math.PI;

type Tier = {
  radius: number;
  rows: number;
  /** The angles of the aisles right of the middle one, in degrees. */
  aisles: number[];
  /** How far a row reaches from the middle. */
  reach(radius: number): number;
  curve: typeof horseshoe;
};

/** Rows about the boxes, cut by aisles that run straight up through all of them. */
function tierZone(name: string, categoryIndex: number, tier: Tier): PlanZone {
  const rows = Array.from({ length: tier.rows }, (_, index) => {
    const radius = tier.radius + index * rowSpacing;
    const cuts = [0, ...tier.aisles.map((angle) => degrees(angle) * radius), tier.reach(radius) + aisle / 2];
    const stretches = cuts.slice(1).map((to, cut) => ({ from: cuts[cut]! + aisle / 2, to: to - aisle / 2 }));
    const places = mirrored(stretches).flatMap((one) => placesIn(one, seatSpacing));
    return seatRow(
      name,
      letters[index]!,
      categoryIndex,
      tier.curve(centre, radius),
      numberFromMiddle(places),
    );
  });
  return { kind: 'numbered', name, rows };
}

type Paint = { color: string; border_color: string };

function drawn(points: Point[], paint: Paint, label: { text: string; size: number; y: number }): PlanArea {
  const text = { ...label, color: '#5b5246', x: centre.x };
  return { shape: 'polygon', x: 0, y: 0, points, ...paint, text };
}

/** The stage with its bowed front, the pit, and the standing room behind the stalls. */
function houseAreas(): PlanArea[] {
  const front = arc(stallsCentre, 740);
  const bow = Array.from({ length: 25 }, (_, index) => roundPoint(front(252 - index * 21)));
  const stage = [{ x: bow.at(-1)!.x, y: 50 }, { x: bow[0]!.x, y: 50 }, ...bow];
  const pit = band(stallsCentre, 752, 806, { from: degrees(-19), to: degrees(19) });
  const standing = band(centre, 392, 446, { from: degrees(-44), to: degrees(44) });
  const boards = { color: '#e7dccb', border_color: '#8f7d5f' };
  return [
    drawn(stage, boards, { text: 'ESCENARIO', size: 34, y: 135 }),
    drawn(pit, { color: '#efe9df', border_color: '#c9bda6' }, { text: 'Foso de orquesta', size: 16, y: 259 }),
    drawn(
      standing,
      { color: '#dcead9', border_color: '#7fa37a' },
      { text: operaStanding, size: 22, y: centre.y + 419 },
    ),
  ];
}

/** An opera house of some 1,500 seats: stalls, two tiers of boxes, a balcony about them, and a gallery above. */
export function operaHousePlan(): Plan {
  const lower = boxTier('Palcos de platea', boxRadius);
  const upper = boxTier('Palcos principales', boxRadius + 54);
  const balcony = tierZone('Balcón', category.balcony, {
    radius: boxRadius + 124,
    rows: 4,
    aisles: [24, 50, 78],
    reach: (radius) => radius * horseshoeTurn + straightEnd,
    curve: horseshoe,
  });
  const gallery = tierZone('Paraíso', category.gallery, {
    radius: boxRadius + 252,
    rows: 5,
    aisles: [18, 38],
    reach: (radius) => radius * degrees(58),
    curve: arc,
  });
  return {
    name: 'Teatro',
    size,
    categories,
    zones: [stallsZone(), lower.zone, upper.zone, balcony, gallery],
    areas: [...houseAreas(), ...lower.areas, ...upper.areas],
  };
}
