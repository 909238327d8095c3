import { formatDateShort, formatDay, formatMoney, formatTime, type Locale } from '../base/format.ts';
import { eventPalette } from '../fulfilment/ticket-palette.ts';
import type { SaleLinks } from '../orders/sale-token.ts';
import type { Sale, SaleItem } from '../orders/sale.ts';
import { brandFacts, type Brand } from './brand.ts';
import type { Facts } from './template-variables.ts';

const words = {
  es: { row: 'fila', seat: 'asiento', general: 'entrada general' },
  en: { row: 'row', seat: 'seat', general: 'general admission' },
} as const satisfies Record<Locale, Record<string, string>>;

function placeWords(item: SaleItem, locale: Locale): string {
  const say = words[locale];
  if (!item.seat) return `${item.zoneName}, ${say.general}`;
  return `${item.zoneName}, ${say.row} ${item.seat.row}, ${say.seat} ${item.seat.number}`;
}

/**
 * What a sale says in messages of every kind, in the buyer's language.
 * @param links absolute, or null when the shop's public address is not known: then messages have no link.
 */
export function saleFacts(sale: Sale, brand: Brand, links: Pick<SaleLinks, 'page' | 'short'> | null): Facts {
  const { locale, currency, event, venue, seller } = sale;
  // Whoever has a ticket from its buyer is told no prices.
  const money = (amount: number) => (sale.heldBy === null ? formatMoney(amount, currency, locale) : '');
  const taxes = sale.taxes.reduce((sum, tax) => sum + tax.amount, 0);
  return {
    ...brandFacts(brand, seller.name, eventPalette(event.eventId)),
    seller_name: seller.name,
    seller_legal_name: seller.legalName,
    seller_tax_id: seller.taxId,
    customer_name: sale.customer.name,
    event_name: event.name,
    event_day: formatDay(event.startsAt, venue.timezone, locale),
    event_time: formatTime(event.startsAt, venue.timezone, locale),
    event_date_short: formatDateShort(event.startsAt, venue.timezone, locale),
    venue_name: venue.name,
    venue_address: venue.address,
    order_url: links?.page ?? null,
    order_short_url: links?.short ?? null,
    places: sale.items.map((item) => ({
      place: placeWords(item, locale),
      price: money(item.total),
    })),
    place_count: String(sale.items.length),
    one_place: sale.items.length === 1,
    total: money(sale.total),
    taxes: taxes > 0 ? money(taxes) : null,
    fiscal_number: sale.fiscalNumber,
  };
}
