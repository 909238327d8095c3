// How the seats of a row stand beside each other.

type Point = { x: number; y: number };

/** A neighbour further away than this many times the usual spacing sits across an aisle. */
const aisleFactor = 1.5;

/** Rows up to this length are also grown seat by seat, which is quadratic. */
const grownRowSeatsMax = 2_000;

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function walkLength(seats: Point[]): number {
  let length = 0;
  for (let i = 1; i < seats.length; i += 1) length += distance(seats[i - 1]!, seats[i]!);
  return length;
}

/** The seats by their place on the straight line that fits them best. */
function alongMainAxis<T extends Point>(seats: T[]): T[] {
  const mx = seats.reduce((sum, seat) => sum + seat.x, 0) / seats.length;
  const my = seats.reduce((sum, seat) => sum + seat.y, 0) / seats.length;
  let [xx, xy, yy] = [0, 0, 0];
  for (const seat of seats) {
    xx += (seat.x - mx) ** 2;
    xy += (seat.x - mx) * (seat.y - my);
    yy += (seat.y - my) ** 2;
  }
  const angle = Math.atan2(2 * xy, xx - yy) / 2;
  const place = (seat: Point) => (seat.x - mx) * Math.cos(angle) + (seat.y - my) * Math.sin(angle);
  return seats.toSorted((a, b) => place(a) - place(b));
}

/** The nearest of some seats to one end of a row, and how far it is. */
function nearest<T extends Point>(seats: Set<T>, end: T): { seat: T; away: number } | undefined {
  let best: { seat: T; away: number } | undefined;
  for (const seat of seats) {
    const away = distance(end, seat);
    if (!best || away < best.away) best = { seat, away };
  }
  return best;
}

/** Grows the row from one seat, at whichever of its ends the next seat is nearer: right however it bends. */
function grownFromOne<T extends Point>(seats: T[]): T[] {
  const left = new Set(seats.slice(1));
  const [before, after] = [[] as T[], [seats[0]!]];
  let head = nearest(left, seats[0]!);
  let tail = head;
  while (head && tail) {
    const atTail = tail.away <= head.away;
    const grown = atTail ? tail.seat : head.seat;
    (atTail ? after : before).push(grown);
    left.delete(grown);
    head = nearest(left, before.at(-1) ?? seats[0]!);
    tail = nearest(left, after.at(-1)!);
  }
  return [...before.toReversed(), ...after];
}

/**
 * Puts the seats of a row in order along it: the shortest of the walks that come to mind, where the
 * order they were given in wins a tie. Files list seats in any order, odd numbers before even ones too.
 */
export function orderAlongRow<T extends Point>(seats: T[]): T[] {
  if (seats.length < 3) return seats;
  const walks = [seats, alongMainAxis(seats)];
  if (seats.length <= grownRowSeatsMax) walks.push(grownFromOne(seats));
  let best = seats;
  let bestLength = walkLength(seats);
  for (const walk of walks) {
    const length = walkLength(walk);
    // Rounding of coordinates is no reason to leave the given order.
    if (length < bestLength * 0.999) [best, bestLength] = [walk, length];
  }
  return best;
}

function lowerMedian(values: number[]): number {
  const sorted = values.filter((value) => value > 0).toSorted((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}

function spacings(seats: Point[]): number[] {
  return seats.slice(1).map((seat, index) => distance(seats[index]!, seat));
}

/** The usual distance of neighbours over several rows that are each in order along the row. */
export function usualSpacing(rows: Point[][]): number {
  return lowerMedian(rows.flatMap(spacings));
}

/**
 * Numbers the seats of a row, which are in order along it, so that neighbours differ by 1 and seats
 * across an aisle by 2. `zoneSpacing` is the zone's usual spacing: a pair of seats with an aisle
 * between them has no spacing of its own to compare with.
 */
export function positionsInRow(seats: Point[], zoneSpacing: number): number[] {
  const steps = spacings(seats);
  const own = lowerMedian(steps);
  const usual = zoneSpacing > 0 ? Math.min(own, zoneSpacing * aisleFactor) : own;
  let position = 1;
  return seats.map((_, index) => {
    if (index > 0) position += steps[index - 1]! > usual * aisleFactor ? 2 : 1;
    return position;
  });
}
