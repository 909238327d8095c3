import { PKPass } from 'passkit-generator';
import type { Sale } from '../orders/sale.ts';
import { inkOn, type Brand } from '../notifications/brand.ts';
import { drawPng, type Pixel } from './png.ts';
import { ticketCodeOf, type TicketItem } from './sale-ticket.ts';
import { eventPalette } from './ticket-palette.ts';
import { ticketText } from './ticket-text.ts';
import { passSerial } from './wallet-pass.ts';

/** What a pass is signed with, as Apple gives it out; all in PEM. */
export type PassKeys = {
  passTypeId: string;
  teamId: string;
  /** Of the pass type. */
  certificate: string;
  key: string;
  passphrase?: string;
  /** Apple's own intermediate certificate (WWDR). */
  wwdr: string;
};

/** Where what Apple has given out lies. */
export type AppleFiles = {
  passTypeId: string;
  teamId: string;
  certificateFile: string;
  keyFile: string;
  keyPassphrase: string | undefined;
  wwdrFile: string;
};

const words = {
  es: {
    date: 'Fecha',
    time: 'Hora',
    venue: 'Lugar',
    ticket: 'Entrada',
    tickets: 'Mis entradas',
    address: 'Dirección',
  },
  en: {
    date: 'Date',
    time: 'Time',
    venue: 'Venue',
    ticket: 'Ticket',
    tickets: 'My tickets',
    address: 'Address',
  },
} as const;

function rgb(color: string): readonly [number, number, number] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16)) as [number, number, number];
}

const asRgb = (color: string) => `rgb(${rgb(color).join(', ')})`;

/** The house's sign: a ticket with its two notches on the seller's ground. Icons are 29 points wide. */
function drawIcon(color: string, scale: number): Buffer {
  const size = 29 * scale;
  const ground: Pixel = [...rgb(color), 255];
  const ink: Pixel = [...rgb(inkOn(color)), 255];
  return drawPng(size, (x, y) => {
    const [u, v] = [(x + 0.5) / size, (y + 0.5) / size];
    const inside = u > 0.17 && u < 0.83 && v > 0.31 && v < 0.69;
    const notched = [0.17, 0.83].some((edge) => Math.hypot(u - edge, v - 0.5) < 0.075);
    return inside && !notched ? ink : ground;
  });
}

/** How a pass goes on: where telephones ask for its changes, and whether it still admits. */
export type PassState = { service: { url: string; token: string } | null; isVoid: boolean };

const field = (key: string, label: string, value: string) => ({ key, label, value });

// Telephones scale it to the room that there is.
const logoFiles = ['logo.png', 'logo@2x.png', 'logo@3x.png'];

/**
 * Makes the Apple Wallet pass of one ticket, signed: a `.pkpass` file.
 * @param logo a PNG that stands in place of the seller's name.
 */
export function makeApplePass(
  sale: Sale,
  item: TicketItem,
  keys: PassKeys,
  brand: Brand,
  pageUrl: string | null,
  logo: Buffer | null = null,
  { service, isVoid }: PassState = { service: null, isVoid: false },
): Buffer {
  const say = words[sale.locale];
  const text = ticketText(sale, item, (plain) => plain);
  const palette = eventPalette(sale.event.eventId);
  const ground = brand.color ?? palette.deep;
  const icons = [1, 2, 3].map((scale) => [
    `icon${scale === 1 ? '' : `@${scale}x`}.png`,
    drawIcon(ground, scale),
  ]);
  const logos = logo ? logoFiles.map((name) => [name, logo]) : [];
  const { certificate: signerCert, key: signerKey, passphrase, wwdr } = keys;
  const signing = {
    wwdr,
    signerCert,
    signerKey,
    ...(passphrase !== undefined && { signerKeyPassphrase: passphrase }),
  };
  const organizationName = brand.name ?? sale.seller.name;
  const pass = new PKPass(Object.fromEntries([...icons, ...logos]) as Record<string, Buffer>, signing, {
    passTypeIdentifier: keys.passTypeId,
    teamIdentifier: keys.teamId,
    serialNumber: passSerial(sale, item.itemNo),
    organizationName,
    description: `${say.ticket}: ${sale.event.name}`,
    ...(!logo && { logoText: organizationName }),
    backgroundColor: asRgb(ground),
    foregroundColor: asRgb(inkOn(ground)),
    labelColor: asRgb(brand.color === null ? palette.glow : inkOn(ground)),
    groupingIdentifier: sale.transactionId,
    sharingProhibited: true,
    ...(service && { webServiceURL: service.url, authenticationToken: service.token }),
    ...(isVoid && { voided: true }),
  });
  pass.type = 'eventTicket';
  pass.headerFields.push(
    field('place', say.ticket, sale.heldBy === null ? `${item.itemNo} / ${sale.items.length}` : '1'),
  );
  pass.primaryFields.push(field('event', '', sale.event.name));
  pass.secondaryFields.push(field('date', say.date, text.day), field('time', say.time, text.time));
  pass.auxiliaryFields.push(...text.seat.map(({ label, value }, i) => field(`seat${i}`, label, value)));
  pass.backFields.push(
    field('venue', say.venue, text.venue),
    ...(text.address === '' ? [] : [field('address', say.address, text.address)]),
    ...text.facts.map(({ label, value }, i) => field(`fact${i}`, label, value)),
    ...(pageUrl === null ? [] : [field('tickets', say.tickets, pageUrl)]),
    field('advice', '', `${text.advice}\n\n${text.legal}`),
  );
  if (!isVoid) {
    pass.setBarcodes({
      format: 'PKBarcodeFormatQR',
      message: ticketCodeOf(sale, item),
      messageEncoding: 'iso-8859-1',
      altText: text.ticketId,
    });
  }
  pass.setRelevantDate(sale.event.startsAt);
  return pass.getAsBuffer();
}
