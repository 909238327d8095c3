import type { Box, SeatIndex } from './seat-index.ts';
import { paintAreas, type Shape, shapesOf, zoneAt } from './areas.ts';
import { css } from './colors.ts';
import type { MapPlan } from './map-plan.ts';
import { type Palette, readPalette } from './palette.ts';
import { type Marks, SeatPainter } from './seat-painter.ts';
import { type Point, View } from './view.ts';

/** More pixels than this cost time that nobody sees. */
const pixelRatioMax = 2;
const glideMilliseconds = 220;
/** Below these radii a seat is too small to be meant, and a tap zooms in instead. */
const mouseRadiusPixelsMin = 2.5;
const touchRadiusPixelsMin = 5.5;
const touchReachPixels = 16;
const pickRadiusPixels = 11;

/** A hall to draw: its plan, and the state of every seat (`seatState`). */
export type MapHall = { plan: MapPlan; index: SeatIndex; states: Uint8Array; byState?: boolean };

/** What a pointer is on: a seat, which may be too small to be meant, or a general zone. */
export type Target = { seat?: number; isTooSmall?: boolean; zoneId?: string };

/** The seat map on its canvas: one frame at most for each refresh of the screen. */
export class MapDrawing {
  readonly view: View;
  readonly #hall: MapHall;
  readonly #painter: SeatPainter;
  readonly #shapes: Shape[];
  readonly #canvas: HTMLCanvasElement;
  readonly #pen: CanvasRenderingContext2D;
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)');
  #palette: Palette;
  #marks: Marks = { selected: new Set(), category: null, spotlight: null };
  #hoveredZone: string | null = null;
  #frame = 0;
  #glide = 0;

  constructor(canvas: HTMLCanvasElement, hall: MapHall) {
    const { plan, index, states, byState } = hall;
    const { category, number } = plan.seats;
    this.#hall = hall;
    this.#canvas = canvas;
    this.#pen = canvas.getContext('2d')!;
    this.#painter = new SeatPainter({ index, states, category, number, byState }, plan.categories.length);
    this.#shapes = shapesOf(plan.areas);
    this.#palette = readPalette(canvas, plan.categories);
    this.view = new View(planBox(hall), this.#painter.seatRadius);
  }

  resize(width: number, height: number): void {
    const ratio = Math.min(devicePixelRatio, pixelRatioMax);
    this.#canvas.width = Math.round(width * ratio);
    this.#canvas.height = Math.round(height * ratio);
    this.view.resize(width, height);
    // A canvas loses its picture with its size; waiting for the next frame would flash.
    this.#draw();
  }

  setMarks(marks: Marks, hoveredZone: string | null): void {
    this.#marks = marks;
    this.#hoveredZone = hoveredZone;
    this.redraw();
  }

  statesChanged(): void {
    this.#painter.refresh();
    this.redraw();
  }

  themeChanged(): void {
    this.#palette = readPalette(this.#canvas, this.#hall.plan.categories);
    this.redraw();
  }

  redraw(): void {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  stop(): void {
    cancelAnimationFrame(this.#frame);
    cancelAnimationFrame(this.#glide);
  }

  pan(dx: number, dy: number): void {
    cancelAnimationFrame(this.#glide);
    this.view.pan(dx, dy);
    this.redraw();
  }

  zoom(factor: number, at: Point): void {
    cancelAnimationFrame(this.#glide);
    this.view.zoom(factor, at);
    this.redraw();
  }

  /** Zooms over a few frames, so that the eye keeps its place. */
  glide(factor: number, at: Point = { x: this.view.width / 2, y: this.view.height / 2 }): void {
    cancelAnimationFrame(this.#glide);
    if (this.#calm.matches) {
      this.zoom(factor, at);
      return;
    }
    const from = this.view.scale;
    const start = performance.now();
    const step = (now: number): void => {
      const part = Math.min(Math.max(now - start, 0) / glideMilliseconds, 1);
      const eased = 1 - (1 - part) ** 3;
      this.view.zoom((from * factor ** eased) / this.view.scale, at);
      this.redraw();
      if (part < 1) this.#glide = requestAnimationFrame(step);
    };
    this.#glide = requestAnimationFrame(step);
  }

  /** To where seats can be picked, and straight there. */
  glideCloser(at: Point): void {
    this.glide(pickRadiusPixels / (this.#painter.seatRadius * this.view.scale), at);
  }

  fit(): void {
    cancelAnimationFrame(this.#glide);
    this.view.fit();
    this.redraw();
  }

  /** What a pointer at this place means. */
  targetAt(screen: Point, isTouch: boolean): Target | null {
    const { x, y } = this.view.toPlan(screen);
    const { pitch } = this.#hall.index;
    const reach = isTouch ? Math.max(pitch * 0.6, touchReachPixels / this.view.scale) : pitch * 0.6;
    const seat = this.#hall.index.nearest(x, y, reach);
    if (seat === null) {
      const zoneId = zoneAt(this.#pen, this.#shapes, { x, y });
      return zoneId === null ? null : { zoneId };
    }
    const radiusPixels = this.#painter.seatRadius * this.view.scale;
    const isTooSmall = radiusPixels < (isTouch ? touchRadiusPixelsMin : mouseRadiusPixelsMin);
    return { seat, isTooSmall };
  }

  #draw(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const pen = this.#pen;
    const { view } = this;
    const ratio = this.#canvas.width / view.width;
    pen.resetTransform();
    pen.fillStyle = css(this.#palette.paper);
    pen.fillRect(0, 0, this.#canvas.width, this.#canvas.height);
    const scale = ratio * view.scale;
    pen.setTransform(scale, 0, 0, scale, ratio * view.offsetX, ratio * view.offsetY);
    paintAreas(pen, view, this.#palette, this.#shapes, this.#hoveredZone);
    this.#painter.paint(pen, view, this.#palette, this.#marks);
  }
}

/** The plan's own page, widened to whatever lies outside of it. */
function planBox({ plan: { size }, index: { bounds, pitch } }: MapHall): Box {
  return {
    left: Math.min(0, bounds.left - pitch),
    top: Math.min(0, bounds.top - pitch),
    right: Math.max(size.width, bounds.right + pitch),
    bottom: Math.max(size.height, bounds.bottom + pitch),
  };
}
