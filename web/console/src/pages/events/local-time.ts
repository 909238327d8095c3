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
