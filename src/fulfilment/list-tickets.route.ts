import { Type } from 'typebox';
import { ticketTokenQuerySchema } from '../admission/ticket.schema.ts';
import { readOpenTransfers } from '../admission/ticket-transfer.store.ts';
import type { Clock } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { eventIdSchema, instantSchema, object, transactionIdSchema } from '../http/schemas.ts';
import { noBrand } from '../notifications/brand.ts';
import { logoPath } from '../notifications/logo.ts';
import { readBrand } from '../notifications/template.store.ts';
import { readHeldTickets } from '../orders/held-tickets.store.ts';
import {
  openTickets,
  saleNotFound,
  ticketLinks,
  walletLinks,
  type TicketAccess,
} from '../orders/sale-token.ts';
import { formatTicketId, isHeld, type Sale, type SaleItem } from '../orders/sale.ts';
import { formatEventId } from '../base/ids.ts';
import { qrModules } from './qr-modules.ts';
import { ticketCodeOf } from './sale-ticket.ts';
import { eventPalette } from './ticket-palette.ts';

const ticketSchema = object({
  ticket_id: Type.String({ description: "A ticket's id" }),
  item_no: Type.Integer(),
  state: Type.Enum(['pending', 'valid', 'transferred', 'returned'], {
    description: 'pending: being made; transferred: somebody else has it now',
  }),
  code: Type.Optional(Type.String({ description: 'What its QR says; absent unless it is valid' })),
  qr: Type.Optional(
    object(
      { size: Type.Integer(), data: Type.String() },
      { description: 'The modules of its QR, row by row, a bit each, the dark ones 1; base64' },
    ),
  ),
  zone_name: Type.String(),
  row: Type.Optional(Type.String()),
  number: Type.Optional(Type.String()),
  ticket_kind_name: Type.Optional(Type.String()),
  links: object({ apple_wallet: Type.Optional(Type.String()), google_wallet: Type.Optional(Type.String()) }),
  transfer: Type.Optional(
    object({ id: Type.String(), expires_at: instantSchema }, { description: 'An open offer of the ticket' }),
  ),
});

const answerSchema = object({
  transaction_id: transactionIdSchema,
  brand: object({
    name: Type.String(),
    color: Type.String({ examples: ['#16213f'] }),
    logo_url: Type.Optional(Type.String({ description: 'A path of this server' })),
  }),
  event: object({
    id: eventIdSchema,
    name: Type.String(),
    starts_at: instantSchema,
    timezone: Type.String({ examples: ['America/Caracas'] }),
    venue: object({ name: Type.String(), address: Type.Optional(Type.String()) }),
  }),
  holder: Type.String({ description: 'The name of whoever has the tickets' }),
  tickets: Type.Array(ticketSchema),
  links: object({ pdf: Type.String(), calendar: Type.String(), page: Type.String() }),
});

type Deps = {
  secret: string;
  reader: Reader;
  clock: Clock;
  publicUrl: string | undefined;
  wallets: { apple: boolean; google: boolean };
};

type OpenTransfer = Awaited<ReturnType<typeof readOpenTransfers>>[number];

function ticketAnswer(
  { secret, publicUrl, wallets }: Deps,
  access: TicketAccess,
  sale: Sale,
  item: SaleItem,
  offer: OpenTransfer | undefined,
) {
  const { ticket, itemNo, seat } = item;
  const isValid = isHeld(sale, item);
  const state = item.isReturned
    ? ('returned' as const)
    : isValid
      ? ('valid' as const)
      : ticket
        ? ('transferred' as const)
        : ('pending' as const);
  const code = ticket && isValid ? ticketCodeOf(sale, { ...item, ticket }) : null;
  return {
    ticket_id: formatTicketId(sale.transactionId, itemNo),
    item_no: itemNo,
    state,
    ...(code !== null && { code, qr: qrModules(code) }),
    zone_name: item.zoneName,
    ...(seat && { row: seat.row, number: seat.number }),
    ...(item.kind && { ticket_kind_name: item.kind.name }),
    links: isValid ? walletLinks(secret, publicUrl, access, itemNo, wallets) : {},
    ...(isValid &&
      offer && { transfer: { id: offer.transferId, expires_at: offer.expiresAt.toISOString() } }),
  };
}

/** `GET /sales/transactions/{id}/tickets`: what the telephone shows at the door, for a buyer or for one ticket's holder. */
export function listTicketsRoute(app: App, deps: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id/tickets',
    {
      compress: false,
      config: { problems: ['transaction_not_found'] },
      schema: {
        operationId: 'listTickets',
        tags: ['tickets'],
        summary: 'The tickets of a sale or of a holder, with the codes that the door reads',
        params: object({ transaction_id: transactionIdSchema }),
        querystring: ticketTokenQuerySchema,
        response: { 200: answerSchema },
      },
    },
    async ({ params, query }) => {
      const access = openTickets(deps.secret, params.transaction_id, query.token);
      const sale = access && (await readHeldTickets(deps.reader, access));
      if (!sale) throw saleNotFound();
      const [seller, offers] = await Promise.all([
        readBrand(deps.reader, sale.tenantId),
        readOpenTransfers(deps.reader, access, deps.clock.now()),
      ]);
      const { event, venue } = sale;
      const brand = seller?.brand ?? noBrand;
      return {
        transaction_id: sale.transactionId,
        brand: {
          name: brand.name ?? sale.seller.name,
          color: brand.color ?? eventPalette(event.eventId).deep,
          ...(brand.logoSha256 !== null && {
            logo_url: logoPath(undefined, sale.tenantId, brand.logoSha256),
          }),
        },
        event: {
          id: formatEventId({ tenantId: sale.tenantId, eventId: event.eventId }),
          name: event.name,
          starts_at: event.startsAt.toISOString(),
          timezone: venue.timezone,
          venue: { name: venue.name, ...(venue.address !== null && { address: venue.address }) },
        },
        holder: sale.customer.name,
        tickets: sale.items.map((item) =>
          ticketAnswer(
            deps,
            access,
            sale,
            item,
            offers.find((offer) => offer.itemNo === item.itemNo),
          ),
        ),
        links: ticketLinks(deps.secret, deps.publicUrl, access),
      };
    },
  );
}
