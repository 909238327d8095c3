import { formatDateShort, formatDayAndTime, formatMoney } from '../base/format.ts';
import type { Sale } from '../orders/sale.ts';
import type { MessageKind } from './message-kind.ts';
import type { Facts } from './template-variables.ts';

/** What a message says beyond its sale, by its kind: money in minor units of the sale's currency. */
export type KindData = {
  confirmation: Record<string, never>;
  payment_received: { amount: number };
  payment_reminder: { amount: number; payBy: Date };
  event_reminder: { unsubscribeUrl: string | null; calendarUrl: string | null };
  event_changed: { oldStartsAt: Date | null; oldVenue: string | null; note: string | null };
  event_cancelled: { note: string | null };
  refund: { amount: number; note: string | null };
};

/** The kinds that are said at occasions of their own; what brings the tickets is a step of its sale. */
export type OccasionKind = keyof KindData;

/** Whether a kind needs no consent, since a sale itself makes it necessary. */
export function isTransactional(kind: MessageKind): boolean {
  return kind !== 'event_reminder';
}

type Words = {
  money(amount: number): string;
  instant(at: Date): string;
  briefly(at: Date): string;
};

const writers: { [K in OccasionKind]: (data: KindData[K], words: Words) => Facts } = {
  confirmation: () => ({}),
  payment_received: ({ amount }, { money }) => ({ amount: money(amount) }),
  payment_reminder: ({ amount, payBy }, { money, instant, briefly }) => ({
    amount: money(amount),
    pay_by: instant(payBy),
    pay_by_short: briefly(payBy),
  }),
  event_reminder: ({ unsubscribeUrl, calendarUrl }) => ({
    unsubscribe_url: unsubscribeUrl,
    calendar_url: calendarUrl,
  }),
  event_changed: ({ oldStartsAt, oldVenue, note }, { instant }) => ({
    old_date: oldStartsAt && instant(oldStartsAt),
    old_venue: oldVenue,
    note,
  }),
  event_cancelled: ({ note }) => ({ note }),
  refund: ({ amount, note }, { money }) => ({ amount: money(amount), note }),
};

/** What a message of a kind says beyond its sale, in the buyer's language and by the clock of the event's place. */
export function kindFacts<K extends OccasionKind>(kind: K, sale: Sale, data: KindData[K]): Facts {
  const { locale, currency, venue } = sale;
  return writers[kind](data, {
    money: (amount) => formatMoney(amount, currency, locale),
    instant: (at) => formatDayAndTime(at, venue.timezone, locale),
    briefly: (at) => formatDateShort(at, venue.timezone, locale),
  });
}
