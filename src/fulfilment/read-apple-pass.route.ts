import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { noBrand } from '../notifications/brand.ts';
import { readBrandLogo } from '../notifications/logo.store.ts';
import { readBrand } from '../notifications/template.store.ts';
import { openTickets, saleNotFound, ticketLinks } from '../orders/sale-token.ts';
import { readHeldTickets } from '../orders/held-tickets.store.ts';
import { makeApplePass, type PassKeys } from './apple-pass.ts';
import { passSerial, passService } from './wallet-pass.ts';
import { fileName, findTicket } from './sale-ticket.ts';

type Deps = { secret: string; reader: Reader; publicUrl: string | undefined; passKeys(): PassKeys };

/** `GET /sales/transactions/{id}/tickets/{item_no}/apple-wallet.pkpass`: one ticket for Apple Wallet. */
export function readApplePassRoute(app: App, deps: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id/tickets/:item_no/apple-wallet.pkpass',
    {
      compress: false,
      config: {
        problems: ['transaction_not_found', 'tickets_not_ready', 'ticket_transferred', 'ticket_returned'],
      },
      schema: {
        operationId: 'readApplePass',
        tags: ['sales'],
        summary: 'A ticket for Apple Wallet',
        params: object({
          transaction_id: transactionIdSchema,
          item_no: Type.Integer({ minimum: 1, maximum: 32_767 }),
        }),
        querystring: object({ token: Type.Optional(Type.String({ maxLength: 64 })) }),
        produces: ['application/vnd.apple.pkpass'],
      },
    },
    async ({ params, query }, reply) => {
      const access = openTickets(deps.secret, params.transaction_id, query.token);
      const sale = access && (await readHeldTickets(deps.reader, access));
      if (!sale) throw saleNotFound();
      const item = findTicket(sale, params.item_no);
      const seller = await readBrand(deps.reader, sale.tenantId);
      const { page } = ticketLinks(deps.secret, deps.publicUrl, access);
      const pageUrl = deps.publicUrl === undefined ? null : page;
      const brand = seller?.brand ?? noBrand;
      const logo = await readBrandLogo(deps.reader, sale.tenantId, brand);
      const pass = makeApplePass(sale, item, deps.passKeys(), brand, pageUrl, logo, {
        service: passService(deps, sale.tenantId, passSerial(sale, item.itemNo)),
        isVoid: false,
      });
      const name = fileName(`${sale.event.name} ${item.itemNo}`, 'pkpass');
      reply.header('content-disposition', `attachment; filename="${name}"`);
      return reply.type('application/vnd.apple.pkpass').send(pass);
    },
  );
}
