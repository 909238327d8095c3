// Lines along which rows of seats are set.

export type Point = { x: number; y: number };

/** A line by its length: the point at a distance from its middle, negative to the left. */
export type Curve = (distance: number) => Point;

/** A stretch of a curve, from and to a distance from its middle. */
export type Stretch = { from: number; to: number };

/** A circle's arc, seen from its centre below the hall's front: distance 0 is its lowest point. */
export function arc(centre: Point, radius: number): Curve {
  return (distance) => {
    const angle = distance / radius;
    return { x: centre.x + radius * Math.sin(angle), y: centre.y + radius * Math.cos(angle) };
  };
}

/** The angle up to which a horseshoe is round; beyond it runs on straight, and closes in a little on the stage. */
export const horseshoeTurn = (96 / 180) * Math.PI;

/** The line of an opera house's balconies: an arc, and straight ends towards the stage. */
export function horseshoe(centre: Point, radius: number): Curve {
  const round = arc(centre, radius);
  const reach = radius * horseshoeTurn;
  return (distance) => {
    const beyond = Math.max(0, Math.abs(distance) - reach);
    const side = Math.sign(distance);
    const at = round(distance - side * beyond);
    return {
      x: at.x + side * beyond * Math.cos(horseshoeTurn),
      y: at.y - beyond * Math.sin(horseshoeTurn),
    };
  };
}

/** Places at equal distances, as many as a stretch has room for, in its middle. */
export function placesIn(stretch: Stretch, spacing: number): number[] {
  const length = stretch.to - stretch.from;
  const count = Math.max(0, Math.floor(length / spacing));
  const first = stretch.from + (length - (count - 1) * spacing) / 2;
  return Array.from({ length: count }, (_, index) => first + index * spacing);
}

/** The outline of a band between two curves, over a stretch of angles about their common centre. */
export function band(centre: Point, inner: number, outer: number, angles: Stretch): Point[] {
  const steps = 24;
  const at = (radius: number, step: number): Point => {
    const angle = angles.from + ((angles.to - angles.from) * step) / steps;
    return roundPoint({ x: centre.x + radius * Math.sin(angle), y: centre.y + radius * Math.cos(angle) });
  };
  const steps0 = Array.from({ length: steps + 1 }, (_, step) => step);
  return [...steps0.map((step) => at(outer, step)), ...steps0.toReversed().map((step) => at(inner, step))];
}

/** A point in tenths of a unit, which no eye tells from more. */
export function roundPoint({ x, y }: Point): Point {
  return { x: Math.round(x * 10) / 10, y: Math.round(y * 10) / 10 };
}
