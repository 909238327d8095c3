import { css } from './colors.ts';
import type { Palette } from './palette.ts';
import type { SeatIndex, Tile } from './seat-index.ts';
import type { View } from './view.ts';

/** What a seat's byte in `states` means. */
export const seatState = { free: 0, held: 1, sold: 2, blocked: 3 } as const;

export type Seats = {
  index: SeatIndex;
  states: Uint8Array;
  category: readonly number[];
  number: readonly string[];
  /** Colours are of the states, in the order of `seatState`, and not of the categories: how a hall fills. */
  byState?: boolean | undefined;
};

export type Marks = {
  selected: ReadonlySet<number>;
  /** Only this category stands out; null when none is singled out. */
  category: number | null;
  spotlight: number | null;
};

const circlesFromRadiusPixels = 4.5;
const numbersFromRadiusPixels = 8.5;
const selectedRadiusPixelsMin = 5;
/** A seat that is farther away than this is drawn as if it were not, or a stadium would be mist. */
const farSidePixelsMin = 2;
const dimmed = 0.16;
const turn = 2 * Math.PI;
const sansSerif = 'ui-sans-serif, "Segoe UI", Roboto, Arial, sans-serif';

/**
 * Draws the seats. Far away a seat is a square, and a tile keeps its squares as one path for each
 * colour: 50,000 seats then paint in 17 ms at a pixel ratio of 1 on two cores without a graphics
 * card, where a fillRect for each seat took 48 ms and building the paths every frame 28 ms.
 * Near by only few seats are in sight, and each is drawn with its number.
 */
export class SeatPainter {
  readonly #seats: Seats;
  readonly #categories: number;
  readonly #paths = new Map<Tile, (Path2D | undefined)[]>();
  readonly #drawn: Uint8Array;
  /** The side of a far seat's square, in the plan's units. */
  #side: number;

  constructor(seats: Seats, categories: number) {
    this.#seats = seats;
    this.#drawn = seats.states.slice();
    this.#side = seats.index.pitch * 0.78;
    this.#categories = categories;
  }

  get seatRadius(): number {
    return this.#seats.index.pitch * 0.42;
  }

  /** Forgets the paths of the tiles in which a seat changed its state since the last call. */
  refresh(): void {
    const { index, states } = this.#seats;
    for (let seat = 0; seat < states.length; seat += 1) {
      if (states[seat] === this.#drawn[seat]) continue;
      this.#paths.delete(index.tileOf(seat));
      this.#drawn[seat] = states[seat]!;
    }
  }

  paint(pen: CanvasRenderingContext2D, view: View, palette: Palette, marks: Marks): void {
    const tiles = this.#seats.index.visible(view.visibleBox());
    const radiusPixels = this.seatRadius * view.scale;
    if (radiusPixels < circlesFromRadiusPixels) {
      this.#fitSide(view);
      this.#paintFar(pen, tiles, palette, marks);
    } else {
      this.#paintNear(pen, view, tiles, palette, marks);
    }
    for (const seat of marks.selected) this.#paintSelected(pen, view, palette, seat);
    if (marks.spotlight !== null) this.#paintSpotlight(pen, view, palette, marks.spotlight);
  }

  #paintFar(pen: CanvasRenderingContext2D, tiles: readonly Tile[], palette: Palette, marks: Marks): void {
    for (const tile of tiles) {
      const paths = this.#pathsOf(tile);
      for (let category = 0; category <= this.#categories; category += 1) {
        const path = paths[category];
        if (path === undefined) continue;
        pen.globalAlpha = isDimmed(marks, category) ? dimmed : 1;
        pen.fillStyle = palette.fills[category] ?? palette.taken;
        pen.fill(path);
      }
    }
    pen.globalAlpha = 1;
  }

  /** In steps of two, because the paths are built anew for each side. */
  #fitSide(view: View): void {
    const step = 2 ** Math.floor(Math.log2(view.scale / view.fitScale));
    const least = farSidePixelsMin / (view.fitScale * step);
    const side = Math.max(this.#seats.index.pitch * 0.78, least);
    if (side === this.#side) return;
    this.#side = side;
    this.#paths.clear();
  }

  /** The colour that a seat has of its own; the last is of all that are taken. */
  #bucketOf(seat: number): number {
    const { states, category, byState } = this.#seats;
    const state = states[seat]!;
    if (byState) return state;
    return state === seatState.free ? category[seat]! : this.#categories;
  }

