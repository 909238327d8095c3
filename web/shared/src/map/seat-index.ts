export type Box = { left: number; top: number; right: number; bottom: number };

export type Tile = { box: Box; seats: number[] };

const seatsPerTile = 500;
const pitchSamples = 400;

/**
 * The seats in square tiles of the plane, so that a frame or a tap looks only at the seats that
 * it can touch, however large the hall.
 */
export class SeatIndex {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly tiles: Tile[] = [];
  /** The distance between neighbours in a row: the plan gives no seat size, but this implies it. */
  readonly pitch: number;
  readonly bounds: Box;
  readonly #tileSide: number;
  readonly #columns: number;
  readonly #tileOfSeat: Uint16Array;

  constructor(x: readonly number[], y: readonly number[]) {
    this.x = x;
    this.y = y;
    this.bounds = boundsOf(x, y);
    const width = this.bounds.right - this.bounds.left + 1;
    const height = this.bounds.bottom - this.bounds.top + 1;
    const tileCount = Math.max(1, x.length / seatsPerTile);
    this.#tileSide = Math.max(Math.sqrt((width * height) / tileCount), Math.max(width, height) / 64);
    this.#columns = Math.ceil(width / this.#tileSide);
    this.#makeTiles(Math.ceil(height / this.#tileSide));
    this.#tileOfSeat = new Uint16Array(x.length);
    for (let seat = 0; seat < x.length; seat += 1) {
      const tile = this.#tileAt(x[seat]!, y[seat]!);
      this.#tileOfSeat[seat] = tile;
      this.tiles[tile]!.seats.push(seat);
    }
    this.pitch = this.#measurePitch();
  }

  tileOf(seat: number): Tile {
    return this.tiles[this.#tileOfSeat[seat]!]!;
  }

  visible(box: Box): Tile[] {
    return this.tiles.filter(
      (tile) =>
        tile.seats.length > 0 &&
        tile.box.right >= box.left &&
        tile.box.left <= box.right &&
        tile.box.bottom >= box.top &&
        tile.box.top <= box.bottom,
    );
  }

  /** The seat nearest to a point, if there is one within the reach. */
  nearest(x: number, y: number, reach: number, except = -1): number | null {
    let best: number | null = null;
    let bestSquare = reach * reach;
    const around = { left: x - reach, top: y - reach, right: x + reach, bottom: y + reach };
    for (const tile of this.visible(around)) {
      for (const seat of tile.seats) {
        const square = (this.x[seat]! - x) ** 2 + (this.y[seat]! - y) ** 2;
        if (square < bestSquare && seat !== except) {
          best = seat;
          bestSquare = square;
        }
      }
    }
    return best;
  }

  #makeTiles(rows: number): void {
    const side = this.#tileSide;
    for (let row = 0; row < rows; row += 1) {
      for (let column = 0; column < this.#columns; column += 1) {
        const left = this.bounds.left + column * side;
        const top = this.bounds.top + row * side;
        const box = { left, top, right: left + side, bottom: top + side };
        this.tiles.push({ box, seats: [] });
      }
    }
  }

  #tileAt(x: number, y: number): number {
    const column = Math.floor((x - this.bounds.left) / this.#tileSide);
    const row = Math.floor((y - this.bounds.top) / this.#tileSide);
    return row * this.#columns + column;
  }

  /**
   * A low quartile of the distances to the nearest neighbour: the tightest block decides how big a
   * seat may be drawn, while a few seats set on top of each other by mistake do not.
   */
  #measurePitch(): number {
    const step = Math.max(1, Math.floor(this.x.length / pitchSamples));
    const distances: number[] = [];
    for (let seat = 0; seat < this.x.length; seat += step) {
      const neighbour = this.nearest(this.x[seat]!, this.y[seat]!, this.#tileSide, seat);
      if (neighbour === null) continue;
      const distance = Math.hypot(this.x[seat]! - this.x[neighbour]!, this.y[seat]! - this.y[neighbour]!);
      if (distance > 0) distances.push(distance);
    }
    distances.sort((a, b) => a - b);
    return distances[Math.floor(distances.length / 4)] ?? 24;
  }
}

function boundsOf(x: readonly number[], y: readonly number[]): Box {
  if (x.length === 0) return { left: 0, top: 0, right: 0, bottom: 0 };
  const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
  for (let seat = 0; seat < x.length; seat += 1) {
    box.left = Math.min(box.left, x[seat]!);
    box.right = Math.max(box.right, x[seat]!);
    box.top = Math.min(box.top, y[seat]!);
    box.bottom = Math.max(box.bottom, y[seat]!);
  }
  return box;
}
