import { importPKCS8, SignJWT } from 'jose';
import { formatEventId } from '../base/ids.ts';
import { formatTicketId, type Sale } from '../orders/sale.ts';
import type { Brand } from '../notifications/brand.ts';
import { ticketCodeOf, type TicketItem } from './sale-ticket.ts';
import { passSerial } from './wallet-pass.ts';

/** An issuer at Google Wallet, and the service account that signs for it. */
export type GoogleWallet = {
  issuerId: string;
  email: string;
  privateKey: string;
  /** Where the account gets access to Google's API. */
  tokenUrl: string;
};

/** Google's texts name their language. */
const said = (locale: string, value: string) => ({ defaultValue: { language: locale, value } });

/** What Google keeps of an event. */
export function googleClass(issuerId: string, sale: Sale, brand: Brand, logoUrl: string | null = null) {
  const { event, venue, locale, tenantId } = sale;
  const id = `${issuerId}.event-${formatEventId({ tenantId, eventId: event.eventId })}`;
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
    // Google fetches it, and shows none that it cannot.
    ...(logoUrl !== null && { logo: { sourceUri: { uri: logoUrl } } }),
    ...(brand.color !== null && { hexBackgroundColor: brand.color }),
  };
}

/** What Google keeps of a ticket; one that admits no more is shown as such, without a code. */
export function googleObject(issuerId: string, sale: Sale, item: TicketItem, isValid = true) {
  const { locale, tenantId } = sale;
  const id = `${issuerId}.ticket-${passSerial(sale, item.itemNo)}`;
  const classId = `${issuerId}.event-${formatEventId({ tenantId, eventId: sale.event.eventId })}`;
  const { seat, zoneName } = item;
  return {
    id,
    classId,
    state: isValid ? 'ACTIVE' : 'INACTIVE',
    barcode: isValid ? { type: 'QR_CODE', value: ticketCodeOf(sale, item) } : null,
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
  { issuerId, email, privateKey }: Pick<GoogleWallet, 'issuerId' | 'email' | 'privateKey'>,
  brand: Brand,
  now: Date,
  logoUrl: string | null = null,
): Promise<string> {
  const payload = {
    eventTicketClasses: [googleClass(issuerId, sale, brand, logoUrl)],
    eventTicketObjects: [googleObject(issuerId, sale, item)],
  };
  const token = await new SignJWT({ typ: 'savetowallet', origins: [], payload })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(email)
    .setAudience('google')
    .setIssuedAt(now)
    .sign(await importPKCS8(privateKey, 'RS256'));
  return `https://pay.google.com/gp/v/save/${token}`;
}
