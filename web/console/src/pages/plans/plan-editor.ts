import { alongArc, blockPlaces, boundsOf, centreOf, mirrored, tablePlaces, turned } from './geometry.ts';
import type { Block, TableShape } from './geometry.ts';
import { freeName, namesOf, type Numbering } from './numbering.ts';
import {
  seatsOf,
  type NumberedZone,
  type PlanArea,
  type PlanDocument,
  type PlanRow,
  type PlanSeat,
  type PlanZone,
  type Point,
  type SeatTrait,
} from './plan-document.ts';

/** What is drawn, and what of it is chosen: seats by their ids, areas by their places in the plan. */
export type Drawing = {
  document: PlanDocument;
  seats: ReadonlySet<string>;
  areas: ReadonlySet<number>;
};

/** A drawing with what it was before each step, and what was undone. */
type History = { past: readonly Drawing[]; present: Drawing; future: readonly Drawing[] };

const stepsMax = 200;
const margin = 30;
const nothing: ReadonlySet<never> = new Set();

/** A history that begins with a plan. */
export function startEditing(document: PlanDocument): History {
  return { past: [], present: { document, seats: nothing, areas: nothing }, future: [] };
}

/** Takes a step that can be undone; one that changes nothing of the plan is none. */
export function take(history: History, step: (drawing: Drawing) => Drawing): History {
  const present = step(history.present);
  if (present.document === history.present.document) return { ...history, present };
  return { past: [...history.past, history.present].slice(-stepsMax), present, future: [] };
}

/** Goes back a step. */
export function undo({ past, present, future }: History): History {
  const before = past.at(-1);
  return before
    ? { past: past.slice(0, -1), present: before, future: [present, ...future] }
    : { past, present, future };
}

/** Takes a step again that was undone. */
export function redo({ past, present, future }: History): History {
  const [next, ...rest] = future;
  return next ? { past: [...past, present], present: next, future: rest } : { past, present, future };
}

/** Chooses other things, which is no step. */
export function choose(history: History, seats: Iterable<string>, areas: Iterable<number> = []): History {
  return { ...history, present: { ...history.present, seats: new Set(seats), areas: new Set(areas) } };
}

function mapRows(
  document: PlanDocument,
  change: (row: PlanRow, zone: NumberedZone) => PlanRow,
): PlanDocument {
  return {
    ...document,
    zones: document.zones.map((zone) =>
      zone.kind === 'general' ? zone : { ...zone, rows: zone.rows.map((row) => change(row, zone)) },
    ),
  };
}

function changeSeats(drawing: Drawing, change: (seat: PlanSeat) => PlanSeat): Drawing {
  if (drawing.seats.size === 0) return drawing;
  const document = mapRows(drawing.document, (row) =>
    row.seats.some(({ id }) => drawing.seats.has(id))
      ? { ...row, seats: row.seats.map((seat) => (drawing.seats.has(seat.id) ? change(seat) : seat)) }
      : row,
  );
  return { ...drawing, document };
}

/** Whether all seats of a row are chosen, so that its table goes with them. */
const isWhole = ({ seats }: PlanRow, chosen: ReadonlySet<string>) =>
  seats.length > 0 && seats.every(({ id }) => chosen.has(id));

function moveArea(area: PlanArea, place: (point: Point) => Point): PlanArea {
  const to = place(area);
  const by = (point: Point) => ({ x: point.x + to.x - area.x, y: point.y + to.y - area.y });
  return {
    ...area,
    ...to,
    ...(area.points && { points: area.points.map(place) }),
    ...(area.text && { text: { ...area.text, ...by(area.text) } }),
  };
}

/** The point of an area that a transformation takes along: a rectangle hangs on its corner. */
function placeArea(area: PlanArea, place: (point: Point) => Point): PlanArea {
  if (area.shape !== 'rectangle') return moveArea(area, place);
  const half = { x: (area.width ?? 0) / 2, y: (area.height ?? 0) / 2 };
  const middle = place({ x: area.x + half.x, y: area.y + half.y });
  return moveArea(area, () => ({ x: middle.x - half.x, y: middle.y - half.y }));
}

