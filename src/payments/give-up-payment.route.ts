import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { formatHoldToken } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { holdTokenSchema, object, transactionIdSchema } from '../http/schemas.ts';
import { openSale, saleNotFound } from '../orders/sale-token.ts';
import { isPlan } from './intent.ts';
import { readIntent } from './intent.store.ts';
import type { PaymentIntents } from './payment-intents.ts';
import { ProviderUnavailable } from './payment-provider.ts';

type Deps = { secret: string; reader: Reader; intents: PaymentIntents };

/** `POST /sales/transactions/{id}/give-up-payment`: the buyer wants to pay otherwise, or not at all. */
export function giveUpPaymentRoute(app: App, deps: Deps): void {
  app.post(
    '/sales/transactions/:transaction_id/give-up-payment',
    {
      config: {
        problems: [
          'transaction_not_found',
          'payment_ended',
          'payment_provider_unavailable',
          'plan_under_way',
        ],
      },
      schema: {
        operationId: 'giveUpPayment',
        tags: ['sales'],
        summary: 'Give up paying; the places are kept for some minutes, so that another payment can be begun',
        params: object({ transaction_id: transactionIdSchema }),
        querystring: object({ token: Type.Optional(Type.String({ maxLength: 64 })) }),
        response: { 200: object({ hold_token: holdTokenSchema }) },
      },
    },
    async (request) => {
      const key = openSale(deps.secret, request.params.transaction_id, request.query.token);
      const intent = key && (await readIntent(deps.reader, key));
      if (!intent) throw saleNotFound();
      if (isPlan(intent) && intent.tenders.some((tender) => tender.captured > 0)) {
        throw new Problem('plan_under_way', 'Payments of this plan were made: its seller can cancel it.');
      }
      try {
        if (intent.state === 'awaiting') await deps.intents.giveUp(intent, 'cancelled_by_buyer');
      } catch (error) {
        if (!(error instanceof ProviderUnavailable)) throw error;
        const detail =
          'The payment page cannot be reached right now, so it cannot be closed. Try again in a moment.';
        throw new Problem('payment_provider_unavailable', detail, { retryAfterSeconds: 5 });
      }
      const { state } = (await readIntent(deps.reader, key))!;
      if (state !== 'ended') throw new Problem('payment_ended', 'The payment was made, so it stands.');
      return { hold_token: formatHoldToken(intent, intent.holdId) };
    },
  );
}
