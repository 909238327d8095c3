import { language, t } from './language.svelte.ts';

/** Building an Intl format costs far more than using it, so each is built once. */
const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function cached<F extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => F): F {
  let format = formats.get(key) as F | undefined;
  if (format === undefined) {
    format = make();
    formats.set(key, format);
  }
  return format;
}

/** @param minor an amount in minor units; how many make one whole is the currency's own matter. */
export function money(minor: number, currency: string): string {
  const { tag } = language;
  const format = cached(
    `${tag} ${currency}`,
    () => new Intl.NumberFormat(tag, { style: 'currency', currency }),
  );
  const digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  return format.format(minor / 10 ** digits);
}

export function count(value: number): string {
  const { tag } = language;
  return cached(`${tag} count`, () => new Intl.NumberFormat(tag)).format(value);
}

const dateParts = {
  long: {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  },
  day: { day: 'numeric' },
  month: { month: 'short', year: 'numeric' },
  short: { weekday: 'long', day: 'numeric', month: 'long', hour: 'numeric', minute: '2-digit' },
  time: { hour: 'numeric', minute: '2-digit', second: '2-digit' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** An instant as the clock of the venue shows it, wherever the reader sits. */
export function date(instant: string, timeZone: string, style: keyof typeof dateParts): string {
  const { tag } = language;
  const words = cached(
    `${tag} ${timeZone} ${style}`,
    () => new Intl.DateTimeFormat(tag, { ...dateParts[style], timeZone }),
  ).format(new Date(instant));
  return words.replace(/ (?=[ap]\.|m\.)/g, '\u00a0'); // "8:30 p. m." stays on one line.
}

/** `9:41`, or `26:03:07` when hours are left. */
export function clock(totalSeconds: number): string {
  const seconds = Math.max(0, Math.floor(totalSeconds));
  const two = (value: number): string => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor(seconds / 60) % 60;
  const tail = two(seconds % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** The time until something opens: in days while days are left, to the second near the end. */
export function waiting(totalSeconds: number): string {
  const days = Math.floor(totalSeconds / 86_400);
  return days < 2 ? clock(totalSeconds) : t.events.days(days);
}