function placeAll(drawing: Drawing, place: (point: Point) => Point, turn = 0): Drawing {
  const { seats, areas } = drawing;
  if (seats.size + areas.size === 0) return drawing;
  const moved = mapRows(drawing.document, (row) => {
    if (!row.seats.some(({ id }) => seats.has(id))) return row;
    const table = row.table &&
      isWhole(row, seats) && {
        table: {
          ...row.table,
          ...place(row.table),
          ...(turn && { rotation: (row.table.rotation ?? 0) + turn }),
        },
      };
    return {
      ...row,
      seats: row.seats.map((seat) => (seats.has(seat.id) ? { ...seat, ...place(seat) } : seat)),
      ...table,
    };
  });
  return {
    ...drawing,
    document: {
      ...moved,
      areas: moved.areas.map((area, i) => (areas.has(i) ? placeArea(area, place) : area)),
    },
  };
}

/** The middle of what is chosen; null when nothing is. */
function middleOf({ document, seats, areas }: Drawing): Point | null {
  const points: Point[] = [];
  for (const { seat } of seatsOf(document)) if (seats.has(seat.id)) points.push(seat);
  document.areas.forEach((area, i) => {
    if (areas.has(i))
      points.push({
        x: area.x + (area.shape === 'rectangle' ? (area.width ?? 0) / 2 : 0),
        y: area.y + (area.shape === 'rectangle' ? (area.height ?? 0) / 2 : 0),
      });
  });
  const bounds = boundsOf(points);
  return bounds && centreOf(bounds);
}

/** Moves what is chosen. */
export function move(drawing: Drawing, dx: number, dy: number): Drawing {
  return dx === 0 && dy === 0 ? drawing : placeAll(drawing, ({ x, y }) => ({ x: x + dx, y: y + dy }));
}

/** Mirrors what is chosen about its own middle: `vertical` swaps left and right. Names stay with their seats. */
export function mirror(drawing: Drawing, axis: 'vertical' | 'horizontal'): Drawing {
  const middle = middleOf(drawing);
  return middle ? placeAll(drawing, (point) => mirrored(point, middle, axis)) : drawing;
}

/** Turns what is chosen about its own middle, clockwise. */
export function rotate(drawing: Drawing, degrees: number): Drawing {
  const middle = middleOf(drawing);
  return middle ? placeAll(drawing, (point) => turned(point, middle, degrees), degrees) : drawing;
}

/** Ids that no seat of a plan has. */
function idsFor(document: PlanDocument): () => string {
  let last = 0;
  for (const { seat } of seatsOf(document))
    last = Math.max(last, Number(/^s(\d{1,9})$/.exec(seat.id)?.[1] ?? 0));
  return () => `s${(last += 1)}`;
}

/** Puts rows into a zone, which is made when there is none of its name, under names that are free there. */
function addRows(document: PlanDocument, zoneName: string, rows: PlanRow[]): PlanDocument {
  const known = document.zones.find((zone) => zone.kind === 'numbered' && zone.name === zoneName) as
    | NumberedZone
    | undefined;
  const taken = new Set(known?.rows.map(({ label }) => label));
  const named = rows.map((row) => {
    const label = freeName(row.label, taken);
    taken.add(label);
    return { ...row, label };
  });
  if (!known) {
    const others = new Set(document.zones.map(({ name }) => name));
    const zone: NumberedZone = { kind: 'numbered', name: freeName(zoneName, others), rows: named };
    return { ...document, zones: [...document.zones, zone] };
  }
  const zones = document.zones.map((zone) =>
    zone === known ? { ...known, rows: [...known.rows, ...named] } : zone,
  );
  return { ...document, zones };
}

export type NewBlock = Block & {
  zone: string;
  category: number;
  rowNames: Numbering;
  seatNames: Numbering;
};

