// Wall-clock time of a place, which is what people write on a poster, and the instants that it stands for.

/** A day and a time of day as a clock on the wall shows them. */
export type LocalTime = { year: number; month: number; day: number; hour: number; minute: number };

const localPattern = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::\d{2}(?:\.\d{1,6})?)?$/;
const dayMilliseconds = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  formats.set(timezone, made);
  return made;
}

/** Whether a text is the IANA name of a time zone that this machine knows. */
export function isTimezone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What a clock in a time zone shows at an instant. */
export function localTimeOf(at: Date, timezone: string): LocalTime {
  const parts = formatOf(timezone).formatToParts(at);
  const of = (type: string) => Number(parts.find((part) => part.type === type)!.value);
  return { year: of('year'), month: of('month'), day: of('day'), hour: of('hour'), minute: of('minute') };
}

const asUtc = ({ year, month, day, hour, minute }: LocalTime) => Date.UTC(year, month - 1, day, hour, minute);

/** How far a time zone's clock is ahead of UTC at an instant, in milliseconds; seconds are left out. */
function offsetAt(at: number, timezone: string): number {
  return asUtc(localTimeOf(new Date(at), timezone)) - Math.floor(at / 60_000) * 60_000;
}

/**
 * The instant at which a clock in a time zone shows a time. A time that clocks pass over in spring is read by the
 * offset before, and so comes an hour later; of one that they show twice it is the first (RFC 5545, 3.3.5).
 */
export function instantOf(local: LocalTime, timezone: string): Date {
  const wanted = asUtc(local);
  const before = offsetAt(wanted - dayMilliseconds, timezone);
  const after = offsetAt(wanted + dayMilliseconds, timezone);
  const fits = [wanted - before, wanted - after]
    .toSorted((a, b) => a - b)
    .find((at) => asUtc(localTimeOf(new Date(at), timezone)) === wanted);
  return new Date(fits ?? wanted - before);
}

/** Reads `2026-12-12T20:30`, or gives null for what is no time of any day. */
export function parseLocalTime(text: string): LocalTime | null {
  const match = localPattern.exec(text);
  if (!match) return null;
  const [year, month, day, hour, minute] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const local = { year, month, day, hour, minute };
  const back = new Date(asUtc(local));
  const isReal = back.getUTCMonth() === month - 1 && back.getUTCDate() === day && hour < 24 && minute < 60;
  return isReal ? local : null;
}

/** Reads an instant with its offset, or a time without one by the clock of a time zone; null for neither. */
export function readInstant(text: string, timezone: string): Date | null {
  const local = parseLocalTime(text);
  if (local) return instantOf(local, timezone);
  const at = new Date(text);
  return /(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(at.getTime()) ? at : null;
}

/** Writes an instant as a clock in a time zone shows it: `2026-12-12T20:30`. */
export function formatLocalTime(at: Date, timezone: string): string {
  const { year, month, day, hour, minute } = localTimeOf(at, timezone);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}`;
}
