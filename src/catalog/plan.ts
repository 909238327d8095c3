import type { PlanArea, SeatTrait } from './event.ts';

/** What a seating plan may hold at most, whatever file it comes from. */
export const planLimits = {
  fileBytesMax: 100 * 1024 * 1024,
  seatsMax: 200_000,
  zonesMax: 1_000,
  categoriesMax: 200,
  areasMax: 20_000,
  polygonPointsMax: 10_000,
  generalPlacesMax: 1_000_000,
  textCharsMax: 200,
  guidCharsMax: 1_000,
  coordinateMax: 1_000_000,
  problemsShownMax: 20,
} as const;

/** One seat; `x` and `y` are absolute plan coordinates. */
export type PlanSeat = {
  guid: string;
  label: string;
  x: number;
  y: number;
  /** An index of the plan's categories. */ category: number;
  /** Drawn, and not sold. */
  blocked?: boolean;
  traits?: SeatTrait[];
};

/** A table that a row's seats stand around; (x, y) is its centre, and it is turned by `rotation` degrees clockwise. */
export type PlanTable = {
  shape: 'round' | 'rectangle';
  x: number;
  y: number;
  width: number;
  height: number;
  rotation?: number;
};

/** One row, its seats in order along it, or one table. */
export type PlanRow = { label: string; seats: PlanSeat[]; table?: PlanTable };

export type PlanZone =
  | { kind: 'numbered'; name: string; rows: PlanRow[] }
  | { kind: 'general'; name: string; capacity: number; /** Minor units. */ price: number };

export type PlanCategory = { name: string; color: string };

/**
 * A seating plan, whatever file or code it came from. Zone i becomes zone number i + 1, category i number
 * i + 1, and seats are numbered from 1 in the order of zones, rows and seats.
 */
export type Plan = {
  name: string;
  size: { width: number; height: number };
  categories: PlanCategory[];
  zones: PlanZone[];
  areas: PlanArea[];
};

/** What is wrong with a plan: `at` is the JSON path, the line, or the place in the plan. */
export type PlanProblem = { at: string; message: string };

/** A plan that cannot be used, with the first problems found and how many there are in all. */
export class PlanError extends Error {
  override readonly name = 'PlanError';
  readonly problems: PlanProblem[];
  readonly count: number;

  constructor(problems: PlanProblem[], count: number) {
    const lines = problems.map((problem) => `${problem.at}: ${problem.message}`);
    if (count > problems.length) lines.push(`and ${count - problems.length} more problems`);
    super(lines.join('\n'));
    this.problems = problems;
    this.count = count;
  }
}

/** Collects the problems of a plan: the first few in full, the rest as a number. */
export class PlanProblems {
  readonly shown: PlanProblem[] = [];
  count = 0;

  add(at: string, message: string): void {
    this.count += 1;
    if (this.shown.length < planLimits.problemsShownMax) this.shown.push({ at, message });
  }

  /** @throws PlanError when there is any problem. */
  throwIfAny(): void {
    if (this.count > 0) throw new PlanError(this.shown, this.count);
  }
}

/** Why a text cannot be stored, or null when it can. */
export function textFault(text: string, charsMax: number = planLimits.textCharsMax): string | null {
  if (text.length > charsMax) return `is longer than ${charsMax} characters`;
  if (text.includes('\0')) return 'has a NUL character, which cannot be stored';
  if (!text.isWellFormed()) return 'has half of a surrogate pair, which cannot be stored';
  return null;
}

/** The guid of a seat whose file gives it none; no other zone, row and seat have the same. */
export function guidOf(zone: string, row: string, seat: string): string {
  return [zone, row, seat].map((part) => part.replaceAll('%', '%25').replaceAll('/', '%2F')).join('/');
}

/** Why a coordinate cannot be used, or null when it can. */
export function coordinateFault(value: number): string | null {
  if (!Number.isFinite(value)) return 'is not a finite number';
  if (Math.abs(value) > planLimits.coordinateMax) return `is beyond ±${planLimits.coordinateMax}`;
  return null;
}

/** The number of numbered seats. */
export function countSeats(plan: Plan): number {
  let count = 0;
  for (const zone of plan.zones) {
    if (zone.kind === 'numbered') for (const row of zone.rows) count += row.seats.length;
  }
  return count;
}

/** How many seats each category has, by its index. */
export function seatsPerCategory(plan: Plan): number[] {
  const counts = plan.categories.map(() => 0);
  for (const zone of plan.zones) {
    if (zone.kind !== 'numbered') continue;
    for (const row of zone.rows) for (const seat of row.seats) counts[seat.category]! += 1;
  }
  return counts;
}

/**
 * The plan without the categories that no seat has: they would stand in the legend for nothing, and
 * would have to be priced.
 */
export function dropUnusedCategories(plan: Plan): Plan {
  const counts = seatsPerCategory(plan);
  if (counts.every((count) => count > 0)) return plan;
  const kept = plan.categories.map((_, index) => index).filter((index) => counts[index]! > 0);
  const now = new Map(kept.map((before, index) => [before, index]));
  const moveSeat = (seat: PlanSeat): PlanSeat => ({ ...seat, category: now.get(seat.category)! });
  const zones = plan.zones.map((zone): PlanZone =>
    zone.kind === 'general'
      ? zone
      : { ...zone, rows: zone.rows.map((row) => ({ ...row, seats: row.seats.map(moveSeat) })) },
  );
  return { ...plan, zones, categories: kept.map((index) => plan.categories[index]!) };
}

