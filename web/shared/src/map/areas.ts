import { against, css, mix, rgbOf } from './colors.ts';
import type { Area } from './map-plan.ts';
import type { Palette } from './palette.ts';
import type { Point, View } from './view.ts';

const textPixelsMin = 6;

export type Shape = { area: Area; path: Path2D | null };

/** Paths in the plan's own coordinates: one serves both the painter and the finger. */
export function shapesOf(areas: readonly Area[]): Shape[] {
  return areas.map((area) => ({ area, path: pathOf(area) }));
}

function pathOf(area: Area): Path2D | null {
  const outline = outlineOf(area);
  if (outline === null) return null;
  if (!area.rotation) return outline;
  const turn = new DOMMatrix().translate(area.x, area.y).rotate(area.rotation);
  const turned = new Path2D();
  turned.addPath(outline, turn.translate(-area.x, -area.y));
  return turned;
}

function outlineOf(area: Area): Path2D | null {
  const path = new Path2D();
  switch (area.shape) {
    case 'rectangle':
      path.rect(area.x, area.y, area.width ?? 0, area.height ?? 0);
      return path;
    case 'circle':
    case 'ellipse': {
      const radii = radiiOf(area);
      path.ellipse(area.x, area.y, radii.x, radii.y, 0, 0, 2 * Math.PI);
      return path;
    }
    case 'polygon':
      for (const point of area.points ?? []) path.lineTo(point.x, point.y);
      path.closePath();
      return path;
    case 'text':
      return null;
  }
}

/** A circle has a radius; an ellipse the width and height of the box around it. */
function radiiOf({ radius, width, height }: Area): Point {
  return { x: radius ?? (width ?? 0) / 2, y: radius ?? (height ?? 0) / 2 };
}

export function paintAreas(
  pen: CanvasRenderingContext2D,
  view: View,
  palette: Palette,
  shapes: readonly Shape[],
  hoveredZone: string | null,
): void {
  for (const { area, path } of shapes) {
    const isHovered = hoveredZone !== null && area.zone_id === hoveredZone;
    const fill = palette.area(area.color ?? null);
    if (path !== null) {
      pen.fillStyle = css(fill);
      if (area.color) pen.fill(path);
      pen.lineWidth = (isHovered ? 3 : 1) / view.scale;
      pen.strokeStyle = isHovered ? css(palette.accent) : edgeColor(area, palette);
      if (area.border_color || isHovered) pen.stroke(path);
    }
    paintText(pen, view, area, css(textColor(area, fill, palette)));
  }
}

function edgeColor(area: Area, palette: Palette): string {
  return css(mix(rgbOf(area.border_color ?? '#888'), palette.paper, 0.45));
}

function textColor(area: Area, fill: ReturnType<typeof rgbOf>, palette: Palette) {
  const ground = area.shape === 'text' || !area.color ? palette.paper : fill;
  return against(ground, palette.inkOn(ground), rgbOf(area.text?.color ?? '#333'), 3);
}

function paintText(pen: CanvasRenderingContext2D, view: View, area: Area, color: string): void {
  const { text } = area;
  if (!text || text.text === '' || text.size * view.scale < textPixelsMin) return;
  pen.fillStyle = color;
  pen.font = `600 ${text.size}px ui-sans-serif, "Segoe UI", Roboto, Arial, sans-serif`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillText(text.text, text.x, text.y);
}

/** The general zone whose area lies under a point of the plan; the last painted lies on top. */
export function zoneAt(pen: CanvasRenderingContext2D, shapes: readonly Shape[], point: Point): string | null {
  pen.save();
  pen.resetTransform();
  const hit = shapes.findLast(
    ({ area, path }) => area.zone_id && path && pen.isPointInPath(path, point.x, point.y),
  );
  pen.restore();
  return hit?.area.zone_id ?? null;
}
