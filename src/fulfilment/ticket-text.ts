import { formatDay, formatMoney, formatTime, type Locale } from '../base/format.ts';
import { formatTicketId, type Sale, type SaleItem } from '../orders/sale.ts';
import { toWinAnsi } from './win-ansi.ts';

/** The words of one ticket, in the buyer's language and in characters that the PDF's fonts have. */
export type TicketText = {
  seller: string;
  /** `2 / 3`: the ticket's place in its order. */
  place: string;
  event: string;
  day: string;
  time: string;
  venue: string;
  address: string;
  /** Zone, row and seat with their labels; a place of a general zone has the zone alone. */
  seat: { label: string; value: string }[];
  /** Holder, price, fiscal number. */
  facts: { label: string; value: string }[];
  ticketId: string;
  legal: string;
  advice: string;
};

const words = {
  es: {
    ticket: 'Entrada',
    zone: 'Zona',
    row: 'Fila',
    seat: 'Asiento',
    general: 'Entrada general',
    holder: 'Titular',
    price: 'Precio',
    fiscal: 'Factura',
    advice: 'Válida para un solo ingreso, impresa o en su teléfono. No comparta este código.',
  },
  en: {
    ticket: 'Ticket',
    zone: 'Zone',
    row: 'Row',
    seat: 'Seat',
    general: 'General admission',
    holder: 'Holder',
    price: 'Price',
    fiscal: 'Invoice',
    advice: 'Admits one person once, printed or on your phone. Keep this code to yourself.',
  },
} as const satisfies Record<Locale, Record<string, string>>;

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function seatFields(item: SaleItem, locale: Locale): TicketText['seat'] {
  const say = words[locale];
  if (!item.seat) return [{ label: say.general, value: toWinAnsi(item.zoneName) }];
  return [
    { label: say.zone, value: toWinAnsi(item.zoneName) },
    { label: say.row, value: toWinAnsi(item.seat.row) },
    { label: say.seat, value: toWinAnsi(item.seat.number) },
  ];
}

/** What stands on the ticket of one place of a sale. */
export function ticketText(sale: Sale, item: SaleItem): TicketText {
  const { locale, customer, seller, venue, event } = sale;
  const say = words[locale];
  const holder = toWinAnsi(customer.name) || toWinAnsi(customer.email ?? customer.phone ?? '');
  return {
    seller: toWinAnsi(seller.name),
    place: `${say.ticket} ${item.itemNo} / ${sale.items.length}`,
    event: toWinAnsi(event.name),
    day: toWinAnsi(capitalise(formatDay(event.startsAt, venue.timezone, locale))),
    time: toWinAnsi(formatTime(event.startsAt, venue.timezone, locale)),
    venue: toWinAnsi(venue.name),
    address: toWinAnsi(venue.address ?? ''),
    seat: seatFields(item, locale),
    facts: [
      { label: say.holder, value: holder },
      { label: say.price, value: toWinAnsi(formatMoney(item.total, sale.currency, locale)) },
      { label: say.fiscal, value: toWinAnsi(sale.fiscalNumber ?? '') },
    ],
    ticketId: formatTicketId(sale.transactionId, item.itemNo),
    legal: [toWinAnsi(seller.legalName), toWinAnsi(seller.taxId)].filter(Boolean).join('  ·  '),
    advice: say.advice,
  };
}
