import type { Point } from './plan-document.ts';

type Bounds = { left: number; top: number; right: number; bottom: number };

/** The smallest box around points; null around none. */
export function boundsOf(points: Iterable<Point>): Bounds | null {
  let bounds: Bounds | null = null;
  for (const { x, y } of points) {
    bounds ??= { left: x, top: y, right: x, bottom: y };
    bounds.left = Math.min(bounds.left, x);
    bounds.top = Math.min(bounds.top, y);
    bounds.right = Math.max(bounds.right, x);
    bounds.bottom = Math.max(bounds.bottom, y);
  }
  return bounds;
}

export function centreOf({ left, top, right, bottom }: Bounds): Point {
  return { x: (left + right) / 2, y: (top + bottom) / 2 };
}

/** A point turned about another, clockwise as the plan is seen. */
export function turned({ x, y }: Point, about: Point, degrees: number): Point {
  const angle = (degrees * Math.PI) / 180;
  const [dx, dy] = [x - about.x, y - about.y];
  return {
    x: about.x + dx * Math.cos(angle) - dy * Math.sin(angle),
    y: about.y + dx * Math.sin(angle) + dy * Math.cos(angle),
  };
}

/** A point on the other side of a line through another: `vertical` swaps left and right. */
export function mirrored({ x, y }: Point, about: Point, axis: 'vertical' | 'horizontal'): Point {
  return axis === 'vertical' ? { x: 2 * about.x - x, y } : { x, y: 2 * about.y - y };
}

/**
 * Points at equal distances along the arc of a circle between two ends.
 * @param rise how far the middle of the arc is from the straight line, to the right as one goes; 0 is straight.
 */
export function alongArc(from: Point, to: Point, count: number, rise: number): Point[] {
  if (count === 1) return [{ x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 }];
  const share = (i: number) => i / (count - 1);
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const chord = Math.hypot(dx, dy);
  if (Math.abs(rise) < 0.01 || chord === 0) {
    return Array.from({ length: count }, (_, i) => ({
      x: from.x + dx * share(i),
      y: from.y + dy * share(i),
    }));
  }
  // Of a chord c and a rise h the radius is (c²/4 + h²) / 2h; the half angle is that of c/2 at the centre.
  const radius = (chord * chord) / 4 / (2 * rise) + rise / 2;
  const half = 2 * Math.atan((2 * rise) / chord);
  const along = { x: dx / chord, y: dy / chord };
  const right = { x: -along.y, y: along.x };
  const middle = { x: (from.x + to.x) / 2, y: (from.y + to.y) / 2 };
  return Array.from({ length: count }, (_, i) => {
    const angle = half * (2 * share(i) - 1);
    const ahead = radius * Math.sin(angle);
    const aside = rise - radius * (1 - Math.cos(angle));
    return {
      x: middle.x + along.x * ahead + right.x * aside,
      y: middle.y + along.y * ahead + right.y * aside,
    };
  });
}

export type Block = Point & {
  rows: number;
  seats: number;
  seatGap: number;
  rowGap: number;
  /** How far the middle of each row hangs towards the rows behind it; negative: towards the stage. */
  rise: number;
  rotation: number;
};

/** The places of a block's seats, row by row; (x, y) is where its first seat stands before it is turned. */
export function blockPlaces(block: Block): Point[][] {
  const width = (block.seats - 1) * block.seatGap;
  const about = { x: block.x + width / 2, y: block.y + ((block.rows - 1) * block.rowGap) / 2 };
  return Array.from({ length: block.rows }, (_, row) => {
    const y = block.y + row * block.rowGap;
    const places = alongArc({ x: block.x, y }, { x: block.x + width, y }, block.seats, block.rise);
    return places.map((place) => turned(place, about, block.rotation));
  });
}

export type TableShape = Point & {
  shape: 'round' | 'rectangle';
  seats: number;
  width: number;
  height: number;
  /** From the edge of the table to the middle of a seat. */
  reach: number;
};

/** The places around a table: of a round one from the top clockwise, of a rectangle along its two long sides. */
export function tablePlaces({ x, y, shape, seats, width, height, reach }: TableShape): Point[] {
  if (shape === 'round') {
    return Array.from({ length: seats }, (_, i) =>
      turned({ x, y: y - height / 2 - reach }, { x, y }, (360 * i) / seats),
    );
  }
  const above = Math.ceil(seats / 2);
  return Array.from({ length: seats }, (_, i) => {
    const isAbove = i < above;
    const inSide = isAbove ? above : seats - above;
    // The lower side is counted back, so that numbers go around.
    const place = isAbove ? i : inSide - 1 - (i - above);
    return {
      x: x - width / 2 + ((place + 0.5) * width) / inSide,
      y: y + (isAbove ? -1 : 1) * (height / 2 + reach),
    };
  });
}