/** Draws a block of rows, straight or curved; one row is a block of one. The new seats are chosen then. */
export function addBlock({ document }: Drawing, block: NewBlock): Drawing {
  const nextId = idsFor(document);
  const labels = namesOf(block.rows, block.rowNames);
  const numbers = namesOf(block.seats, block.seatNames);
  const rows = blockPlaces(block).map((places, r): PlanRow => ({
    label: labels[r]!,
    seats: places.map((place, i) => ({
      id: nextId(),
      label: numbers[i]!,
      ...place,
      category: block.category,
    })),
  }));
  const seats = new Set(rows.flatMap((row) => row.seats.map(({ id }) => id)));
  return { document: fitSize(addRows(document, block.zone, rows)), seats, areas: nothing };
}

export type NewTable = TableShape & { zone: string; category: number; name: string };

/** Draws a table with its seats, numbered from 1. */
export function addTable({ document }: Drawing, table: NewTable): Drawing {
  const nextId = idsFor(document);
  const { x, y, shape, width, height } = table;
  const row: PlanRow = {
    label: table.name,
    seats: tablePlaces(table).map((place, i) => ({
      id: nextId(),
      label: String(i + 1),
      ...place,
      category: table.category,
    })),
    table: { shape, x, y, width, height },
  };
  const seats = new Set(row.seats.map(({ id }) => id));
  return { document: fitSize(addRows(document, table.zone, [row])), seats, areas: nothing };
}

/** A rectangle with its name in the middle. */
function namedRectangle(
  box: Point & { width: number; height: number },
  name: string,
  color: string,
): PlanArea {
  return {
    shape: 'rectangle',
    ...box,
    color,
    border_color: '#57534e',
    text: {
      text: name,
      size: Math.max(10, Math.min(28, box.height / 3)),
      color: '#292524',
      x: box.x + box.width / 2,
      y: box.y + box.height / 2,
    },
  };
}

/** Draws the stage, or anything else without places. */
export function addStage(
  { document }: Drawing,
  box: Point & { width: number; height: number },
  name: string,
): Drawing {
  const areas = [...document.areas, namedRectangle(box, name, '#d6d3d1')];
  return { document: fitSize({ ...document, areas }), seats: nothing, areas: new Set([areas.length - 1]) };
}

/** Draws standing room: a general zone with so many places, under a name that is free. */
export function addGeneral(
  { document }: Drawing,
  box: Point & { width: number; height: number },
  general: { name: string; capacity: number },
): Drawing {
  const name = freeName(general.name, new Set(document.zones.map((zone) => zone.name)));
  const zones = [...document.zones, { kind: 'general' as const, name, capacity: general.capacity }];
  const areas = [...document.areas, { ...namedRectangle(box, name, '#e7d8b8'), zone: name }];
  return {
    document: fitSize({ ...document, zones, areas }),
    seats: nothing,
    areas: new Set([areas.length - 1]),
  };
}

/** Copies what is chosen beside itself; rows of the copy get the next free names of their zones. */
export function copy(drawing: Drawing, dx: number, dy: number): Drawing {
  const { seats, areas } = drawing;
  let { document } = drawing;
  const nextId = idsFor(document);
  const chosen = new Set<string>();
  for (const zone of drawing.document.zones) {
    if (zone.kind === 'general') continue;
    const rows = zone.rows.flatMap((row): PlanRow[] => {
      const copied = row.seats.filter(({ id }) => seats.has(id));
      if (copied.length === 0) return [];
      const table = row.table &&
        isWhole(row, seats) && { table: { ...row.table, x: row.table.x + dx, y: row.table.y + dy } };
      return [
        {
          label: row.label,
          seats: copied.map((seat) => ({ ...seat, id: nextId(), x: seat.x + dx, y: seat.y + dy })),
          ...table,
        },
      ];
    });
    for (const row of rows) for (const { id } of row.seats) chosen.add(id);
    if (rows.length > 0) document = addRows(document, zone.name, rows);
  }
  const copies = document.areas
    .filter((area, i) => areas.has(i) && area.zone === undefined)
    .map((area) => placeArea(area, ({ x, y }) => ({ x: x + dx, y: y + dy })));
  const all = [...document.areas, ...copies];
  if (chosen.size + copies.length === 0) return drawing;
  return {
    document: fitSize({ ...document, areas: all }),
    seats: chosen,
    areas: new Set(copies.map((_, i) => document.areas.length + i)),
  };
}

