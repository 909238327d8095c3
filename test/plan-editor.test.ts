import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alongArc, tablePlaces } from '../web/console/src/pages/plans/geometry.ts';
import { freeName, lettersOf, namesOf, numberOfLetters } from '../web/console/src/pages/plans/numbering.ts';
import { emptyPlan, seatsOf, type PlanDocument } from '../web/console/src/pages/plans/plan-document.ts';
import * as editor from '../web/console/src/pages/plans/plan-editor.ts';
import { readPlanDocument } from '../src/catalog/plan-document.ts';

const numbers = { style: 'numbers', from: '1', step: 1, reversed: false } as const;
const letters = { ...numbers, style: 'letters', from: 'A' } as const;
const block = (changes: Partial<editor.NewBlock> = {}): editor.NewBlock => ({
  x: 100,
  y: 100,
  rows: 2,
  seats: 3,
  seatGap: 25,
  rowGap: 30,
  rise: 0,
  rotation: 0,
  zone: 'Sala',
  category: 0,
  rowNames: letters,
  seatNames: numbers,
  ...changes,
});
const begun = () => editor.startEditing(emptyPlan('Platea'));
const drawn = (changes: Partial<editor.NewBlock> = {}) =>
  editor.take(begun(), (drawing) => editor.addBlock(drawing, block(changes)));
const places = (document: PlanDocument) =>
  [...seatsOf(document)].map(({ row, seat }) => [
    row.label + seat.label,
    Math.round(seat.x),
    Math.round(seat.y),
  ]);
const ids = (document: PlanDocument) => [...seatsOf(document)].map(({ seat }) => seat.id);

test('names count on by numbers, letters, steps, odd and even, from either end', () => {
  assert.deepEqual(namesOf(3, { ...numbers, from: '10', step: 2 }), ['10', '12', '14']);
  assert.deepEqual(namesOf(3, { ...letters, from: 'Y' }), ['Y', 'Z', 'AA']);
  assert.deepEqual(namesOf(3, { ...letters, reversed: true }), ['C', 'B', 'A']);
  assert.deepEqual(namesOf(5, { ...numbers, style: 'odd_even' }), ['5', '3', '1', '2', '4']);
  assert.deepEqual(
    [1, 26, 27, 702, 703].map((n) => [lettersOf(n), numberOfLetters(lettersOf(n))]),
    [
      ['A', 1],
      ['Z', 26],
      ['AA', 27],
      ['ZZ', 702],
      ['AAA', 703],
    ],
  );
  assert.equal(freeName('A', new Set(['A', 'B'])), 'C');
  assert.equal(freeName('Mesa 1', new Set(['Mesa 1'])), 'Mesa 2');
  assert.equal(freeName('Palco', new Set(['Palco', 'Palco (2)'])), 'Palco (3)');
});

test('an arc keeps its ends and its distances, and its middle is as far aside as was asked', () => {
  const arc = alongArc({ x: 0, y: 0 }, { x: 100, y: 0 }, 11, 20);
  const near = (actual: number, expected: number) =>
    assert.ok(Math.abs(actual - expected) < 1e-6, `${actual}`);
  near(arc[0]!.x, 0);
  near(arc[0]!.y, 0);
  near(arc[10]!.x, 100);
  near(arc[5]!.y, 20);
  const gaps = arc.slice(1).map((point, i) => Math.hypot(point.x - arc[i]!.x, point.y - arc[i]!.y));
  for (const gap of gaps) near(gap, gaps[0]!);
  assert.deepEqual(alongArc({ x: 0, y: 0 }, { x: 10, y: 0 }, 3, 0), [
    { x: 0, y: 0 },
    { x: 5, y: 0 },
    { x: 10, y: 0 },
  ]);
});

test('seats stand around a table, all as far from its edge', () => {
  const round = tablePlaces({ x: 0, y: 0, shape: 'round', seats: 6, width: 40, height: 40, reach: 12 });
  for (const { x, y } of round) assert.ok(Math.abs(Math.hypot(x, y) - 32) < 1e-9);
  const long = tablePlaces({ x: 0, y: 0, shape: 'rectangle', seats: 5, width: 90, height: 30, reach: 10 });
  assert.deepEqual(
    long.map(({ y }) => y),
    [-25, -25, -25, 25, 25],
  );
});

test('a block is drawn with names, straight and turned, and chosen', () => {
  const { present } = drawn();
  assert.deepEqual(places(present.document), [
    ['A1', 100, 100],
    ['A2', 125, 100],
    ['A3', 150, 100],
    ['B1', 100, 130],
    ['B2', 125, 130],
    ['B3', 150, 130],
  ]);
  assert.deepEqual([...present.seats], ids(present.document));
  const turned = drawn({ rows: 1, rotation: 90 }).present.document;
  assert.deepEqual(places(turned), [
    ['A1', 125, 75],
    ['A2', 125, 100],
    ['A3', 125, 125],
  ]);
});

test('steps are undone and taken again, and a new step forgets what was undone', () => {
  const first = drawn();
  const second = editor.take(first, (drawing) => editor.move(drawing, 10, 0));
  const third = editor.take(second, (drawing) => editor.paint(drawing, 0));
  const back = editor.undo(editor.undo(third));
  assert.deepEqual(back.present, first.present);
  assert.deepEqual(editor.redo(back).present.document, second.present.document);
  assert.deepEqual(editor.redo(editor.redo(editor.redo(back))).present, third.present);
  const other = editor.take(back, (drawing) => editor.move(drawing, 0, 5));
  assert.deepEqual(editor.redo(other), other);
  assert.deepEqual(editor.undo(editor.undo(editor.undo(other))).present.document, emptyPlan('Platea'));
  // Choosing and what changes nothing are no steps.
  assert.equal(editor.take(first, (drawing) => editor.move(drawing, 0, 0)).past.length, 1);
  assert.equal(editor.choose(first, []).past.length, 1);
});

