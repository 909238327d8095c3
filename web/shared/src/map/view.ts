import type { Box } from './seat-index.ts';

export type Point = { x: number; y: number };

const fitMargin = 0.94;
/** A seat may fill this many CSS pixels from centre to edge, and no more. */
const seatRadiusPixelsMax = 26;
const outerScale = 0.7;

/** Which part of the plan is seen: screen = plan × scale + offset, in CSS pixels. */
export class View {
  scale = 1;
  offsetX = 0;
  offsetY = 0;
  #width = 1;
  #height = 1;
  readonly #plan: Box;
  readonly #seatRadius: number;

  constructor(plan: Box, seatRadius: number) {
    this.#plan = plan;
    this.#seatRadius = seatRadius;
  }

  get width(): number {
    return this.#width;
  }

  get height(): number {
    return this.#height;
  }

  get fitScale(): number {
    const planWidth = this.#plan.right - this.#plan.left;
    const planHeight = this.#plan.bottom - this.#plan.top;
    return Math.min(this.#width / planWidth, this.#height / planHeight) * fitMargin;
  }

  get scaleMax(): number {
    return Math.max(seatRadiusPixelsMax / this.#seatRadius, this.fitScale);
  }

  /** Keeps the plan's point in the middle where it is when the canvas changes its size. */
  resize(width: number, height: number): void {
    const wasFitted = this.#width === 1 || Math.abs(this.scale / this.fitScale - 1) < 0.01;
    const middle = this.toPlan({ x: this.#width / 2, y: this.#height / 2 });
    this.#width = width;
    this.#height = height;
    if (wasFitted) this.fit();
    else this.centre(middle);
  }

  fit(): void {
    this.scale = this.fitScale;
    this.centre({
      x: (this.#plan.left + this.#plan.right) / 2,
      y: (this.#plan.top + this.#plan.bottom) / 2,
    });
  }

  centre(point: Point): void {
    this.offsetX = this.#width / 2 - point.x * this.scale;
    this.offsetY = this.#height / 2 - point.y * this.scale;
    this.#clamp();
  }

  pan(dx: number, dy: number): void {
    this.offsetX += dx;
    this.offsetY += dy;
    this.#clamp();
  }

  /** Zooms so that the plan's point under the finger stays under it. */
  zoom(factor: number, at: Point): void {
    const before = this.toPlan(at);
    const next = this.scale * factor;
    this.scale = Math.min(Math.max(next, this.fitScale * outerScale), this.scaleMax);
    this.offsetX = at.x - before.x * this.scale;
    this.offsetY = at.y - before.y * this.scale;
    this.#clamp();
  }

  toPlan(screen: Point): Point {
    return {
      x: (screen.x - this.offsetX) / this.scale,
      y: (screen.y - this.offsetY) / this.scale,
    };
  }

  toScreen(plan: Point): Point {
    return { x: plan.x * this.scale + this.offsetX, y: plan.y * this.scale + this.offsetY };
  }

  visibleBox(): Box {
    const from = this.toPlan({ x: 0, y: 0 });
    const to = this.toPlan({ x: this.#width, y: this.#height });
    return { left: from.x, top: from.y, right: to.x, bottom: to.y };
  }

  /** The middle of the canvas always shows some of the plan, so nobody gets lost beside it. */
  #clamp(): void {
    const middle = this.toPlan({ x: this.#width / 2, y: this.#height / 2 });
    const x = Math.min(Math.max(middle.x, this.#plan.left), this.#plan.right);
    const y = Math.min(Math.max(middle.y, this.#plan.top), this.#plan.bottom);
    this.offsetX += (middle.x - x) * this.scale;
    this.offsetY += (middle.y - y) * this.scale;
  }
}