/** Takes away what is chosen, with rows and zones that are empty then. */
export function remove(drawing: Drawing): Drawing {
  const { document, seats, areas } = drawing;
  if (seats.size + areas.size === 0) return drawing;
  const gone = new Set(document.areas.flatMap((area, i) => (areas.has(i) && area.zone ? [area.zone] : [])));
  const zones = document.zones.flatMap((zone): PlanZone[] => {
    if (zone.kind === 'general') return gone.has(zone.name) ? [] : [zone];
    const rows = zone.rows
      .map((row) => ({ ...row, seats: row.seats.filter(({ id }) => !seats.has(id)) }))
      .filter((row) => row.seats.length > 0);
    return rows.length === 0 ? [] : [{ ...zone, rows }];
  });
  return {
    document: { ...document, zones, areas: document.areas.filter((_, i) => !areas.has(i)) },
    seats: nothing,
    areas: nothing,
  };
}

/** Paints the chosen seats with a category. */
export function paint(drawing: Drawing, category: number): Drawing {
  return changeSeats(drawing, (seat) => ({ ...seat, category }));
}

/** Takes the chosen seats out of the sale, or puts them back. */
export function setBlocked(drawing: Drawing, blocked: boolean): Drawing {
  return changeSeats(drawing, ({ blocked: _, ...seat }) => (blocked ? { ...seat, blocked } : seat));
}

/** Says of the chosen seats what a buyer should know; says it no more where all of them have it. */
export function toggleTrait(drawing: Drawing, trait: SeatTrait): Drawing {
  const chosen = [...seatsOf(drawing.document)].filter(({ seat }) => drawing.seats.has(seat.id));
  const isOn = chosen.every(({ seat }) => seat.traits?.includes(trait));
  return changeSeats(drawing, ({ traits = [], ...seat }) => {
    const others = traits.filter((one) => one !== trait);
    const all = isOn ? others : [...others, trait];
    return all.length > 0 ? { ...seat, traits: all } : seat;
  });
}

/** Numbers the chosen seats of each row anew, in the order along it. */
export function numberSeats(drawing: Drawing, numbering: Numbering): Drawing {
  const document = mapRows(drawing.document, (row) => {
    const count = row.seats.filter(({ id }) => drawing.seats.has(id)).length;
    if (count === 0) return row;
    const names = namesOf(count, numbering);
    let i = 0;
    return {
      ...row,
      seats: row.seats.map((seat) => (drawing.seats.has(seat.id) ? { ...seat, label: names[i++]! } : seat)),
    };
  });
  return drawing.seats.size === 0 ? drawing : { ...drawing, document };
}

/** Names the rows of the chosen seats anew, in the order of each zone. */
export function nameRows(drawing: Drawing, numbering: Numbering): Drawing {
  if (drawing.seats.size === 0) return drawing;
  const isMeant = (row: PlanRow) => row.seats.some(({ id }) => drawing.seats.has(id));
  const zones = drawing.document.zones.map((zone) => {
    if (zone.kind === 'general') return zone;
    const names = namesOf(zone.rows.filter(isMeant).length, numbering);
    let i = 0;
    return { ...zone, rows: zone.rows.map((row) => (isMeant(row) ? { ...row, label: names[i++]! } : row)) };
  });
  return { ...drawing, document: { ...drawing.document, zones } };
}

/** Lays the rows of the chosen seats along an arc between their own ends; 0 makes them straight. */
export function curve(drawing: Drawing, rise: number): Drawing {
  if (drawing.seats.size === 0) return drawing;
  const document = mapRows(drawing.document, (row) => {
    if (row.table || row.seats.length < 3 || !row.seats.some(({ id }) => drawing.seats.has(id))) return row;
    const places = alongArc(row.seats[0]!, row.seats.at(-1)!, row.seats.length, rise);
    return { ...row, seats: row.seats.map((seat, i) => ({ ...seat, ...places[i]! })) };
  });
  return { ...drawing, document: fitSize(document) };
}

