import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { afterQuietHours, isQuiet, reminderInstant } from '../src/notifications/quiet-hours.ts';

const night = { fromMinute: 21 * 60, untilMinute: 8 * 60 };
const caracas = 'America/Caracas';
const madrid = 'Europe/Madrid';
const iso = (at: Date) => at.toISOString();

test('quiet hours are those of the clock at the event, past midnight too', () => {
  // 21:00 in Caracas is 01:00 UTC.
  assert.equal(isQuiet(new Date('2026-12-12T00:59:00Z'), caracas, night), false);
  assert.equal(isQuiet(new Date('2026-12-12T01:00:00Z'), caracas, night), true);
  assert.equal(isQuiet(new Date('2026-12-12T11:59:00Z'), caracas, night), true);
  assert.equal(isQuiet(new Date('2026-12-12T12:00:00Z'), caracas, night), false);
  assert.equal(isQuiet(new Date('2026-12-12T03:00:00Z'), caracas, { fromMinute: 0, untilMinute: 0 }), false);
  assert.equal(
    iso(afterQuietHours(new Date('2026-12-12T03:00:00Z'), caracas, night)),
    '2026-12-12T12:00:00.000Z',
  );
});

test('a reminder comes so many hours before, or when the quiet hours end', () => {
  const evening = new Date('2026-12-12T00:30:00Z');
  assert.equal(iso(reminderInstant(evening, 24, caracas, night)), '2026-12-11T00:30:00.000Z');
  // Two hours before a matinée at 9:30 is 7:30: at 8:00.
  const matinee = new Date('2026-12-12T13:30:00Z');
  assert.equal(iso(reminderInstant(matinee, 2, caracas, night)), '2026-12-12T12:00:00.000Z');
  // At 8:30 there would be no time to go: on the evening before.
  const early = new Date('2026-12-12T12:30:00Z');
  assert.equal(iso(reminderInstant(early, 2, caracas, night)), '2026-12-12T00:59:00.000Z');
});

test('on the days on which clocks change, it is still the clock that counts', () => {
  // In Madrid 25 October 2026 has 25 hours and 28 March 2027 has 23.
  const autumn = afterQuietHours(new Date('2026-10-24T22:00:00Z'), madrid, night);
  assert.equal(iso(autumn), '2026-10-25T07:00:00.000Z');
  const spring = afterQuietHours(new Date('2027-03-27T22:00:00Z'), madrid, night);
  assert.equal(iso(spring), '2027-03-28T06:00:00.000Z');
});

test('whatever the hours, a reminder comes before its event and not in quiet hours', () => {
  const minute = fc.integer({ min: 0, max: 1_439 });
  fc.assert(
    fc.property(
      fc.date({ min: new Date('2026-01-01'), max: new Date('2028-01-01'), noInvalidDate: true }),
      fc.integer({ min: 1, max: 720 }),
      minute,
      minute,
      fc.constantFrom(caracas, madrid, 'Asia/Kathmandu', 'UTC'),
      (startsAt, hours, fromMinute, untilMinute, timezone) => {
        const quiet = { fromMinute, untilMinute };
        const at = reminderInstant(startsAt, hours, timezone, quiet);
        assert.ok(at < startsAt);
        // When the clock itself leaps over the end of the hours, the instant is their nearest.
        const hour = 3_600_000;
        assert.ok(
          [0, -hour, hour].some((by) => !isQuiet(new Date(at.getTime() + by), timezone, quiet)) ||
            fromMinute !== untilMinute,
        );
      },
    ),
  );
});
