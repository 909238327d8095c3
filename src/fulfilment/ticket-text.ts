import { formatDay, formatMoney, formatTime, type Locale } from '../base/format.ts';
import { formatTicketId, type Sale, type SaleItem } from '../orders/sale.ts';
import { toWinAnsi } from './win-ansi.ts';

type Encode = (text: string) => string;

/** The words of one ticket, in the buyer's language. */
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
  /** The kind of ticket and the price stage it was sold in; empty where prices have neither. */
  kind: string;
  /** Holder, price, fiscal number; of a ticket that was transferred the holder alone. */
  facts: { label: string; value: string }[];
  ticketId: string;
  legal: string;
  advice: string;
  /** What stands above the map of the hall. */
  mapTitle: string;
  /** What the QR code is, in words. */
  codeTitle: string;
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
    map: 'Su lugar en la sala',
    code: 'Código QR de la entrada',
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
    map: 'Your place in the hall',
    code: 'QR code of ticket',
    advice: 'Admits one person once, printed or on your phone. Keep this code to yourself.',
  },
} as const satisfies Record<Locale, Record<string, string>>;

function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function seatFields(item: SaleItem, locale: Locale, encode: Encode): TicketText['seat'] {
  const say = words[locale];
  if (!item.seat) return [{ label: say.general, value: encode(item.zoneName) }];
  return [
    { label: say.zone, value: encode(item.zoneName) },
    { label: say.row, value: encode(item.seat.row) },
    { label: say.seat, value: encode(item.seat.number) },
  ];
}

/**
 * What stands on the ticket of one place of a sale.
 * @param encode what becomes of texts from people: characters that the PDF's fonts have, unless a pass shows any.
 */
export function ticketText(sale: Sale, item: SaleItem, encode: Encode = toWinAnsi): TicketText {
  const { locale, customer, seller, venue, event } = sale;
  const say = words[locale];
  const holder = encode(customer.name) || encode(customer.email ?? customer.phone ?? '');
  return {
    seller: encode(seller.name),
    place: sale.heldBy === null ? `${say.ticket} ${item.itemNo} / ${sale.items.length}` : say.ticket,
    event: encode(event.name),
    day: encode(capitalise(formatDay(event.startsAt, venue.timezone, locale))),
    time: encode(formatTime(event.startsAt, venue.timezone, locale)),
    venue: encode(venue.name),
    address: encode(venue.address ?? ''),
    seat: seatFields(item, locale, encode),
    // Which price was paid is its buyer's alone to know, as is the price.
    kind: [item.kind, sale.heldBy === null ? item.stage : null]
      .map((one) => encode(one?.name ?? ''))
      .filter(Boolean)
      .join('  ·  '),
    facts: [
      { label: say.holder, value: holder },
      // What a ticket cost is its buyer's alone to know.
      ...(sale.heldBy === null
        ? [
            { label: say.price, value: encode(formatMoney(item.total, sale.currency, locale)) },
            { label: say.fiscal, value: encode(sale.fiscalNumber ?? '') },
          ]
        : []),
    ],
    ticketId: formatTicketId(sale.transactionId, item.itemNo),
    legal: [encode(seller.legalName), encode(seller.taxId)].filter(Boolean).join('  ·  '),
    advice: say.advice,
    mapTitle: say.map,
    codeTitle: `${say.code} ${formatTicketId(sale.transactionId, item.itemNo)}`,
  };
}
