import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitPlan, type PresentPlan } from '../src/catalog/fit-plan.ts';
import { documentOf, drawnAreas, readPlanDocument, type PlanDocument } from '../src/catalog/plan-document.ts';
import { PlanError } from '../src/catalog/plan.ts';

const seat = (row: string, n: number, more: object = {}) => ({
  id: `${row}${n}`,
  label: String(n),
  x: n * 20,
  y: row.charCodeAt(0) * 20,
  category: 0,
  ...more,
});
const row = (label: string, count: number) => ({
  label,
  seats: Array.from({ length: count }, (_, i) => seat(label, i + 1)),
});
const document = (changes: Partial<PlanDocument> = {}): PlanDocument => ({
  size: { width: 400, height: 400 },
  categories: [{ name: 'Platea', color: '#aa3344' }],
  zones: [
    { kind: 'numbered', name: 'Sala', rows: [row('A', 3), row('B', 2)] },
    { kind: 'general', name: 'De pie', capacity: 50 },
  ],
  areas: [{ shape: 'rectangle', x: 0, y: 0, width: 10, height: 10, zone: 'De pie' }],
  ...changes,
});
const nothing: PresentPlan = {
  zones: [],
  categories: [],
  seats: [],
  taken: new Set(),
  sold: new Set(),
  zonesUsed: new Map(),
  keptOff: new Map(),
};

/** What stands in an event once a plan was given to it. */
function present(given: PlanDocument, changes: Partial<PresentPlan> = {}): PresentPlan {
  const { fitted } = fitPlan(nothing, readPlanDocument(given, 'Sala'));
  return { ...nothing, zones: fitted.zones, categories: fitted.categories, seats: fitted.seats, ...changes };
}

const faultsOf = (given: PlanDocument): string[] => {
  try {
    readPlanDocument(given, 'Sala');
    return [];
  } catch (error) {
    if (!(error instanceof PlanError)) throw error;
    return error.problems.map(({ at, message }) => `${at}: ${message}`);
  }
};

test('a plan fits an event that has none: zones, rows and seats in its order', () => {
  const { fitted, misfits } = fitPlan(nothing, readPlanDocument(document(), 'Sala'));
  assert.deepEqual(misfits, []);
  assert.deepEqual(
    fitted.seats.map(({ seatNo, guid, rowNo, position }) => [seatNo, guid, rowNo, position]),
    [
      [1, 'A1', 1, 1],
      [2, 'A2', 1, 2],
      [3, 'A3', 1, 3],
      [4, 'B1', 2, 1],
      [5, 'B2', 2, 2],
    ],
  );
  assert.deepEqual(
    fitted.zones.map(({ zoneNo, name, capacity }) => [zoneNo, name, capacity]),
    [
      [1, 'Sala', 5],
      [2, 'De pie', 50],
    ],
  );
});

test('seats keep their numbers, new ones come after them, and those left out are retired', () => {
  const before = present(document());
  const next = document({
    zones: [
      { kind: 'general', name: 'De pie', capacity: 60 },
      { kind: 'numbered', name: 'Balcón', rows: [row('C', 1)] },
      { kind: 'numbered', name: 'Sala', rows: [row('B', 3), row('A', 1)] },
    ],
  });
  const { fitted, misfits } = fitPlan(before, readPlanDocument(next, 'Sala'));
  assert.deepEqual(misfits, []);
  assert.deepEqual(
    fitted.seats.map(({ seatNo, guid, zoneNo }) => [seatNo, guid, zoneNo]),
    [
      [6, 'C1', 3],
      [4, 'B1', 1],
      [5, 'B2', 1],
      [7, 'B3', 1],
      [1, 'A1', 1],
    ],
  );
  assert.deepEqual(fitted.retired, [2, 3]);
  assert.deepEqual(fitted.zoneNos, [2, 3, 1]);
});

test('what is held, sold or on documents may not go, move or be renamed', () => {
  const before = present(document(), {
    taken: new Set([2, 4]),
    sold: new Set([3, 5]),
    zonesUsed: new Map([[2, 40]]),
  });
  const next = document({
    zones: [
      {
        kind: 'numbered',
        name: 'Sala',
        rows: [{ label: 'A', seats: [seat('A', 1), seat('A', 3, { label: '9' })] }],
      },
      { kind: 'numbered', name: 'Balcón', rows: [{ label: 'B', seats: [seat('B', 1)] }] },
      { kind: 'general', name: 'De pie', capacity: 39 },
    ],
  });
  const { misfits } = fitPlan(before, readPlanDocument(next, 'Sala'));
  assert.deepEqual(
    misfits.map(({ seatNo, reason, place }) => [seatNo, reason, place]),
    [
      [null, 'too_few', 'De pie'],
      [2, 'gone', 'Sala A-2'],
      [3, 'renamed', 'Sala A-3'],
      [4, 'moved', 'Sala B-1'],
    ],
  );
});

test('places that went back for good stay off the sale, whatever the plan says', () => {
  const before = present(document(), { keptOff: new Map([['De pie', 4]]) });
  const { fitted } = fitPlan(before, readPlanDocument(document(), 'Sala'));
  assert.equal(fitted.zones[1]!.capacity, 46);
});

test('a fault names the zone, the row and the seat', () => {
  const twice = { label: 'A', seats: [seat('A', 1), seat('A', 2, { label: '1' })] };
  assert.deepEqual(
    faultsOf(document({ zones: [{ kind: 'numbered', name: 'Sala', rows: [twice] }], areas: [] })),
    ['zone "Sala", row "A", seat "1": stands twice'],
  );
  const over = { label: 'A', seats: [seat('A', 1), seat('A', 2, { x: 20 })] };
  assert.match(
    faultsOf(document({ zones: [{ kind: 'numbered', name: 'Sala', rows: [over] }], areas: [] })).join(),
    /row "A", seat "2": is drawn over zone "Sala", row "A", seat "1"/,
  );
  assert.match(faultsOf(document({ categories: [] })).join(), /seat "1": has an unknown category/);
  assert.match(
    faultsOf(document({ areas: [{ shape: 'circle', x: 0, y: 0, radius: 5, zone: 'Foso' }] })).join(),
    /the zone "Foso", which is not there/,
  );
  assert.match(faultsOf(document({ zones: [], areas: [] })).join(), /neither a seat nor a general zone/);
});

test('a document that is read and written again is the same, and tables are drawn', () => {
  const table = { shape: 'rectangle', x: 100, y: 50, width: 40, height: 20, rotation: 90 } as const;
  const given = document({
    zones: [{ kind: 'numbered', name: 'Sala', rows: [{ ...row('1', 4), table }] }],
    areas: [],
  });
  const plan = readPlanDocument(given, 'Sala');
  assert.deepEqual(documentOf(plan), given);
  const [area] = drawnAreas(plan);
  assert.deepEqual(
    [Math.round(area!.x), Math.round(area!.y), area!.rotation, area!.text?.text],
    [110, 30, 90, '1'],
  );
});
