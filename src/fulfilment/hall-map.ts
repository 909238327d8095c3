import { deflateSync } from 'node:zlib';
import type { CatalogEvent, PlanArea } from '../catalog/event.ts';
import { two } from './pdf-text.ts';

/** The plan of an event, drawn once for all of its tickets; lengths in points, y pointing down. */
export type HallMap = {
  width: number;
  height: number;
  /** PDF operators, deflated. */
  drawing: Buffer;
  /** Where a seat is; null for a number that the plan does not have. */
  seat(seatNo: number): { x: number; y: number } | null;
  /** The path of a zone that is drawn as an area; null for any other. */
  zone(zoneNo: number): string | null;
};

const box = { width: 288, height: 104 };
/** More rows than this are thinner than they are apart on paper: then every so many is drawn. */
const rowsMax = 160;
/** How far a line may leave a seat out, in points. */
const tolerance = 0.2;

type Point = readonly [x: number, y: number];

const at = ([x, y]: Point) => `${two(x)} ${two(y)}`;

/** Leaves out the points that a line through their neighbours passes. */
function straighten(points: readonly Point[]): Point[] {
  const kept: Point[] = [];
  for (const [i, point] of points.entries()) {
    const [from, next] = [kept.at(-1), points[i + 1]];
    if (from && next) {
      const [dx, dy] = [next[0] - from[0], next[1] - from[1]];
      const length = Math.hypot(dx, dy) || 1;
      if (Math.abs(dx * (point[1] - from[1]) - dy * (point[0] - from[0])) / length < tolerance) continue;
    }
    kept.push(point);
  }
  return kept;
}

function linePath(points: readonly Point[]): string {
  const [first, ...rest] = straighten(points);
  if (!first) return '';
  // A line of no length is a dot, by its round ends.
  const lines = rest.length === 0 ? [first] : rest;
  return `${at(first)} m ${lines.map((point) => `${at(point)} l`).join(' ')}`;
}

/** An ellipse as twelve corners: on a map of some centimetres nobody tells it from one. */
function ellipse(x: number, y: number, rx: number, ry: number): Point[] {
  return Array.from({ length: 12 }, (_, i): Point => {
    const angle = (i * Math.PI) / 6;
    return [x + rx * Math.cos(angle), y + ry * Math.sin(angle)];
  });
}

function corners(area: PlanArea): Point[] {
  const { x, y, width = 0, height = 0, radius = 0, points = [] } = area;
  switch (area.shape) {
    case 'rectangle':
      return [
        [x, y],
        [x + width, y],
        [x + width, y + height],
        [x, y + height],
      ];
    case 'circle':
      return ellipse(x, y, radius, radius);
    case 'ellipse':
      return ellipse(x, y, width / 2, height / 2);
    case 'polygon':
      return points.map((point) => [point.x, point.y] as const);
    case 'text':
      return [];
  }
}

/** The rows of seats as lines; a gap in a row is a gap in its line. */
function rowPaths({ seats }: CatalogEvent, place: (i: number) => Point): string[] {
  const rows = Map.groupBy(
    Array.from({ length: seats.count }, (_, i) => i).filter((i) => !seats.retired.has(i + 1)),
    (i) => seats.rowNo[i]!,
  );
  const every = Math.ceil(rows.size / rowsMax);
  const paths: string[] = [];
  for (const [n, row] of [...rows.values()].entries()) {
    if (n % every > 0) continue;
    row.sort((a, b) => seats.position[a]! - seats.position[b]!);
    let line: number[] = [];
    for (const [k, i] of row.entries()) {
      const isNext = k > 0 && seats.position[i] === seats.position[row[k - 1]!]! + 1;
      if (!isNext && line.length > 0) {
        paths.push(linePath(line.map(place)));
        line = [];
      }
      line.push(i);
    }
    paths.push(linePath(line.map(place)));
  }
  return paths;
}

type Bounds = { left: number; top: number; width: number; height: number };

function boundsOf(points: readonly Point[]): Bounds {
  const bounds = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (const [x, y] of points) {
    bounds.left = Math.min(bounds.left, x);
    bounds.top = Math.min(bounds.top, y);
    bounds.right = Math.max(bounds.right, x);
    bounds.bottom = Math.max(bounds.bottom, y);
  }
  const { left, top } = bounds;
  return { left, top, width: bounds.right - left, height: bounds.bottom - top };
}

/** Draws an event's plan; null for one that has nothing drawn. */
export function drawHallMap(event: CatalogEvent): HallMap | null {
  const { seats } = event;
  const shapes = event.areas.map((area) => ({ zoneNo: area.zoneNo, points: turned(area) }));
  const all = shapes.flatMap((shape) => shape.points);
  for (let i = 0; i < seats.count; i++) {
    if (!seats.retired.has(i + 1)) all.push([seats.x[i]!, seats.y[i]!]);
  }
  if (all.length === 0) return null;
  const bounds = boundsOf(all);
  const margin = 4;
  const scale = Math.min(
    (box.width - 2 * margin) / (bounds.width || 1),
    (box.height - 2 * margin) / (bounds.height || 1),
  );
  const put = ([x, y]: Point): Point => [
    margin + (x - bounds.left) * scale,
    margin + (y - bounds.top) * scale,
  ];
  const place = (i: number) => put([seats.x[i]!, seats.y[i]!]);
  const outlines = shapes
    .filter((shape) => shape.points.length > 2)
    .map(({ zoneNo, points }) => {
      const [first, ...rest] = points.map(put);
      return { zoneNo, path: `${at(first!)} m ${rest.map((point) => `${at(point)} l`).join(' ')} h` };
    });
  const rows = rowPaths(event, place);
  const pitch = Math.sqrt((bounds.width * bounds.height * scale ** 2) / Math.max(seats.count, 1));
  const every = Math.ceil(new Set(seats.rowNo).size / rowsMax);
  const stroke = Math.min(Math.max(pitch * 0.45 * every, 0.3), 3);
  const drawing = [
    '0.91 0.92 0.94 rg',
    ...outlines.map(({ path }) => `${path} f`),
    `0.66 0.68 0.73 RG ${two(stroke)} w 1 J 1 j`,
    ...rows.map((path) => `${path} S`),
  ].join('\n');
  return {
    width: bounds.width * scale + 2 * margin,
    height: bounds.height * scale + 2 * margin,
    drawing: deflateSync(drawing),
    seat(seatNo) {
      if (seatNo < 1 || seatNo > seats.count) return null;
      const [x, y] = place(seatNo - 1);
      return { x, y };
    },
    zone: (zoneNo) => outlines.find((outline) => outline.zoneNo === zoneNo)?.path ?? null,
  };
}

/** The corners of an area, turned about its own (x, y). */
function turned(area: PlanArea): Point[] {
  const angle = ((area.rotation ?? 0) * Math.PI) / 180;
  const points = corners(area);
  if (angle === 0) return points;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return points.map(([px, py]) => {
    const [dx, dy] = [px - area.x, py - area.y];
    return [area.x + dx * cos - dy * sin, area.y + dx * sin + dy * cos] as const;
  });
}
