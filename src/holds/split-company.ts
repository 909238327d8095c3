import { limits } from '../base/limits.ts';

/** Free places beside each other, as many as there are: `start` to before `end` of the plan's order. */
export type Run = { start: number; end: number };

/** A run with its middle and its mean distance to the stage. */
export type FreeRun = Run & { x: number; y: number; distance: number };

type Centre = (run: Run) => { x: number; y: number };

/**
 * Runs of one length that are looked at for a split. No company has more parts than people, so that more
 * of them never save a part.
 */
export const runsPerLengthMax = limits.placesPerCartMax;
/** Runs after which no more are looked for, once two of those found hold the company. */
export const runsMax = 256;
// Distances computed for one split, about 50 µs: it bounds how many runs are tried as the first part.
const distancesMax = 5_000;
const firstPartsMin = 8;

function lengthOf(run: Run): number {
  return run.end - run.start;
}

/** How many of the given runs there are of each length, and the most seats that any `n` of them have. */
class LengthCounts {
  readonly #counts: number[];

  constructor(runs: FreeRun[], lengthMax: number) {
    this.#counts = Array.from({ length: lengthMax + 1 }, () => 0);
    for (const run of runs) this.#counts[lengthOf(run)]!++;
  }

  add(length: number, change: 1 | -1): void {
    this.#counts[length]! += change;
  }

  mostSeats(n: number): number {
    let left = n;
    let seats = 0;
    for (let length = this.#counts.length - 1; length > 0 && left > 0; length--) {
      const used = Math.min(left, this.#counts[length]!);
      seats += used * length;
      left -= used;
    }
    return seats;
  }
}

function fewestParts(lengths: LengthCounts, runs: number, quantity: number): number | null {
  for (let parts = 1; parts <= runs; parts++) if (lengths.mostSeats(parts) >= quantity) return parts;
  return null;
}

function nearestRun(from: FreeRun, runs: FreeRun[], taken: Set<FreeRun>, lengthMin: number): FreeRun {
  let nearest: FreeRun | undefined;
  let least = Infinity;
  for (const run of runs) {
    if (lengthOf(run) < lengthMin) continue;
    const distance = (run.x - from.x) ** 2 + (run.y - from.y) ** 2;
    if (distance < least && !taken.has(run)) {
      nearest = run;
      least = distance;
    }
  }
  return nearest!;
}

/** Completes a company around its first part with the nearest runs that still allow for so few parts. */
function gather(
  first: FreeRun,
  runs: FreeRun[],
  lengths: LengthCounts,
  parts: number,
  quantity: number,
): FreeRun[] {
  const taken = new Set([first]);
  lengths.add(lengthOf(first), -1);
  let missing = quantity - lengthOf(first);
  for (let left = parts - 1; left > 0; left--) {
    const run = nearestRun(first, runs, taken, missing - lengths.mostSeats(left - 1));
    taken.add(run);
    lengths.add(lengthOf(run), -1);
    missing -= lengthOf(run);
  }
  for (const run of taken) lengths.add(lengthOf(run), 1);
  return [...taken];
}

function mean(values: number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The smaller the better: how far the parts are from the stage and from each other, on average. */
function scatter(parts: FreeRun[]): number {
  const x = mean(parts.map((part) => part.x));
  const y = mean(parts.map((part) => part.y));
  return mean(parts.map((part) => part.distance + Math.hypot(part.x - x, part.y - y)));
}

/** Leaves the places that are too many at that end of a part which is the farthest from the company's middle. */
function trim(parts: FreeRun[], surplus: number, centre: Centre): Run[] {
  const x = mean(parts.map((part) => part.x));
  const y = mean(parts.map((part) => part.y));
  const shortened = parts.flatMap(({ start, end }, i) => [
    { i, kept: { start: start + surplus, end }, left: { start, end: start + surplus } },
    { i, kept: { start, end: end - surplus }, left: { start: end - surplus, end } },
  ]);
  const distances = shortened.map(({ left }) => {
    const middle = centre(left);
    return Math.hypot(middle.x - x, middle.y - y);
  });
  const { i, kept } = shortened[distances.indexOf(Math.max(...distances))]!;
  return parts.with(i, { ...parts[i]!, ...kept });
}

/**
 * Splits a company over several runs of free seats: as few parts as can be, and of these the best found of
 * parts near each other and near the stage. The number of parts is exact; for nearness each run (the
 * nearest the stage first, as many as the limits allow) is tried as the first part, with the nearest others.
 * @param runs all shorter than `quantity`.
 * @param centre the middle of any part of a run.
 * @returns the parts, or null when there are not enough places.
 */
export function chooseParts(runs: FreeRun[], quantity: number, centre: Centre): Run[] | null {
  const lengths = new LengthCounts(runs, quantity - 1);
  const parts = fewestParts(lengths, runs.length, quantity);
  if (parts === null) return null;

  const lengthMin = quantity - lengths.mostSeats(parts - 1);
  const candidates = runs.filter((run) => lengthOf(run) >= lengthMin).sort((a, b) => a.distance - b.distance);
  const tries = Math.max(firstPartsMin, Math.floor(distancesMax / (candidates.length * parts)));
  const companies = candidates
    .slice(0, tries)
    .map((first) => gather(first, candidates, lengths, parts, quantity));
  const best = companies.reduce((a, b) => (scatter(b) < scatter(a) ? b : a));
  const surplus = best.reduce((sum, part) => sum + lengthOf(part), 0) - quantity;
  // With one part less there would be too few places, so the surplus is less than any part has.
  return surplus === 0 ? best : trim(best, surplus, centre);
}
