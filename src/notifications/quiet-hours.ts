/** When a seller reminds nobody, in minutes after midnight by the event's clock. Equal: there are no such hours. */
export type QuietHours = { fromMinute: number; untilMinute: number };

const dayMinutes = 1_440;
const minuteMilliseconds = 60_000;

/** The minutes after midnight of an instant in a time zone. */
function minuteOfDay(at: Date, timezone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(at);
  const of = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return of('hour') * 60 + of('minute');
}

/** How many minutes after `from` a minute of the day comes next. */
const minutesFrom = (from: number, to: number) => (to - from + dayMinutes) % dayMinutes;

/** Whether an instant is in quiet hours. */
export function isQuiet(at: Date, timezone: string, { fromMinute, untilMinute }: QuietHours): boolean {
  return minutesFrom(fromMinute, minuteOfDay(at, timezone)) < minutesFrom(fromMinute, untilMinute);
}

/** Goes from an instant to the next minute of the day, forward or back; a second look sees clocks that changed between. */
function goTo(at: Date, timezone: string, minute: number, direction: 1 | -1): Date {
  const away = (now: number) => (direction === 1 ? minutesFrom(now, minute) : minutesFrom(minute, now));
  const first = new Date(at.getTime() + direction * away(minuteOfDay(at, timezone)) * minuteMilliseconds);
  const off = minutesFrom(minute, minuteOfDay(first, timezone));
  const correction = off > dayMinutes / 2 ? off - dayMinutes : off;
  return new Date(first.getTime() - correction * minuteMilliseconds);
}

/** The first instant from `at` on that is not in quiet hours. */
export function afterQuietHours(at: Date, timezone: string, quiet: QuietHours): Date {
  return isQuiet(at, timezone, quiet) ? goTo(at, timezone, quiet.untilMinute, 1) : at;
}

// A reminder that comes later is of no use to somebody who has a way to go.
const wayMilliseconds = 3_600_000;

/**
 * When buyers are reminded of an event: so many hours before it, moved out of quiet hours to their end, or to their
 * beginning when their end is too late.
 * @returns an instant before the event starts.
 */
export function reminderInstant(startsAt: Date, hours: number, timezone: string, quiet: QuietHours): Date {
  const wanted = new Date(startsAt.getTime() - hours * 3_600_000);
  if (!isQuiet(wanted, timezone, quiet)) return wanted;
  const after = afterQuietHours(wanted, timezone, quiet);
  if (after.getTime() <= startsAt.getTime() - wayMilliseconds) return after;
  return new Date(goTo(wanted, timezone, quiet.fromMinute, -1).getTime() - minuteMilliseconds);
}
