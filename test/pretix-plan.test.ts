import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { readPlanFile } from '../src/catalog/plan-file.ts';
import { checkPlan, countSeats, PlanError, planLimits, type Plan } from '../src/catalog/plan.ts';
import { parsePretixPlan } from '../src/catalog/pretix-plan.ts';

const file = readFileSync(new URL('./fixtures/small-hall.json', import.meta.url), 'utf8');

type Json = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any

/** The plan of the fixture after a change to its JSON. */
function parseChanged(change: (plan: Json) => void): Plan {
  const json = JSON.parse(file) as Json;
  change(json);
  return parsePretixPlan(JSON.stringify(json));
}

function problemsOf(work: () => unknown): { at: string; message: string }[] {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof PlanError, String(error));
    return error.problems;
  }
  return [];
}

/** Checks that a change is refused with exactly one problem, there and for that reason. */
function refuses(change: (plan: Json) => void, at: string, message: RegExp): void {
  const problems = problemsOf(() => checkPlan(parseChanged(change)));
  assert.deepEqual(
    problems.map((problem) => problem.at),
    [at],
  );
  assert.match(problems[0]!.message, message);
}

function rowsOf(plan: Plan, index: number) {
  const zone = plan.zones[index]!;
  assert.equal(zone.kind, 'numbered');
  return zone.kind === 'numbered' ? zone.rows : [];
}

describe('a plan as the editor of pretix writes it', () => {
  const plan = parsePretixPlan(file);

  test('keeps its zones with seats, each under a name of its own', () => {
    assert.deepEqual(
      plan.zones.map((zone) => zone.name),
      ['Platea', 'Palco', 'Palco (2)'],
    );
    assert.equal(countSeats(plan), 10);
    checkPlan(plan);
  });

  test('has its seats where zone, row and seat say together, in order along the row', () => {
    const [a, b] = rowsOf(plan, 0);
    assert.deepEqual(
      a!.seats.map((seat) => [seat.label, seat.x, seat.y]),
      [
        ['3', 110, 120],
        ['1', 130, 120.5],
        ['2', 180, 120.5],
        ['4', 200, 120],
      ],
    );
    const order = b!.seats.map((seat) => seat.label).join('');
    assert.ok(order === '3124' || order === '4213', order);
  });

  test('drops the category that no seat has, and a colour that is none', () => {
    assert.deepEqual(plan.categories, [
      { name: 'Preferente', color: '#b3202c' },
      { name: 'General', color: 'rgb(47, 127, 184)' },
    ]);
  });

  test('makes a guid for the seat that has none', () => {
    assert.deepEqual(
      rowsOf(plan, 2)[0]!.seats.map((seat) => seat.guid),
      ['Palco/2/1'],
    );
  });

  test('draws every shape in absolute coordinates, and leaves out the one it does not know', () => {
    const shapes = plan.areas.filter((area) => area.text?.text !== 'A');
    assert.deepEqual(
      shapes.map((area) => area.shape),
      ['rectangle', 'ellipse', 'circle', 'polygon', 'text'],
    );
    const [stage, standing, , corner] = shapes;
    assert.deepEqual(stage, {
      shape: 'rectangle',
      x: 150,
      y: 20,
      width: 200,
      height: 50,
      color: '#dddddd',
      border_color: '#888888',
      text: { text: 'ESCENARIO', size: 20, color: '#333333', x: 250, y: 45 },
    });
    assert.deepEqual(
      [standing!.x, standing!.y, standing!.width, standing!.height, standing!.rotation],
      [300, 320, 160, 80, 15],
    );
    assert.deepEqual(corner!.points, [
      { x: 400, y: 220 },
      { x: 440, y: 220 },
      { x: 400, y: 250 },
    ]);
  });

  test('labels a row before its first and after its last seat where the row asks for it', () => {
    const labels = plan.areas.filter((area) => area.text?.text === 'A');
    assert.deepEqual(
      labels.map((area) => Math.round(area.x)),
      [90, 220],
    );
  });

  test('is the same with a byte order mark, and from the API, where it stands under `layout`', () => {
    assert.deepEqual(readPlanFile(Buffer.from(`\uFEFF${file}`)), plan);
    assert.deepEqual(
      parsePretixPlan(JSON.stringify({ id: 2, name: 'Main', layout: JSON.parse(file) as Json })),
      plan,
    );
  });
});