/** Puts the chosen seats into a zone, in rows of the same names where those are free. */
export function moveToZone(drawing: Drawing, zone: string): Drawing {
  const { document, seats } = drawing;
  const rows: PlanRow[] = [];
  for (const from of document.zones) {
    if (from.kind === 'general' || from.name === zone) continue;
    for (const row of from.rows) {
      const chosen = row.seats.filter(({ id }) => seats.has(id));
      if (chosen.length > 0) rows.push({ ...row, seats: chosen });
    }
  }
  if (rows.length === 0) return drawing;
  const moved = new Set(rows.flatMap((row) => row.seats.map(({ id }) => id)));
  const left = remove({ document, seats: moved, areas: nothing }).document;
  return { ...drawing, document: addRows(left, zone, rows) };
}

/** Gives a zone another name; one that is taken or empty changes nothing. */
export function renameZone(drawing: Drawing, from: string, to: string): Drawing {
  const { document } = drawing;
  const name = to.trim();
  if (name === '' || document.zones.some((zone) => zone.name === name)) return drawing;
  return {
    ...drawing,
    document: {
      ...document,
      zones: document.zones.map((zone) => (zone.name === from ? { ...zone, name } : zone)),
      areas: document.areas.map((area) =>
        area.zone === from
          ? { ...area, zone: name, ...(area.text && { text: { ...area.text, text: name } }) }
          : area,
      ),
    },
  };
}

/** Changes how many places a general zone has. */
export function setCapacity(drawing: Drawing, name: string, capacity: number): Drawing {
  const zones = drawing.document.zones.map((zone) =>
    zone.kind === 'general' && zone.name === name ? { ...zone, capacity } : zone,
  );
  return { ...drawing, document: { ...drawing.document, zones } };
}

/** Adds a category under a name that is free. */
export function addCategory(drawing: Drawing, name: string, color: string): Drawing {
  const { document } = drawing;
  const free = freeName(name, new Set(document.categories.map((one) => one.name)));
  return {
    ...drawing,
    document: { ...document, categories: [...document.categories, { name: free, color }] },
  };
}

/** Changes a category's name and colour; a name that another has changes nothing. */
export function changeCategory(drawing: Drawing, index: number, name: string, color: string): Drawing {
  const { document } = drawing;
  const isTaken = document.categories.some((one, i) => i !== index && one.name === name.trim());
  if (name.trim() === '' || isTaken) return drawing;
  const categories = document.categories.map((one, i) => (i === index ? { name: name.trim(), color } : one));
  return { ...drawing, document: { ...document, categories } };
}

/** The plan moved and widened so that everything is on its page. */
function fitSize(document: PlanDocument): PlanDocument {
  const points: Point[] = [...seatsOf(document)].map(({ seat }) => seat);
  for (const { x, y, width = 0, height = 0, shape } of document.areas) {
    points.push({ x, y });
    if (shape === 'rectangle') points.push({ x: x + width, y: y + height });
  }
  const bounds = boundsOf(points);
  if (!bounds) return document;
  const dx = Math.max(0, margin - bounds.left);
  const dy = Math.max(0, margin - bounds.top);
  const size = {
    width: Math.max(document.size.width, bounds.right + dx + margin),
    height: Math.max(document.size.height, bounds.bottom + dy + margin),
  };
  if (dx === 0 && dy === 0) return { ...document, size };
  const shift = ({ x, y }: Point) => ({ x: x + dx, y: y + dy });
  const moved = mapRows(document, (row) => ({
    ...row,
    seats: row.seats.map((seat) => ({ ...seat, ...shift(seat) })),
    ...(row.table && { table: { ...row.table, ...shift(row.table) } }),
  }));
  return { ...moved, size, areas: document.areas.map((area) => moveArea(area, shift)) };
}

/** The ids of seats inside a box. */
export function seatsIn(document: PlanDocument, from: Point, to: Point): string[] {
  const [left, right] = [Math.min(from.x, to.x), Math.max(from.x, to.x)];
  const [top, bottom] = [Math.min(from.y, to.y), Math.max(from.y, to.y)];
  return [...seatsOf(document)]
    .filter(({ seat: { x, y } }) => x >= left && x <= right && y >= top && y <= bottom)
    .map(({ seat }) => seat.id);
}
