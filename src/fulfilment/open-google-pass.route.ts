import { Type } from 'typebox';
import type { Clock } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { noBrand } from '../notifications/brand.ts';
import { readBrand } from '../notifications/template.store.ts';
import { openTickets, saleNotFound } from '../orders/sale-token.ts';
import { readHeldTickets } from '../orders/held-tickets.store.ts';
import { googleWalletLink, type GoogleWallet } from './google-pass.ts';
import { findTicket } from './sale-ticket.ts';

type Deps = { secret: string; reader: Reader; clock: Clock; googleWallet: GoogleWallet };

/** `GET /sales/transactions/{id}/tickets/{item_no}/google-wallet`: leads to Google, which keeps the ticket. */
export function openGooglePassRoute(app: App, deps: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id/tickets/:item_no/google-wallet',
    {
      config: { problems: ['transaction_not_found', 'tickets_not_ready', 'ticket_transferred'] },
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
      return reply.redirect(
        await googleWalletLink(sale, item, deps.googleWallet, brand, deps.clock.now()),
        302,
      );
    },
  );
}