test('seats off the canvas are brought onto it', () => {
  const plan = parseChanged((json) => (json['zones'][1]['position'] = { x: -500, y: -80 }));
  for (const zone of plan.zones) {
    if (zone.kind !== 'numbered') continue;
    for (const seat of zone.rows.flatMap((row) => row.seats)) {
      assert.ok(seat.x > 0 && seat.y > 0 && seat.x < plan.size.width && seat.y < plan.size.height);
    }
  }
});

test('a file of the first version, without size, shapes and positions of rows, is read too', () => {
  const plan = parsePretixPlan(
    JSON.stringify({
      name: 'Old',
      categories: [{ name: 'Stalls' }],
      zones: [
        {
          name: 'Main',
          position: { x: 0, y: 0 },
          rows: [
            {
              row_number: '1',
              seats: [{ seat_guid: 'g', seat_number: '1', position: { x: 5, y: 5 }, category: 'Stalls' }],
            },
          ],
          areas: [{ width: 100, height: 20, position: { x: 0, y: 0 }, text: 'Stage' }],
        },
      ],
    }),
  );
  assert.equal(countSeats(plan), 1);
  assert.equal(plan.areas[0]!.text!.text, 'Stage');
  checkPlan(plan);
});

describe('what is wrong is named by its path', () => {
  const seat = 'zones[0].rows[0].seats[1]';
  const firstRow = (json: Json) => json['zones'][0]['rows'][0] as Json;
  const secondSeat = (json: Json) => firstRow(json)['seats'][1] as Json;

  test('a guid that stands twice', () => {
    refuses(
      (json) => (secondSeat(json)['seat_guid'] = 'platea-B-4'),
      'zones[0].rows[1].seats[3].seat_guid',
      /already the one of zones\[0\]\.rows\[0\]\.seats\[1\]/,
    );
  });
  test('a category that the plan does not have', () => {
    refuses((json) => (secondSeat(json)['category'] = 'VIP'), `${seat}.category`, /"VIP" is not among/);
  });
  test('a category that is defined twice', () => {
    refuses((json) => (json['categories'][2]['name'] = 'Preferente'), 'categories[2].name', /stands twice/);
  });
  test('a row without seats', () => {
    refuses((json) => (firstRow(json)['seats'] = []), 'zones[0].rows[0]', /no seats/);
  });
  test('a number that is a text, and one that is missing', () => {
    refuses(
      (json) => (secondSeat(json)['position']['x'] = '20'),
      `${seat}.position.x`,
      /number; it is a string/,
    );
    refuses(
      (json) => delete secondSeat(json)['position']['y'],
      `${seat}.position.y`,
      /number; it is missing/,
    );
  });
  test('a number beyond every plan', () => {
    refuses((json) => (secondSeat(json)['position']['x'] = 1e12), `${seat}.position.x`, /beyond/);
  });
  test('a text that is a number', () => {
    refuses((json) => (secondSeat(json)['seat_number'] = 1), `${seat}.seat_number`, /text; it is a number/);
  });
  test('a list that is none', () => {
    refuses((json) => (json['zones'][0]['rows'] = 'A'), 'zones[0].rows', /list; it is a string/);
    refuses(
      (json) => (firstRow(json)['seats'] = { 0: 'x' }),
      'zones[0].rows[0].seats',
      /list; it is an object/,
    );
  });
  test('a NUL character, half a surrogate pair, and a text without end', () => {
    refuses((json) => (firstRow(json)['row_number'] = 'A\0'), 'zones[0].rows[0].row_number', /NUL/);
    refuses((json) => (firstRow(json)['row_number'] = '\ud800'), 'zones[0].rows[0].row_number', /surrogate/);
    refuses(
      (json) => (firstRow(json)['row_number'] = 'A'.repeat(5_000)),
      'zones[0].rows[0].row_number',
      /longer than/,
    );
  });
  test('an area without its measures', () => {
    refuses(
      (json) => delete json['zones'][0]['areas'][0]['rectangle']['width'],
      'zones[0].areas[0].rectangle.width',
      /number/,
    );
  });
  test('a plan of the API, under `layout`', () => {
    const json = JSON.parse(file) as Json;
    secondSeat(json)['category'] = 7;
    const problems = problemsOf(() => parsePretixPlan(JSON.stringify({ layout: json })));
    assert.deepEqual(
      problems.map((problem) => problem.at),
      [`layout.${seat}.category`],
    );
  });
  test('no seat at all', () => {
    refuses((json) => (json['zones'] = []), 'plan', /neither a seat/);
  });
});

