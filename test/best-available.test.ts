import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FREE, HELD, SOLD } from '../src/catalog/availability.ts';
import type { CatalogEvent } from '../src/catalog/event.ts';
import { distanceToStage, findStage } from '../src/catalog/stage.ts';
import { createSeatPicker } from '../src/holds/best-available.ts';
import { sampleEvent, type SampleSeat } from './support/sample-event.ts';

/** A hall drawn in letters, the stage above it: o free, x taken, a space a gap; one string a row. */
function draw(rows: string[]): { event: CatalogEvent; seats: Uint8Array; pick(quantity: number): string } {
  const places: SampleSeat[] = [];
  const states: number[] = [];
  const indices = rows.map((row, r) =>
    [...row].map((letter, position) => {
      if (letter === ' ') return -1;
      states.push(letter === 'o' ? FREE : SOLD);
      return places.push({ zoneNo: 1, rowNo: r + 1, position, x: position * 10, y: 20 + r * 10 }) - 1;
    }),
  );
  const event = sampleEvent({ seats: places });
  const seats = Uint8Array.from(states);
  const picker = createSeatPicker(event);
  const pick = (quantity: number) => {
    const chosen = picker.pick(seats, quantity);
    if (!chosen) return 'none';
    const drawn = rows.map((row, r) =>
      [...row].map((letter, i) => (chosen.seatNos.includes(indices[r]![i]! + 1) ? '#' : letter)).join(''),
    );
    return (chosen.split ? 'split ' : '') + drawn.join('/');
  };
  return { event, seats, pick };
}

describe('the best seats in drawn halls', () => {
  const examples: [string, string[], number, string][] = [
    ['the middle of the front row', ['ooooooo', 'ooooooo'], 3, 'oo###oo/ooooooo'],
    ['no single seat left over, though less central', ['ooooo'], 3, '###oo'],
    ['a row farther back rather than a single left over', ['xooox', 'ooooo'], 2, 'xooox/##ooo'],
    ['a single left over when there is no other way', ['xooox', 'xxxxx'], 2, 'x##ox/xxxxx'],
    ['a gap of exactly that size', ['oooxoox'], 2, 'ooox##x'],
    ['never across a gap in the row', ['oo oo', 'xxooo'], 3, 'oo oo/xx###'],
    ['never across two rows', ['oox', 'oox', 'ooo'], 3, 'oox/oox/###'],
    ['one seat: a single seat is the best to fill', ['ooxox'], 1, 'oox#x'],
    ['the fewest parts', ['oxoxo', 'ooxxx'], 3, 'split #xoxo/##xxx'],
    [
      'parts near each other rather than nearest the stage',
      ['oxxxxxxxxxxxo', 'xxxxxoxoxxxxx'],
      2,
      'split oxxxxxxxxxxxo/xxxxx#x#xxxxx',
    ],
    ['what is too many is left at the outer end', ['oooxooo'], 4, 'split oo#x###'],
    ['nothing when there are not enough', ['oxo', 'xox'], 4, 'none'],
  ];
  for (const [what, rows, quantity, expected] of examples) {
    test(what, () => assert.equal(draw(rows).pick(quantity), expected));
  }
});

type Hall = { event: CatalogEvent; seats: Uint8Array };

