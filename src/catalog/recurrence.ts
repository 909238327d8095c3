import { instantOf, localTimeOf, type LocalTime } from '../base/local-time.ts';

/** The days of a week, in the order of `Date.getUTCDay`. */
export const weekdays = ['su', 'mo', 'tu', 'we', 'th', 'fr', 'sa'] as const;
type Weekday = (typeof weekdays)[number];

/** When an event takes place again, by the clock of its venue. */
export type Recurrence = {
  frequency: 'daily' | 'weekly' | 'monthly';
  /** Every so many days, weeks or months. */
  interval: number;
  /** The days of a week on which it does; of a weekly rule alone. Empty: the first event's own. */
  weekdays: readonly Weekday[];
  /** Times of each day, in minutes after midnight. Empty: the first event's own. */
  minutes: readonly number[];
  /** How many events there are to be beside the first, when no day ends them. */
  count: number | null;
  /** The last day, `2026-12-31`. */
  until: string | null;
};

const dayMilliseconds = 86_400_000;
/** Of a rule that never comes true, such as the 31st of every twelfth month from June on. */
const stepsMax = 4_000;

type Day = Pick<LocalTime, 'year' | 'month' | 'day'>;

const toUtc = ({ year, month, day }: Day) => Date.UTC(year, month - 1, day);

function toDay(utc: number): Day {
  const at = new Date(utc);
  return { year: at.getUTCFullYear(), month: at.getUTCMonth() + 1, day: at.getUTCDate() };
}

/** The days of a rule from the first event's on. A month without the day is passed over. */
function* daysOf(rule: Recurrence, first: Day): Generator<Day> {
  const start = toUtc(first);
  const own = new Date(start).getUTCDay();
  const chosen = rule.weekdays.map((name) => weekdays.indexOf(name));
  // Weeks begin on Monday (ISO 8601).
  const sinceMonday = (weekday: number) => (weekday + 6) % 7;
  const inWeek = (chosen.length > 0 ? chosen : [own]).map(sinceMonday).toSorted((a, b) => a - b);
  const monday = start - sinceMonday(own) * dayMilliseconds;
  for (let step = 0; step < stepsMax; step += 1) {
    const by = step * rule.interval;
    if (rule.frequency === 'daily') yield toDay(start + by * dayMilliseconds);
    if (rule.frequency === 'weekly') {
      for (const day of inWeek) {
        const utc = monday + (by * 7 + day) * dayMilliseconds;
        if (utc >= start) yield toDay(utc);
      }
    }
    if (rule.frequency === 'monthly') {
      const utc = Date.UTC(first.year, first.month - 1 + by, first.day);
      if (toDay(utc).day === first.day) yield toDay(utc);
    }
  }
}

/**
 * The instants of a rule after the first event's, in their order. Each is at the same time by the clock of the venue,
 * whether summer time holds there or not.
 * @param max how many at most; one more tells that the rule makes too many.
 */
export function datesOf(rule: Recurrence, startsAt: Date, timezone: string, max: number): Date[] {
  const first = localTimeOf(startsAt, timezone);
  const minutes = rule.minutes.length > 0 ? rule.minutes : [first.hour * 60 + first.minute];
  const last = rule.until === null ? Infinity : Date.parse(`${rule.until}T00:00:00Z`);
  const wanted = Math.min(rule.count ?? Infinity, max + 1);
  const dates: Date[] = [];
  for (const day of daysOf(rule, first)) {
    if (toUtc(day) > last) return dates;
    for (const minute of minutes.toSorted((a, b) => a - b)) {
      const at = instantOf({ ...day, hour: Math.floor(minute / 60), minute: minute % 60 }, timezone);
      if (at <= startsAt) continue;
      dates.push(at);
      if (dates.length >= wanted) return dates;
    }
  }
  return dates;
}