test('all problems are counted, and the first are told', () => {
  const json = JSON.parse(file) as Json;
  const row = json['zones'][0]['rows'][0] as Json;
  row['seats'] = Array.from({ length: 100 }, () => ({
    seat_number: '1',
    category: 'None',
    position: { x: 0, y: 0 },
  }));
  try {
    parsePretixPlan(JSON.stringify(json));
    assert.fail('it was accepted');
  } catch (error) {
    assert.ok(error instanceof PlanError);
    assert.equal(error.count, 199);
    assert.equal(error.problems.length, planLimits.problemsShownMax);
    assert.match(error.message, /and 179 more problems$/);
  }
});

test('duplicate guids can be given guids of their own', () => {
  const json = file.replace('"platea-B-4"', '"platea-A-1"');
  const plan = parsePretixPlan(json, { renameDuplicateGuids: true });
  checkPlan(plan);
  assert.ok(rowsOf(plan, 0)[1]!.seats.some((seat) => seat.guid === 'platea-A-1~2'));
});

describe('what is not JSON is named by its line', () => {
  const lines = file.split('\n');
  const broken = (line: number, text: string) => lines.with(line - 1, text).join('\n');
  const where = (text: string) => problemsOf(() => parsePretixPlan(text)).map((problem) => problem.at);

  test('a value that JSON does not know', () => {
    assert.deepEqual(where(broken(3, '  "size": { "width": NaN, "height": 420 },')), ['line 3']);
  });
  test('a comma too few', () => {
    assert.deepEqual(where(broken(3, '  "size": { "width": 600, "height": 420 }')), ['line 4']);
  });
  test('an end too early', () => {
    assert.deepEqual(where(lines.slice(0, 10).join('\n')), ['line 10']);
  });
  test('a raw NUL in a text', () => {
    assert.deepEqual(where(broken(2, '  "name": "Sal\0n",')), ['line 2']);
  });
  test('JSON that is not an object', () => {
    assert.deepEqual(where('[1, 2]'), ['the file']);
  });
});

describe('a file that cannot be a plan', () => {
  const problem = (bytes: Uint8Array) => problemsOf(() => readPlanFile(bytes))[0]!;

  test('is empty', () => {
    assert.match(problem(Buffer.from('\uFEFF \n')).message, /empty/);
  });
  test('is not UTF-8', () => {
    assert.match(problem(Buffer.from([0x7a, 0xf3, 0x6e, 0x61])).message, /UTF-8/);
  });
  test('is too large', () => {
    assert.match(problem(new Uint8Array(planLimits.fileBytesMax + 1)).message, /101 MB/);
  });
  test('is nested without end', () => {
    assert.ok(problemsOf(() => readPlanFile(Buffer.from('['.repeat(200_000)))).length > 0);
  });
});