  /** One path for each category's free seats, and the last for all that are taken. */
  #pathsOf(tile: Tile): (Path2D | undefined)[] {
    const known = this.#paths.get(tile);
    if (known !== undefined) return known;
    const { index } = this.#seats;
    const paths: (Path2D | undefined)[] = [];
    for (const seat of tile.seats) {
      const bucket = this.#bucketOf(seat);
      const side = bucket < this.#categories ? this.#side : this.#side * 0.45;
      const path = (paths[bucket] ??= new Path2D());
      path.rect(index.x[seat]! - side / 2, index.y[seat]! - side / 2, side, side);
    }
    this.#paths.set(tile, paths);
    return paths;
  }

  #paintNear(
    pen: CanvasRenderingContext2D,
    view: View,
    tiles: readonly Tile[],
    palette: Palette,
    marks: Marks,
  ): void {
    const groups = this.#groupsInSight(view, tiles);
    const radius = this.seatRadius;
    for (let category = 0; category < this.#categories; category += 1) {
      const seats = groups[category];
      if (seats === undefined) continue;
      pen.globalAlpha = isDimmed(marks, category) ? dimmed : 1;
      pen.fillStyle = palette.fills[category]!;
      this.#circles(pen, seats, radius);
      pen.fill();
      if (radius * view.scale >= numbersFromRadiusPixels) {
        this.#paintNumbers(pen, seats, palette.numbers[category]!);
      }
    }
    pen.globalAlpha = marks.category === null ? 1 : dimmed * 2;
    this.#paintTaken(pen, groups[this.#categories] ?? [], palette);
    pen.globalAlpha = 1;
  }

  #groupsInSight(view: View, tiles: readonly Tile[]): (number[] | undefined)[] {
    const { index } = this.#seats;
    const box = view.visibleBox();
    const margin = index.pitch;
    const groups: (number[] | undefined)[] = [];
    for (const tile of tiles) {
      for (const seat of tile.seats) {
        const x = index.x[seat]!;
        const y = index.y[seat]!;
        if (x < box.left - margin || x > box.right + margin) continue;
        if (y < box.top - margin || y > box.bottom + margin) continue;
        (groups[this.#bucketOf(seat)] ??= []).push(seat);
      }
    }
    return groups;
  }

  #circles(pen: CanvasRenderingContext2D, seats: readonly number[], radius: number): void {
    const { index } = this.#seats;
    pen.beginPath();
    for (const seat of seats) {
      pen.moveTo(index.x[seat]! + radius, index.y[seat]!);
      pen.arc(index.x[seat]!, index.y[seat]!, radius, 0, turn);
    }
  }

  #paintNumbers(pen: CanvasRenderingContext2D, seats: readonly number[], color: string): void {
    const { index, number } = this.#seats;
    pen.font = `600 ${this.seatRadius * 0.9}px ${sansSerif}`;
    pen.textAlign = 'center';
    pen.textBaseline = 'middle';
    pen.fillStyle = color;
    for (const seat of seats) {
      const text = number[seat]!;
      if (text.length <= 4) pen.fillText(text, index.x[seat]!, index.y[seat]!, this.seatRadius * 1.7);
    }
  }

  /** A hollow ring; a dot inside says "in someone's cart", a cross says "gone". */
  #paintTaken(pen: CanvasRenderingContext2D, seats: readonly number[], palette: Palette): void {
    const { index, states } = this.#seats;
    const radius = this.seatRadius;
    pen.strokeStyle = palette.taken;
    pen.fillStyle = palette.taken;
    pen.lineWidth = radius * 0.12;
    this.#circles(pen, seats, radius * 0.82);
    pen.stroke();
    this.#circles(
      pen,
      seats.filter((seat) => states[seat] === seatState.held),
      radius * 0.34,
    );
    pen.fill();
    pen.beginPath();
    const arm = radius * 0.3;
    for (const seat of seats) {
      if (states[seat] === seatState.held) continue;
      const x = index.x[seat]!;
      const y = index.y[seat]!;
      pen.moveTo(x - arm, y - arm);
      pen.lineTo(x + arm, y + arm);
      pen.moveTo(x + arm, y - arm);
      pen.lineTo(x - arm, y + arm);
    }
    pen.stroke();
  }

  #paintSelected(pen: CanvasRenderingContext2D, view: View, palette: Palette, seat: number): void {
    const x = this.#seats.index.x[seat]!;
    const y = this.#seats.index.y[seat]!;
    const radius = Math.max(this.seatRadius, selectedRadiusPixelsMin / view.scale);
    pen.beginPath();
    pen.arc(x, y, radius * 1.08, 0, turn);
    pen.fillStyle = css(palette.ink);
    pen.fill();
    pen.lineWidth = radius * 0.24;
    pen.strokeStyle = css(palette.accent);
    pen.stroke();
    pen.beginPath();
    pen.moveTo(x - radius * 0.42, y + radius * 0.02);
    pen.lineTo(x - radius * 0.1, y + radius * 0.36);
    pen.lineTo(x + radius * 0.44, y - radius * 0.34);
    pen.strokeStyle = css(palette.paper);
    pen.stroke();
  }

  #paintSpotlight(pen: CanvasRenderingContext2D, view: View, palette: Palette, seat: number): void {
    const radius = Math.max(this.seatRadius * 1.25, 9 / view.scale);
    pen.beginPath();
    pen.arc(this.#seats.index.x[seat]!, this.#seats.index.y[seat]!, radius, 0, turn);
    pen.lineWidth = 2.5 / view.scale;
    pen.strokeStyle = css(palette.ink);
    pen.stroke();
  }
}

function isDimmed(marks: Marks, category: number): boolean {
  return marks.category !== null && marks.category !== category;
}
