import { Type } from 'typebox';
import type { Clock } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact, type Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { noBrand } from '../notifications/brand.ts';
import { logoPath } from '../notifications/logo.ts';
import { readBrand } from '../notifications/template.store.ts';
import { openTickets, saleNotFound } from '../orders/sale-token.ts';
import { readHeldTickets } from '../orders/held-tickets.store.ts';
import { googleWalletLink, type GoogleWallet } from './google-pass.ts';
import { passSerial } from './wallet-pass.ts';
import { noteGooglePass } from './wallet-pass.store.ts';
import { findTicket } from './sale-ticket.ts';

type Deps = {
  secret: string;
  reader: Reader;
  pool: Pool;
  clock: Clock;
  googleWallet: GoogleWallet;
  publicUrl: string | undefined;
};

/** `GET /sales/transactions/{id}/tickets/{item_no}/google-wallet`: leads to Google, which keeps the ticket. */
export function openGooglePassRoute(app: App, deps: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id/tickets/:item_no/google-wallet',
    {
      config: {
        problems: ['transaction_not_found', 'tickets_not_ready', 'ticket_transferred', 'ticket_returned'],
      },
      schema: {
        operationId: 'openGooglePass',
        tags: ['sales'],
        summary: 'A ticket for Google Wallet: a redirect to Google',
        params: object({
          transaction_id: transactionIdSchema,
          item_no: Type.Integer({ minimum: 1, maximum: 32_767 }),
        }),
        querystring: object({ token: Type.Optional(Type.String({ maxLength: 64 })) }),
      },
    },
    async ({ params, query }, reply) => {
      const access = openTickets(deps.secret, params.transaction_id, query.token);
      const sale = access && (await readHeldTickets(deps.reader, access));
      if (!sale) throw saleNotFound();
      const item = findTicket(sale, params.item_no);
      const seller = await readBrand(deps.reader, sale.tenantId);
      const brand = seller?.brand ?? noBrand;
      const { tenantId, transactionId, event } = sale;
      const hasLogo = deps.publicUrl !== undefined && brand.logoSha256 !== null;
      const logoUrl = hasLogo ? logoPath(deps.publicUrl, tenantId, brand.logoSha256!) : null;
      const pass = { tenantId, transactionId, itemNo: item.itemNo, eventId: event.eventId };
      const serial = passSerial(sale, item.itemNo);
      await transact(deps.pool, (tx) => noteGooglePass(tx, serial, pass, deps.clock.now()));
      return reply.redirect(
        await googleWalletLink(sale, item, deps.googleWallet, brand, deps.clock.now(), logoUrl),
        302,
      );
    },
  );
}
