/** A language that people are written to in; the order is the one of SQL's `locale`. */
export const locales = ['es', 'en'] as const;
export type Locale = (typeof locales)[number];

// Formatters take long to make and are few: one for each language with a currency or a time zone.
const cache = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();
const tags: Record<Locale, string> = { es: 'es-VE', en: 'en-US' };

function cached<F extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, create: () => F): F {
  const known = cache.get(key) as F | undefined;
  if (known) return known;
  const made = create();
  cache.set(key, made);
  return made;
}

/** Writes minor units of a currency for people: 247000 of USD is `USD 2.470,00` or `$2,470.00`. */
export function formatMoney(minorUnits: number, currency: string, locale: Locale): string {
  const format = cached(
    `money ${locale} ${currency}`,
    () => new Intl.NumberFormat(tags[locale], { style: 'currency', currency }),
  );
  return format.format(minorUnits / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}

/** Minor units of a currency as a number of its units, as spreadsheets add them up: 247050 of USD is 2470.5. */
export function toMajorUnits(minorUnits: number, currency: string): number {
  const format = cached(
    `money en ${currency}`,
    () => new Intl.NumberFormat(tags.en, { style: 'currency', currency }),
  );
  return minorUnits / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2);
}

function formatInstant(
  at: Date,
  timezone: string,
  locale: Locale,
  options: Intl.DateTimeFormatOptions,
): string {
  const key = `instant ${locale} ${timezone} ${JSON.stringify(options)}`;
  return cached(key, () => new Intl.DateTimeFormat(tags[locale], { ...options, timeZone: timezone })).format(
    at,
  );
}

/** Writes the day of an instant in a time zone: `viernes, 11 de diciembre de 2026`. */
export function formatDay(at: Date, timezone: string, locale: Locale): string {
  return formatInstant(at, timezone, locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
  });
}

/** Writes the time of day of an instant in a time zone: `8:30 p. m.`. */
export function formatTime(at: Date, timezone: string, locale: Locale): string {
  return formatInstant(at, timezone, locale, { hour: 'numeric', minute: '2-digit' });
}

/** Writes day and time of an instant in a time zone: `viernes, 11 de diciembre de 2026, 8:30 p. m.`. */
export function formatDayAndTime(at: Date, timezone: string, locale: Locale): string {
  return `${formatDay(at, timezone, locale)}, ${formatTime(at, timezone, locale)}`;
}

/** Writes day and time of an instant in a time zone as briefly as an SMS wants it: `11/12 20:30`, `Dec 11, 8:30 PM`. */
export function formatDateShort(at: Date, timezone: string, locale: Locale): string {
  const spanish = locale === 'es';
  const day = formatInstant(at, timezone, locale, { day: '2-digit', month: spanish ? '2-digit' : 'short' });
  const clock: Intl.DateTimeFormatOptions = { hour: 'numeric', minute: '2-digit' };
  const time = formatInstant(at, timezone, locale, spanish ? { ...clock, hourCycle: 'h23' } : clock);
  return spanish ? `${day} ${time}` : `${day}, ${time}`;
}