/**
 * Moves a plan so that no seat stands left of or above its canvas, and widens the canvas to hold every
 * seat: editors let seats be dragged off the page, where no buyer would find them.
 */
export function fitCanvas(plan: Plan, margin: number): Plan {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const zone of plan.zones) {
    if (zone.kind !== 'numbered') continue;
    for (const row of zone.rows) {
      for (const seat of row.seats) {
        left = Math.min(left, seat.x);
        top = Math.min(top, seat.y);
        right = Math.max(right, seat.x);
        bottom = Math.max(bottom, seat.y);
      }
    }
  }
  if (left > right) return plan;
  const dx = Math.max(0, margin - left);
  const dy = Math.max(0, margin - top);
  const size = {
    width: Math.max(plan.size.width + dx, right + dx + margin),
    height: Math.max(plan.size.height + dy, bottom + dy + margin),
  };
  return dx === 0 && dy === 0 ? { ...plan, size } : { ...shiftPlan(plan, dx, dy), size };
}

function shiftPlan(plan: Plan, dx: number, dy: number): Plan {
  const shift = <T extends { x: number; y: number }>(point: T): T => ({
    ...point,
    x: point.x + dx,
    y: point.y + dy,
  });
  return {
    ...plan,
    zones: plan.zones.map((zone) =>
      zone.kind === 'general'
        ? zone
        : { ...zone, rows: zone.rows.map((row) => ({ ...row, seats: row.seats.map(shift) })) },
    ),
    areas: plan.areas.map((area) => ({
      ...shift(area),
      ...(area.points ? { points: area.points.map(shift) } : {}),
      ...(area.text ? { text: shift(area.text) } : {}),
    })),
  };
}

function checkSizes(plan: Plan, seats: number, problems: PlanProblems): void {
  const places = plan.zones.reduce((sum, zone) => sum + (zone.kind === 'general' ? zone.capacity : 0), seats);
  if (places === 0) problems.add('plan', 'has neither a seat nor a general zone with places');
  const { width, height } = plan.size;
  if (!(width > 0 && height > 0) || coordinateFault(width) || coordinateFault(height)) {
    problems.add('size', `needs a width and a height above 0, not ${width} × ${height}`);
  }
  const bounds = [
    ['seats', seats, planLimits.seatsMax],
    ['zones', plan.zones.length, planLimits.zonesMax],
    ['categories', plan.categories.length, planLimits.categoriesMax],
    ['areas', plan.areas.length, planLimits.areasMax],
  ] as const;
  for (const [what, count, max] of bounds) {
    if (count > max) problems.add('plan', `has ${count} ${what}; at most ${max} are possible`);
  }
}

function checkNames(kind: string, names: string[], problems: PlanProblems): void {
  const seen = new Set<string>();
  for (const name of names) {
    const at = `${kind} "${name}"`;
    if (name.trim() === '') problems.add(at, 'needs a name');
    const fault = textFault(name);
    if (fault) problems.add(at, `its name ${fault}`);
    if (seen.has(name)) problems.add(at, 'stands twice');
    seen.add(name);
  }
}

function checkZone(zone: PlanZone, plan: Plan, guids: Set<string>, problems: PlanProblems): void {
  if (zone.kind === 'general') {
    if (
      !Number.isInteger(zone.capacity) ||
      zone.capacity < 1 ||
      zone.capacity > planLimits.generalPlacesMax
    ) {
      problems.add(
        `zone "${zone.name}"`,
        `needs 1 to ${planLimits.generalPlacesMax} places, not ${zone.capacity}`,
      );
    }
    return;
  }
  for (const row of zone.rows) {
    const at = `zone "${zone.name}", row "${row.label}"`;
    if (row.seats.length === 0) problems.add(at, 'has no seats');
    for (const seat of row.seats) {
      const fault =
        textFault(seat.guid, planLimits.guidCharsMax) ??
        textFault(seat.label) ??
        textFault(row.label) ??
        coordinateFault(seat.x) ??
        coordinateFault(seat.y);
      if (fault) problems.add(`${at}, seat "${seat.label}"`, fault);
      if (!plan.categories[seat.category])
        problems.add(`${at}, seat "${seat.label}"`, 'has an unknown category');
      if (guids.has(seat.guid))
        problems.add(`${at}, seat "${seat.label}"`, `its guid "${seat.guid}" stands twice`);
      guids.add(seat.guid);
    }
  }
}

/**
 * Checks what every plan must be, wherever it came from, and so what the store may rely on.
 * @throws PlanError that names every problem.
 */
export function checkPlan(plan: Plan): void {
  const problems = new PlanProblems();
  checkSizes(plan, countSeats(plan), problems);
  checkNames(
    'category',
    plan.categories.map((category) => category.name),
    problems,
  );
  checkNames(
    'zone',
    plan.zones.map((zone) => zone.name),
    problems,
  );
  const guids = new Set<string>();
  for (const zone of plan.zones) checkZone(zone, plan, guids, problems);
  for (const [index, area] of plan.areas.entries()) {
    if (area.zoneNo !== undefined && plan.zones[area.zoneNo - 1]?.kind !== 'general') {
      problems.add(`area ${index + 1}`, `stands for zone ${area.zoneNo}, which is not a general zone`);
    }
  }
  problems.throwIfAny();
}
