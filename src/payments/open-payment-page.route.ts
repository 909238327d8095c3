import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Reader } from '../db/transaction.ts';
import { prefersHtml } from '../http/accept.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { openSale, saleLinks, saleNotFound } from '../orders/sale-token.ts';
import { readIntent } from './intent.store.ts';
import type { PaymentIntents } from './payment-intents.ts';

type Deps = { secret: string; reader: Reader; publicUrl: string | undefined; intents: PaymentIntents };

/** `GET /sales/transactions/{id}/pay`: leads to the page on which a card is paid with. */
export function openPaymentPageRoute(app: App, deps: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id/pay',
    {
      config: { problems: ['transaction_not_found', 'payment_ended', 'payment_provider_unavailable'] },
      schema: {
        operationId: 'openPaymentPage',
        tags: ['sales'],
        summary: 'Where an order is paid by card: a redirect to its page',
        description: 'A browser that cannot be sent there is led back to the order, which says why.',
        params: object({ transaction_id: transactionIdSchema }),
        querystring: object({ token: Type.Optional(Type.String({ maxLength: 64 })) }),
      },
    },
    async (request, reply) => {
      const key = openSale(deps.secret, request.params.transaction_id, request.query.token);
      const intent = key && (await readIntent(deps.reader, key));
      if (!intent) throw saleNotFound();
      const base = deps.publicUrl ?? `${request.protocol}://${request.host}`;
      const { page } = saleLinks(deps.secret, base, intent.tenantId, intent.transactionId);
      try {
        return await reply.redirect(await deps.intents.openPage(intent, page), 303);
      } catch (error) {
        if (!(error instanceof Problem) || !prefersHtml(request.headers.accept)) throw error;
        return await reply.redirect(`${page}&payment=${error.code}`, 303);
      }
    },
  );
}
