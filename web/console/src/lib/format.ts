import { language } from './language.svelte.ts';
import { parseAmount } from './parse-amount.ts';
import { session } from './session.svelte.ts';

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

function currencyFormat(currency: string): Intl.NumberFormat {
  const { tag } = language;
  return cached(`${tag} ${currency}`, () => new Intl.NumberFormat(tag, { style: 'currency', currency }));
}

/** How many digits of a currency's amounts are minor units: 2 of USD, 0 of CLP. */
export function minorDigits(currency: string): number {
  return currencyFormat(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

/**
 * An amount as people read it.
 * @param minor in minor units; how many make one whole is the currency's own matter.
 * @param currency the seller's own unless given.
 */
export function money(minor: number, currency = session.seller?.currency ?? 'USD'): string {
  return currencyFormat(currency).format(minor / 10 ** minorDigits(currency));
}

/** An amount that somebody typed, in minor units; null for what is none. */
export function parseMoney(typed: string, currency = session.seller?.currency ?? 'USD'): number | null {
  return parseAmount(typed, minorDigits(currency));
}

/** An amount as a field holds it: "12.50". */
export function plainMoney(minor: number, currency = session.seller?.currency ?? 'USD'): string {
  const digits = minorDigits(currency);
  return (minor / 10 ** digits).toFixed(digits);
}

export function count(value: number): string {
  const { tag } = language;
  return cached(`${tag} count`, () => new Intl.NumberFormat(tag)).format(value);
}

/** A share of one, as percent with a digit at most. */
export function percent(share: number): string {
  const { tag } = language;
  const make = () => new Intl.NumberFormat(tag, { style: 'percent', maximumFractionDigits: 1 });
  return cached(`${tag} percent`, make).format(share);
}

const dateParts = {
  full: {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
  },
  moment: { day: 'numeric', month: 'short', year: 'numeric', hour: 'numeric', minute: '2-digit' },
  second: {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: 'numeric',
    minute: '2-digit',
    second: '2-digit',
  },
  day: { day: 'numeric', month: 'short', year: 'numeric' },
  time: { hour: 'numeric', minute: '2-digit' },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

/** An instant as the seller's clock shows it, wherever the reader sits. */
export function date(
  instant: string | Date,
  style: keyof typeof dateParts = 'moment',
  timeZone = session.seller?.time_zone ?? 'UTC',
): string {
  const { tag } = language;
  const make = () => new Intl.DateTimeFormat(tag, { ...dateParts[style], timeZone });
  return cached(`${tag} ${timeZone} ${style}`, make).format(new Date(instant));
}

/** A calendar day (`2026-11-28`), which is the same in every zone. */
export function day(isoDay: string): string {
  return date(`${isoDay}T12:00:00Z`, 'day', 'UTC');
}