test('mirroring twice is nothing, names stay with their seats, and turning four times, too', () => {
  const { present } = drawn({ rise: 12 });
  const once = editor.mirror(present, 'vertical');
  assert.deepEqual(
    places(once.document)
      .slice(0, 3)
      .map(([name, x]) => [name, x]),
    [
      ['A1', 150],
      ['A2', 125],
      ['A3', 100],
    ],
  );
  assert.deepEqual(places(editor.mirror(once, 'vertical').document), places(present.document));
  let turned = present;
  for (let i = 0; i < 4; i += 1) turned = editor.rotate(turned, 90);
  assert.deepEqual(places(turned.document), places(present.document));
});

test('a copy has ids and row names of its own, a table goes with its seats', () => {
  const copied = editor.copy(drawn().present, 0, 60);
  assert.deepEqual(
    places(copied.document)
      .slice(6)
      .map(([name]) => name),
    ['C1', 'C2', 'C3', 'D1', 'D2', 'D3'],
  );
  assert.equal(new Set(ids(copied.document)).size, 12);
  const table = { x: 200, y: 200, shape: 'round', seats: 4, width: 40, height: 40, reach: 12 } as const;
  const tabled = editor.addTable(begun().present, { ...table, zone: 'Mesas', category: 0, name: 'Mesa 1' });
  const both = editor.copy(tabled, 100, 0);
  const [zone] = both.document.zones;
  assert.ok(zone?.kind === 'numbered');
  assert.deepEqual(
    zone.rows.map(({ label, table: drawnTable }) => [label, drawnTable?.x]),
    [
      ['Mesa 1', 200],
      ['Mesa 2', 300],
    ],
  );
});

test('seats are painted, blocked, marked, numbered, named, curved, moved between zones and removed', () => {
  const { present } = drawn();
  const first = { ...present, seats: new Set(ids(present.document).slice(0, 3)) };
  const painted = editor.paint(editor.addCategory(first, 'Palco', '#123456'), 1);
  assert.deepEqual(
    [...seatsOf(painted.document)].map(({ seat }) => seat.category),
    [1, 1, 1, 0, 0, 0],
  );
  const marked = editor.toggleTrait(editor.setBlocked(first, true), 'accessible');
  assert.deepEqual(
    [...seatsOf(marked.document)].map(({ seat }) => [seat.blocked ?? false, seat.traits ?? []]).slice(2, 4),
    [
      [true, ['accessible']],
      [false, []],
    ],
  );
  const unmarked = editor.toggleTrait(editor.setBlocked(marked, false), 'accessible');
  assert.deepEqual(unmarked.document, present.document);
  const named = editor.nameRows(editor.numberSeats(present, { ...numbers, from: '101' }), {
    ...numbers,
    from: '7',
  });
  assert.equal(
    places(named.document)
      .map(([name]) => name)
      .join(),
    '7101,7102,7103,8101,8102,8103',
  );
  const bent = editor.curve(first, 10);
  assert.deepEqual(places(bent.document)[1], ['A2', 125, 110]);
  const moved = editor.moveToZone(first, 'Balcón');
  assert.deepEqual(
    moved.document.zones.map(({ name }) => name),
    ['Sala', 'Balcón'],
  );
  assert.deepEqual(editor.remove(present).document.zones, []);
});

test('areas are drawn, moved with their words, and everything stays on the page', () => {
  const box = { x: -50, y: 20, width: 200, height: 60 };
  const staged = editor.addStage(begun().present, box, 'Escenario');
  assert.deepEqual([staged.document.areas[0]!.x, staged.document.areas[0]!.text!.x], [30, 130]);
  const general = editor.addGeneral(staged, { ...box, x: 100, y: 700 }, { name: 'De pie', capacity: 80 });
  assert.equal(general.document.size.height, 790);
  const moved = editor.move(general, 5, 5);
  assert.deepEqual([moved.document.areas[1]!.x, moved.document.areas[1]!.text!.x], [105, 205]);
  const renamed = editor.renameZone(moved, 'De pie', 'Patio').document;
  assert.deepEqual([renamed.areas[1]!.zone, renamed.areas[1]!.text!.text], ['Patio', 'Patio']);
  assert.equal(editor.remove(moved).document.zones.length, 0);
  const [zone] = editor.setCapacity(moved, 'De pie', 90).document.zones;
  assert.deepEqual(zone, { kind: 'general', name: 'De pie', capacity: 90 });
  const two = editor.addCategory(moved, 'Palco', '#123456');
  const changed = editor.changeCategory(two, 1, 'Palcos', '#654321').document;
  assert.deepEqual(changed.categories[1], { name: 'Palcos', color: '#654321' });
  assert.equal(editor.changeCategory(two, 1, 'Platea', '#654321'), two);
});

test('the server takes what the editor draws: a hall of 300 seats, curved, with tables and standing room', () => {
  let { present } = drawn({ rows: 15, seats: 18, rise: 40 });
  const table = { y: 900, shape: 'round', seats: 6, width: 50, height: 50, reach: 16 } as const;
  for (let i = 0; i < 5; i += 1) {
    const name = `Mesa ${i + 1}`;
    present = editor.addTable(present, { ...table, x: 100 + i * 120, zone: 'Mesas', category: 0, name });
  }
  present = editor.addGeneral(
    present,
    { x: 100, y: 1_000, width: 300, height: 80 },
    { name: 'De pie', capacity: 50 },
  );
  const plan = readPlanDocument(present.document, 'Sala');
  assert.equal(ids(present.document).length, 300);
  assert.equal(plan.areas[0]?.zoneNo, 3);
});