const anyHall = fc
  .array(
    fc.record({
      letters: fc.array(fc.constantFrom('o', 'o', 'o', 'x', 'h', ' '), { minLength: 1, maxLength: 10 }),
      zoneNo: fc.constantFrom(1, 2),
      x: fc.integer({ min: 0, max: 60 }),
      y: fc.integer({ min: 0, max: 100 }),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .chain((rows) => {
    const places = rows.flatMap(({ letters, zoneNo, x, y }, r) =>
      letters.flatMap((letter, position) =>
        letter === ' ' ? [] : [{ letter, zoneNo, rowNo: r + 1, position, x: x + position * 10, y }],
      ),
    );
    // Seats are numbered in any order, not only along the rows.
    return fc.shuffledSubarray(places, { minLength: places.length });
  })
  .map((places): Hall => {
    const states = { o: FREE, x: SOLD, h: HELD } as Record<string, number>;
    return {
      event: sampleEvent({ seats: places }),
      seats: Uint8Array.from(places, (place) => states[place.letter]!),
    };
  });

type Run = { places: number[] };

/** The runs of free seats as the rules say it, found seat by seat. */
function freeRuns({ event: { seats: plan }, seats }: Hall, zoneNo: number | undefined): Run[] {
  const free = [...seats.keys()].filter(
    (i) => seats[i] === FREE && (zoneNo === undefined || plan.zoneNo[i] === zoneNo),
  );
  const next = (i: number, step: number) =>
    free.find((j) => plan.rowNo[j] === plan.rowNo[i] && plan.position[j] === plan.position[i]! + step);
  return free
    .filter((i) => next(i, -1) === undefined)
    .map((first) => {
      const places = [first];
      for (let i = next(first, 1); i !== undefined; i = next(i, 1)) places.push(i);
      return { places };
    });
}

type Window = { seatNos: number[]; singles: number; distance: number };

function windows(hall: Hall, runs: Run[], quantity: number): Window[] {
  const stage = findStage(hall.event);
  const { x, y } = hall.event.seats;
  return runs.flatMap(({ places }) =>
    places.slice(quantity - 1).map((_, first) => {
      const chosen = places.slice(first, first + quantity);
      const sum = chosen.reduce((total, i) => total + distanceToStage(stage, x[i]!, y[i]!), 0);
      const singles = [first, places.length - first - quantity].filter((left) => left === 1).length;
      return { seatNos: chosen.map((i) => i + 1), singles, distance: sum / quantity };
    }),
  );
}

describe('the best seats in any small hall', () => {
  const anyQuantity = fc.integer({ min: 1, max: 6 });
  const anyZone = fc.constantFrom(undefined, 1, 2, 3);

  test('are the ones that trying every place finds', () => {
    fc.assert(
      fc.property(anyHall, anyQuantity, anyZone, (hall, quantity, zoneNo) => {
        const pick = createSeatPicker(hall.event).pick(hall.seats, quantity, zoneNo);
        const all = windows(hall, freeRuns(hall, zoneNo), quantity);
        if (all.length === 0) return assert.ok(pick === null || pick.split);
        const chosen = all.find(({ seatNos }) => seatNos.join() === pick?.seatNos.join());
        assert.ok(chosen && !pick!.split, `picked ${JSON.stringify(pick)}`);
        const fewest = Math.min(...all.map(({ singles }) => singles));
        const nearest = Math.min(
          ...all.filter(({ singles }) => singles === fewest).map(({ distance }) => distance),
        );
        assert.equal(chosen.singles, fewest);
        assert.ok(chosen.distance <= nearest + 1e-6);
      }),
      { numRuns: 2_000 },
    );
  });

  test('are split over as few parts as can be, and are none exactly when there are too few', () => {
    fc.assert(
      fc.property(anyHall, fc.integer({ min: 2, max: 20 }), anyZone, (hall, quantity, zoneNo) => {
        const runs = freeRuns(hall, zoneNo).toSorted((a, b) => b.places.length - a.places.length);
        const pick = createSeatPicker(hall.event).pick(hall.seats, quantity, zoneNo);
        const enough = runs.reduce((sum, run) => sum + run.places.length, 0) >= quantity;
        assert.equal(pick !== null, enough);
        if (!pick) return;
        assert.equal(new Set(pick.seatNos).size, quantity);
        const partsOf = runs.map(({ places }) => places.filter((i) => pick.seatNos.includes(i + 1)));
        assert.equal(partsOf.flat().length, quantity);
        // The longest runs first: no other choice has fewer parts.
        let fewest = 0;
        for (let left = quantity; left > 0; left -= runs[fewest++]!.places.length);
        const used = partsOf.filter((part) => part.length > 0);
        assert.equal(used.length, fewest);
        assert.equal(pick.split, fewest > 1);
        for (const part of used) {
          const positions = part.map((i) => hall.event.seats.position[i]!);
          assert.equal(positions.at(-1)! - positions[0]!, part.length - 1, 'a part has no gap');
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a hall of 50,000 seats', () => {
  const rows = 1_250;
  const seatsPerRow = 40;
  const event = sampleEvent({
    seats: Array.from({ length: rows * seatsPerRow }, (_, i) => {
      const row = Math.floor(i / seatsPerRow);
      const block = row % 10;
      const position = i % seatsPerRow;
      return {
        zoneNo: 1,
        rowNo: row + 1,
        position,
        x: (block * 42 + position) * 10,
        y: 100 + Math.floor(row / 10) * 12,
      };
    }),
  });
  const picker = createSeatPicker(event);

  function countReads(
    quantity: number,
    isFree: (seat: number) => boolean,
  ): { reads: number; pick: ReturnType<typeof picker.pick> } {
    let reads = 0;
    const seats = new Proxy(
      Uint8Array.from({ length: event.seats.count }, (_, i) => (isFree(i) ? FREE : SOLD)),
      {
        get(target, key) {
          reads++;
          return target[Number(key)];
        },
      },
    );
    const pick = picker.pick(seats, quantity);
    return { reads, pick };
  }

  test('when empty, looks at a few rows only', () => {
    const { reads, pick } = countReads(4, () => true);
    assert.equal(pick?.split, false);
    assert.ok(reads <= 10 * seatsPerRow, `${reads} seats looked at`);
  });

  test('when all but the last rows are sold, passes over the sold ones in steps of the company', () => {
    const { reads, pick } = countReads(5, (seat) => seat >= 49_600);
    assert.equal(pick?.split, false);
    assert.ok(reads <= 50_000 / 5 + 500, `${reads} seats looked at`);
  });

  test('when a company must be split, stops once it has enough to choose from', () => {
    const { reads, pick } = countReads(2, (seat) => seat % 10 === 0);
    assert.equal(pick?.split, true);
    assert.ok(reads <= 50_000 / 2 + 7_000, `${reads} seats looked at`);
  });
});
