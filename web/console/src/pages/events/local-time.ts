const formats = new Map<string, Intl.DateTimeFormat>();

/** An instant as a clock in a time zone shows it, as `<input type="datetime-local">` takes it. */
export function toLocal(instant: string, timeZone: string): string {
  let format = formats.get(timeZone);
  if (!format) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
    formats.set(timeZone, format);
  }
  return format.format(new Date(instant)).replace(' ', 'T');
}

const dayMilliseconds = 86_400_000;

/** How far a clock in a time zone is ahead of UTC, in milliseconds. */
function offsetAt(at: number, timeZone: string): number {
  return Date.parse(`${toLocal(new Date(at).toISOString(), timeZone)}Z`) - Math.floor(at / 60_000) * 60_000;
}

/** The instant at which a clock in a time zone shows a time; the first of two, and an hour later where clocks pass it over. */
export function toInstant(local: string, timeZone: string): string {
  const wanted = Date.parse(`${local.slice(0, 16)}Z`);
  if (Number.isNaN(wanted)) return local;
  const before = wanted - offsetAt(wanted - dayMilliseconds, timeZone);
  const after = wanted - offsetAt(wanted + dayMilliseconds, timeZone);
  const fits = [Math.min(before, after), Math.max(before, after)].find(
    (at) => at + offsetAt(at, timeZone) === wanted,
  );
  return new Date(fits ?? before).toISOString();
}
