import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import type { PaymentIntents } from './payment-intents.ts';
import type { ListedPayment } from './payment-list.store.ts';
import {
  formatPaymentId,
  openPayment,
  paymentAnswerSchema,
  paymentParamsSchema,
  returnOf,
  toPaymentAnswer,
} from './staff-payment.schema.ts';

type Deps = { reader: Reader; intents: PaymentIntents; clock: Clock; ids: IdSource };

type Decision = 'verify' | 'reject' | 'refunded';

/** What is decided of a payment. @throws Problem `payment_decided` when it stands otherwise already. */
function decisionOf(decision: Decision, payment: ListedPayment, reason: string | undefined) {
  const { state, provider, paidAmount, captured, kept } = payment;
  const refuse = (detail: string) => new Problem('payment_decided', detail);
  if (provider !== null) throw refuse('A card is decided on by its provider alone.');
  if (decision === 'refunded') {
    if (returnOf(payment) === 0) throw refuse('No money of this payment is to go back.');
    return { refunded: captured - kept };
  }
  // What ended unpaid may still turn out to have been paid: then it is late money.
  const open = decision === 'verify' ? ['pending', 'failed', 'cancelled'] : ['pending'];
  if (!open.includes(state)) throw refuse(`The payment is ${state} already. Nothing has changed.`);
  const news =
    decision === 'verify'
      ? ({ state: 'captured', captured: paidAmount, paymentId: null } as const)
      : ({ state: 'failed', captured: 0, paymentId: null } as const);
  return { news, ...(reason !== undefined && { detail: reason }) };
}

const summaries: Record<Decision, string> = {
  verify: 'The money of a reported payment has come: the sale is made',
  reject: 'The money of a reported payment has not come: the order ends and its places go back on sale',
  refunded: 'The money of a payment that no provider can give back was given back',
};

/** `POST /sellers/{id}/payments/{id}/verify|reject|refunded`: what staff say of a payment that was reported. */
export function decidePaymentRoute(app: App, { reader, intents, clock, ids }: Deps): void {
  for (const decision of ['verify', 'reject', 'refunded'] as const) {
    app.post(
      `/sellers/:seller_id/payments/:payment_id/${decision}`,
      {
        config: { right: 'payments.verify', problems: ['payment_not_found', 'payment_decided'] },
        schema: {
          operationId: `${decision}Payment`,
          tags: ['payments'],
          summary: summaries[decision],
          params: paymentParamsSchema,
          body: Type.Optional(object({ reason: Type.Optional(Type.String({ maxLength: 200 })) })),
          response: { 200: paymentAnswerSchema },
        },
      },
      async (request) => {
        const { seller_id: tenantId, payment_id: id } = request.params;
        const payment = await openPayment(reader, tenantId, id);
        const reason = request.body?.reason;
        await intents.decide(payment, decisionOf(decision, payment, reason), (tx) =>
          recordChange(tx, ids, {
            tenantId,
            at: clock.now(),
            actor: actorOf(request),
            verb: decision,
            object: { kind: 'payment', id: formatPaymentId(payment) },
            before: { state: payment.state, order_state: payment.orderState },
            after: { amount: payment.paidAmount, currency: payment.paidCurrency, reason: reason ?? null },
          }),
        );
        return toPaymentAnswer(await openPayment(reader, tenantId, id));
      },
    );
  }
}
