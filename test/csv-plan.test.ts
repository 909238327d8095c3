import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCsvPlan } from '../src/catalog/csv-plan.ts';
import { checkPlan, countSeats, PlanError } from '../src/catalog/plan.ts';

const header = 'zone,row,seat,x,y,category';
const body = [
  'Platea,A,1,40,40,Preferente',
  'Platea,A,2,60,40,Preferente',
  'Platea,B,1,40,65,General',
  '"Palco ""del rey"", alto",1,1,200,40.5,General',
];
const csv = [header, ...body].join('\n');

function problemsOf(text: string): string[] {
  try {
    parseCsvPlan(text);
  } catch (error) {
    assert.ok(error instanceof PlanError, String(error));
    return error.problems.map((problem) => `${problem.at}: ${problem.message}`);
  }
  return [];
}

test('zones, rows and categories come in the order in which they first stand', () => {
  const plan = parseCsvPlan(csv);
  checkPlan(plan);
  assert.equal(countSeats(plan), 4);
  assert.deepEqual(
    plan.zones.map((zone) => zone.name),
    ['Platea', 'Palco "del rey", alto'],
  );
  assert.deepEqual(
    plan.categories.map((category) => category.name),
    ['Preferente', 'General'],
  );
  assert.notEqual(plan.categories[0]!.color, plan.categories[1]!.color);
});

describe('the same plan is read', () => {
  const plan = parseCsvPlan(csv);
  const variants: [string, string][] = [
    ['with line ends of Windows', csv.replaceAll('\n', '\r\n')],
    ['with a byte order mark', `\uFEFF${csv}`],
    ['with a last line end and empty lines', `${csv.replace('\n', '\n\n')}\n\n`],
    [
      'with every cell quoted',
      csv.replace(/^(?!")[^\n]*$/gm, (line) =>
        line
          .split(',')
          .map((cell) => `"${cell}"`)
          .join(','),
      ),
    ],
    ['with blanks around the cells', csv.replaceAll('A,1', ' A , 1 ')],
    [
      'with more columns, in another order',
      [
        `note,category,zone,row,seat,y,x`,
        ...body.slice(0, 3).map((line) => {
          const [zone, row, seat, x, y, category] = line.split(',');
          return ['n', category, zone, row, seat, y, x].join(',');
        }),
        'n,General,"Palco ""del rey"", alto",1,1,40.5,200',
      ].join('\n'),
    ],
    [
      'as a Spanish spreadsheet writes it',
      csv
        .replace('"Palco ""del rey"", alto"', '"Palco ""del rey""; alto"')
        .replaceAll(',', ';')
        .replace('40.5', '40,5')
        .replace('""; alto', '"", alto'),
    ],
    [
      'with tabs',
      csv
        .replace('"Palco ""del rey"", alto"', '@')
        .replaceAll(',', '\t')
        .replace('@', '"Palco ""del rey"", alto"'),
    ],
    ['with the header in capitals', csv.replace(header, header.toUpperCase())],
  ];
  for (const [name, text] of variants) test(name, () => assert.deepEqual(parseCsvPlan(text), plan));
});

test('guids are of zone, row and seat, and never meet', () => {
  const plan = parseCsvPlan([header, 'a/b,c,1,0,0,x', 'a,b/c,1,30,0,x'].join('\n'));
  checkPlan(plan);
});

describe('what is wrong is named by its line', () => {
  const withLine = (line: string) => problemsOf([csv, line].join('\n'));

  test('a seat that stands twice', () => {
    assert.deepEqual(withLine('Platea,A,2,80,40,General'), [
      'line 6: zone "Platea", row "A", seat "2" stands on line 3 too',
    ]);
  });
  test('a coordinate that is no number', () => {
    assert.deepEqual(withLine('Platea,A,3,NaN,40,General'), ['line 6: x needs to be a number, not "NaN"']);
    assert.deepEqual(withLine('Platea,A,3,1e999,,General'), [
      'line 6: x is not a finite number',
      'line 6: y needs to be a number, not ""',
    ]);
  });
  test('an empty cell', () => {
    assert.deepEqual(withLine('Platea,A,,80,40,'), ['line 6: seat is empty', 'line 6: category is empty']);
  });
  test('a line with too few cells', () => {
    assert.deepEqual(withLine('Platea,A,3'), ['line 6: has 3 of 6 columns']);
  });
  test('a NUL character', () => {
    assert.match(withLine('Platea,A\0,3,80,40,General').join(), /^line 6: row has a NUL character/);
  });
  test('a quote that does not end', () => {
    assert.match(withLine('"Platea,A,3,80,40,General').join(), /^line \d+: this is not CSV: .*[Qq]uote/);
  });
  test('columns that are missing', () => {
    assert.deepEqual(
      problemsOf('zone,row,seat\nPlatea,A,1').map(
        (problem) => /^line 1: the column "(\w+)" is missing/.exec(problem)?.[1],
      ),
      ['x', 'y', 'category'],
    );
  });
  test('no seats', () => {
    assert.deepEqual(problemsOf(`${header}\n`), ['the file: has no seats']);
  });
});
