import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderAlongRow, positionsInRow, usualSpacing } from '../src/catalog/plan-rows.ts';

type Seat = { label: string; x: number; y: number };

const line = (xs: number[]): Seat[] => xs.map((x, i) => ({ label: String(i + 1), x, y: 0 }));
const labels = (seats: Seat[]) => seats.map((seat) => seat.label).join(' ');

/** A row bent about a point, over an angle in degrees. */
function bent(count: number, radius: number, degrees: number): Seat[] {
  return Array.from({ length: count }, (_, i) => {
    const angle = ((i / (count - 1) - 0.5) * degrees * Math.PI) / 180;
    return { label: String(i + 1), x: radius * Math.sin(angle), y: radius * Math.cos(angle) };
  });
}

test('a row that is listed in order keeps its order, from right to left too', () => {
  const row = line([100, 80, 60, 40]);
  assert.equal(labels(orderAlongRow(row)), '1 2 3 4');
});

test('odd numbers on the left and even ones on the right come in order along the row', () => {
  const row = [3, 1, 5, 2, 4, 6].map((number): Seat => {
    const x = number % 2 === 1 ? -10 * number : 10 * number;
    return { label: String(number), x, y: 0 };
  });
  const order = labels(orderAlongRow(row));
  assert.ok(order === '5 3 1 2 4 6' || order === '6 4 2 1 3 5', order);
});

test('a row in any order is put in order along it, straight or bent like a horseshoe', () => {
  const shapes = fc.record({
    count: fc.integer({ min: 3, max: 60 }),
    degrees: fc.integer({ min: 1, max: 220 }),
    turn: fc.integer({ min: 0, max: 359 }),
  });
  fc.assert(
    fc.property(shapes, fc.array(fc.nat(), { minLength: 60, maxLength: 60 }), (shape, dice) => {
      const row = bent(shape.count, 500, shape.degrees).map(({ label, x, y }) => {
        const angle = (shape.turn * Math.PI) / 180;
        return {
          label,
          x: x * Math.cos(angle) - y * Math.sin(angle),
          y: x * Math.sin(angle) + y * Math.cos(angle),
        };
      });
      const shuffled = row
        .map((seat, i) => ({ seat, key: dice[i]! }))
        .sort((a, b) => a.key - b.key)
        .map(({ seat }) => seat);
      const ordered = labels(orderAlongRow(shuffled));
      return ordered === labels(row) || ordered === labels(row.toReversed());
    }),
    { numRuns: 300 },
  );
});

test('neighbours differ by 1, and seats across an aisle by more', () => {
  const row = line([0, 20, 40, 80, 100, 120]);
  assert.deepEqual(positionsInRow(row, usualSpacing([row])), [1, 2, 3, 5, 6, 7]);
});

test('a pair with an aisle between its seats is told from a pair by the rest of the zone', () => {
  const zone = [line([0, 20, 40]), line([0, 20, 40])];
  const spacing = usualSpacing(zone);
  assert.deepEqual(positionsInRow(line([0, 60]), spacing), [1, 3]);
  assert.deepEqual(positionsInRow(line([0, 22]), spacing), [1, 2]);
});

test('wider chairs are still neighbours', () => {
  const spacing = usualSpacing([line([0, 20, 40, 60, 80])]);
  assert.deepEqual(positionsInRow(line([0, 35, 70]), spacing), [1, 2, 3]);
});

test('positions grow along every row, and no aisle stands in an even one', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 200 }), (count, spacing) => {
      const row = line(Array.from({ length: count }, (_, i) => i * spacing));
      assert.deepEqual(
        positionsInRow(row, usualSpacing([row])),
        row.map((_, i) => i + 1),
      );
    }),
  );
});

test('seats on one spot, and a row of one, break nothing', () => {
  assert.deepEqual(positionsInRow(line([0, 0, 0]), 0), [1, 2, 3]);
  assert.deepEqual(positionsInRow(line([7]), 0), [1]);
  assert.equal(labels(orderAlongRow(line([0, 0, 0]))), '1 2 3');
});
