import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLocalTime, instantOf, parseLocalTime, readInstant } from '../src/base/local-time.ts';
import { datesOf, type Recurrence } from '../src/catalog/recurrence.ts';

const madrid = 'Europe/Madrid';
const caracas = 'America/Caracas';
const rule = (changes: Partial<Recurrence>): Recurrence => ({
  frequency: 'weekly',
  interval: 1,
  weekdays: [],
  minutes: [],
  count: null,
  until: null,
  ...changes,
});
const local = (dates: Date[], timezone: string) => dates.map((at) => formatLocalTime(at, timezone));

test('a wall-clock time is the instant that a clock shows it, twice a year too', () => {
  const at = (text: string) => instantOf(parseLocalTime(text)!, madrid).toISOString();
  assert.equal(at('2027-01-10T20:30'), '2027-01-10T19:30:00.000Z');
  assert.equal(at('2027-07-10T20:30'), '2027-07-10T18:30:00.000Z');
  // Passed over on 28 March, shown twice on 31 October.
  assert.equal(at('2027-03-28T02:30'), '2027-03-28T01:30:00.000Z');
  assert.equal(at('2027-10-31T02:30'), '2027-10-31T00:30:00.000Z');
  assert.equal(at('2027-10-31T03:30'), '2027-10-31T02:30:00.000Z');
});

test('a text with an offset is that instant, one without is local, and what no clock shows is nothing', () => {
  assert.equal(readInstant('2027-02-01T20:00-04:00', madrid)?.toISOString(), '2027-02-02T00:00:00.000Z');
  assert.equal(readInstant('2027-02-01T20:00', caracas)?.toISOString(), '2027-02-02T00:00:00.000Z');
  for (const text of ['2027-02-30T20:00', '2027-13-01T20:00', '2027-01-01T24:00', 'soon', '2027-01-01']) {
    assert.equal(readInstant(text, caracas), null, text);
  }
});

test('dates of a rule stay at the same time by the clock when summer begins and ends', () => {
  const start = instantOf(parseLocalTime('2027-03-20T20:30')!, madrid);
  const spring = datesOf(rule({ count: 3 }), start, madrid, 200);
  assert.deepEqual(local(spring, madrid), ['2027-03-27T20:30', '2027-04-03T20:30', '2027-04-10T20:30']);
  assert.deepEqual(
    spring.map((at) => at.getUTCHours()),
    [19, 18, 18],
  );
  const autumn = instantOf(parseLocalTime('2027-10-30T20:30')!, madrid);
  const daily = datesOf(rule({ frequency: 'daily', count: 2 }), autumn, madrid, 200);
  assert.deepEqual(
    daily.map((at) => at.getUTCHours()),
    [19, 19],
  );
});

test('a weekly rule names days and times, skips weeks and ends with a day', () => {
  // A Thursday.
  const start = instantOf(parseLocalTime('2027-01-07T17:00')!, caracas);
  const dates = datesOf(
    rule({ weekdays: ['sa', 'th'], minutes: [20 * 60, 17 * 60], interval: 2, until: '2027-01-23' }),
    start,
    caracas,
    200,
  );
  assert.deepEqual(local(dates, caracas), [
    '2027-01-07T20:00',
    '2027-01-09T17:00',
    '2027-01-09T20:00',
    '2027-01-21T17:00',
    '2027-01-21T20:00',
    '2027-01-23T17:00',
    '2027-01-23T20:00',
  ]);
});

test('a month without the day is passed over, and a rule makes no more than it may', () => {
  const start = instantOf(parseLocalTime('2027-01-31T20:00')!, caracas);
  const monthly = datesOf(rule({ frequency: 'monthly', count: 3 }), start, caracas, 200);
  assert.deepEqual(local(monthly, caracas), ['2027-03-31T20:00', '2027-05-31T20:00', '2027-07-31T20:00']);
  assert.equal(datesOf(rule({ frequency: 'daily', until: '2030-01-01' }), start, caracas, 200).length, 201);
  assert.deepEqual(datesOf(rule({ until: '2027-01-01' }), start, caracas, 200), []);
});
