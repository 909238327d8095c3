import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseCsvPlan } from '../src/catalog/csv-plan.ts';
import {
  addGeneralZones,
  checkPrices,
  parseAmount,
  parseGeneralZones,
  parsePrices,
} from '../src/catalog/plan-prices.ts';
import { PlanProblems } from '../src/catalog/plan.ts';

const plan = parseCsvPlan(
  'zone,row,seat,x,y,category\nPlatea,A,1,0,0,Butaca\nPlatea,A,2,20,0,Butaca\nPalco,1,1,90,0,Palco',
);

function problemsOf(work: (problems: PlanProblems) => unknown): string[] {
  const problems = new PlanProblems();
  work(problems);
  return problems.shown.map((problem) => `${problem.at}: ${problem.message}`);
}

test('amounts in major units become minor units exactly', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99_999_999_999 }), (minor) => {
      const text = `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, '0')}`;
      assert.equal(parseAmount(text, 'USD'), minor);
    }),
  );
  assert.equal(parseAmount('45', 'USD'), 4_500);
  assert.equal(parseAmount('45.5', 'EUR'), 4_550);
  assert.equal(parseAmount('45', 'CLP'), 45);
  assert.equal(parseAmount('1.234', 'KWD'), 1_234);
});

test('what is no amount of the currency is none', () => {
  for (const text of [
    '',
    '-1',
    '4,50',
    '1.234',
    '1e3',
    '0x10',
    '45.',
    '.5',
    '1 000',
    'NaN',
    '9'.repeat(20),
  ]) {
    assert.equal(parseAmount(text, 'USD'), null, text);
  }
  assert.equal(parseAmount('45.5', 'CLP'), null);
});

test('each category with seats needs a price, and each price a category', () => {
  const check = (texts: string[], blocked: string[] = []) =>
    problemsOf((problems) =>
      checkPrices(plan, parsePrices(texts, 'USD', problems), new Set(blocked), problems),
    );
  assert.deepEqual(check(['Butaca=45.00', 'Palco=60']), []);
  assert.match(check(['Butaca=45.00']).join(), /^category "Palco": has no price, and 1 seats/);
  assert.deepEqual(check(['Butaca=45.00'], ['Palco']), []);
  assert.match(
    check(['Butaca=45', 'Palco=1', 'Gallinero=2']).join(),
    /"Gallinero": is not in the plan; the plan has "Butaca", "Palco"/,
  );
  assert.match(check(['Butaca=45', 'Palco=1', 'Palco=2']).join(), /has a price already/);
  assert.match(
    check(['Butaca=4,5', 'Palco=1']).join(),
    /--price "Butaca=4,5": needs to be CATEGORY=PRICE in USD/,
  );
});

test('a category may have an equals sign in its name', () => {
  const problems = new PlanProblems();
  assert.deepEqual([...parsePrices(['A=B=1.50'], 'USD', problems)], [['A=B', 150]]);
});

test('general zones are places and a price, and the area that bears their name stands for them', () => {
  const problems = new PlanProblems();
  const zones = parseGeneralZones(['De pie=500@25.00'], 'USD', problems);
  assert.deepEqual(zones, [{ kind: 'general', name: 'De pie', capacity: 500, price: 2_500 }]);
  const text = { text: ' DE PIE ', size: 10, color: '#000', x: 0, y: 0 };
  const withZone = addGeneralZones(
    { ...plan, areas: [{ shape: 'circle', x: 0, y: 0, radius: 5, text }] },
    zones,
  );
  assert.equal(withZone.zones.length, 3);
  assert.equal(withZone.areas[0]!.zoneNo, 3);
});

test('a general zone that cannot be read is refused', () => {
  for (const text of [
    'De pie',
    'De pie=500',
    'De pie=0@1',
    'De pie=-5@1',
    'De pie=5@x',
    '=5@1',
    'De pie=9999999@1',
  ]) {
    assert.equal(problemsOf((problems) => parseGeneralZones([text], 'USD', problems)).length, 1, text);
  }
});
