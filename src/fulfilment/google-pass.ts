import { importPKCS8, SignJWT } from 'jose';
import { formatEventId } from '../base/ids.ts';
import { formatTicketId, type Sale } from '../orders/sale.ts';
import type { Brand } from '../notifications/brand.ts';
import { ticketCodeOf, type TicketItem } from './sale-ticket.ts';

/** An issuer at Google Wallet, and the service account that signs for it. */
export type GoogleWallet = { issuerId: string; email: string; privateKey: string };

/** Google's texts name their language. */
const said = (locale: string, value: string) => ({ defaultValue: { language: locale, value } });

function classOf(id: string, sale: Sale, brand: Brand) {
  const { event, venue, locale } = sale;
  return {
    id,
    issuerName: brand.name ?? sale.seller.name,
    reviewStatus: 'UNDER_REVIEW',
    eventName: said(locale, event.name),
    // Google shows no venue without its address.
    ...(venue.address !== null && {
      venue: { name: said(locale, venue.name), address: said(locale, venue.address) },
    }),
    dateTime: { start: event.startsAt.toISOString() },
    ...(brand.color !== null && { hexBackgroundColor: brand.color }),
  };
}

function objectOf(id: string, classId: string, sale: Sale, item: TicketItem) {
  const { locale } = sale;
  const { seat, zoneName } = item;
  return {
    id,
    classId,
    state: 'ACTIVE',
    barcode: { type: 'QR_CODE', value: ticketCodeOf(sale, item) },
    ticketHolderName: sale.customer.name,
    ticketNumber: formatTicketId(sale.transactionId, item.itemNo),
    seatInfo: {
      section: said(locale, zoneName),
      ...(seat && { row: said(locale, seat.row), seat: said(locale, seat.number) }),
    },
  };
}

/**
 * The link that puts one ticket into Google Wallet: the pass itself travels in it, signed by the service account.
 * @see https://developers.google.com/wallet/tickets/events/web
 */
export async function googleWalletLink(
  sale: Sale,
  item: TicketItem,
  { issuerId, email, privateKey }: GoogleWallet,
  brand: Brand,
  now: Date,
): Promise<string> {
  const event = formatEventId({ tenantId: sale.tenantId, eventId: sale.event.eventId });
  const classId = `${issuerId}.event-${event}`;
  const objectId = `${issuerId}.ticket-${formatTicketId(sale.transactionId, item.itemNo)}`;
  const payload = {
    eventTicketClasses: [classOf(classId, sale, brand)],
    eventTicketObjects: [objectOf(objectId, classId, sale, item)],
  };
  const token = await new SignJWT({ typ: 'savetowallet', origins: [], payload })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(email)
    .setAudience('google')
    .setIssuedAt(now)
    .sign(await importPKCS8(privateKey, 'RS256'));
  return `https://pay.google.com/gp/v/save/${token}`;
}
