import type { PlanArea } from './event.ts';
import type { JsonObject, JsonReader, Point } from './plan-json.ts';
import { planLimits } from './plan.ts';

const defaultTextColor = '#333333';
const defaultTextSize = 16;

type Drawn = Omit<PlanArea, 'x' | 'y'>;

function readPoints(json: JsonReader, area: JsonObject, at: string, origin: Point): Point[] {
  const polygon = json.object(area, 'polygon', at);
  const points = json.objects(polygon, 'points', `${at}.polygon`, (point, path) => ({
    x: origin.x + json.number(point, 'x', path),
    y: origin.y + json.number(point, 'y', path),
  }));
  if (points.length > planLimits.polygonPointsMax) {
    json.problem(
      `${at}.polygon.points`,
      `has ${points.length} points; at most ${planLimits.polygonPointsMax} are possible`,
    );
  }
  return points;
}

/** Reads the shape's own measures; null for a shape of a newer editor. */
function readShape(
  json: JsonReader,
  area: JsonObject,
  shape: string,
  at: string,
  origin: Point,
): Drawn | null {
  switch (shape) {
    case 'rectangle': {
      const size = json.object(area, 'rectangle', at);
      const path = `${at}.rectangle`;
      return { shape, width: json.number(size, 'width', path), height: json.number(size, 'height', path) };
    }
    case 'circle':
      return { shape, radius: json.number(json.object(area, 'circle', at), 'radius', `${at}.circle`) };
    case 'ellipse': {
      const radius = json.point(json.object(area, 'ellipse', at), 'radius', `${at}.ellipse`);
      return { shape, width: 2 * radius.x, height: 2 * radius.y };
    }
    case 'polygon':
      return { shape, points: readPoints(json, area, at, origin) };
    case 'text':
      return { shape };
    default:
      return null;
  }
}

function readText(json: JsonReader, area: JsonObject, at: string, origin: Point): PlanArea['text'] {
  // The first version of the format wrote the text itself here.
  if (typeof area['text'] === 'string') {
    const text = json.text(area, 'text', at);
    return text.trim() === ''
      ? undefined
      : { text, size: defaultTextSize, color: defaultTextColor, ...origin };
  }
  const label = json.optionalObject(area, 'text', at);
  if (!label) return undefined;
  const path = `${at}.text`;
  const text = json.optionalText(label, 'text', path) ?? '';
  const offset = json.optionalPoint(label, 'position', path) ?? { x: 0, y: 0 };
  if (text.trim() === '') return undefined;
  return {
    text,
    size: json.optionalNumber(label, 'size', path) ?? defaultTextSize,
    color: json.color(label, 'color', path) ?? defaultTextColor,
    x: origin.x + offset.x,
    y: origin.y + offset.y,
  };
}

/**
 * Reads one drawn area of a pretix plan; `zoneOrigin` is what its position is relative to.
 * @returns the area in absolute coordinates, or null when it is of a shape that is not known.
 */
export function readPretixArea(
  json: JsonReader,
  area: JsonObject,
  at: string,
  zoneOrigin: Point,
): PlanArea | null {
  const offset = json.optionalPoint(area, 'position', at) ?? { x: 0, y: 0 };
  const origin = { x: zoneOrigin.x + offset.x, y: zoneOrigin.y + offset.y };
  // The first version of the format had no shapes: an area was a rectangle with its measures beside it.
  const old = area['shape'] === undefined && area['width'] !== undefined;
  const shape = old ? 'rectangle' : json.text(area, 'shape', at);
  const drawn = readShape(json, old ? { rectangle: area } : area, shape, at, origin);
  if (!drawn) return null;
  const text = readText(json, area, at, origin);
  const rotation = json.optionalNumber(area, 'rotation', at);
  const color = json.color(area, 'color', at);
  const border = json.color(area, 'border_color', at);
  return {
    ...drawn,
    ...origin,
    ...(color ? { color } : {}),
    ...(border ? { border_color: border } : {}),
    ...(rotation ? { rotation } : {}),
    ...(text ? { text } : {}),
  };
}
