import ical, { ICalCalendarMethod, ICalEventStatus } from 'ical-generator';
import { formatEventId } from '../base/ids.ts';
import type { Sale, SaleItem } from '../orders/sale.ts';

const words = {
  es: { tickets: 'Sus entradas', row: 'fila', seat: 'asiento' },
  en: { tickets: 'Your tickets', row: 'row', seat: 'seat' },
} as const;

function placeWords({ zoneName, seat }: SaleItem, say: (typeof words)['es' | 'en']): string {
  return seat ? `${zoneName}, ${say.row} ${seat.row}, ${say.seat} ${seat.number}` : zoneName;
}

/**
 * The event of a sale for a calendar (RFC 5545). A calendar that takes the file again, as after a change of date, finds
 * the entry by its UID and replaces it. The event has no end, since nobody has said when it ends.
 * @param pageUrl where the tickets are; null when the shop's public address is not known.
 */
export function writeCalendar(sale: Sale, pageUrl: string | null): string {
  const { event, venue, seller, locale, tenantId } = sale;
  const say = words[locale];
  const places = sale.items.map((item) => placeWords(item, say));
  const link = pageUrl === null ? [] : ['', `${say.tickets}: ${pageUrl}`];
  const calendar = ical({
    prodId: { company: 'Taquilla', product: 'Taquilla', language: locale.toUpperCase() },
    method: ICalCalendarMethod.PUBLISH,
  });
  calendar.createEvent({
    id: `${formatEventId({ tenantId, eventId: event.eventId })}.${sale.transactionId}@taquilla`,
    stamp: sale.completedAt ?? sale.createdAt,
    start: event.startsAt,
    summary: event.name,
    location: venue.address === null ? venue.name : `${venue.name}, ${venue.address}`,
    description: [seller.name, ...places, ...link].join('\n'),
    status: ICalEventStatus.CONFIRMED,
    url: pageUrl,
  });
  return calendar.toString();
}
