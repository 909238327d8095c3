import { limits } from './base/limits.ts';
import { BulkRunner } from './bulk/run-bulk-actions.job.ts';
import { Exchanger } from './cancellation/exchange-places.job.ts';
import { Repayer } from './cancellation/pay-back-refunds.job.ts';
import { EventRefunder } from './cancellation/refund-events.job.ts';
import { Refunder } from './cancellation/refund-sales.job.ts';
import { createOutboxMailer, createSmtpMailer, readSenderAddress } from './notifications/mailer.adapter.ts';
import { createPlanTeller } from './notifications/tell-plan-buyers.job.ts';
import { createRefundTeller } from './notifications/send-refund.job.ts';
import { saleLinks } from './orders/sale-token.ts';
import type { IntentKey } from './payments/intent.ts';
import { LastPayment } from './payments/last-payment.ts';
import { PaymentIntents } from './payments/payment-intents.ts';
import { counterMethods, paymentMethods } from './payments/payment.ts';
import { PaymentPlans } from './payments/payment-plans.ts';
import { reconcilePlans } from './payments/reconcile-plans.job.ts';
import type { PaymentProvider } from './payments/payment-provider.ts';
import { PaymentReconciler } from './payments/reconcile-payments.job.ts';
import { PaymentSettler } from './payments/settle-payments.job.ts';
import { createStripe } from './payments/stripe.adapter.ts';
import { repeat } from './base/repeat.ts';
import { localUrl, type Parts, type TaquillaOptions } from './compose-parts.ts';

/** What orders need whose money comes later. */
export function createPayments({ config, clock, ids, logger }: TaquillaOptions, parts: Parts) {
  const { pool, events, holds, checkout, secret } = parts;
  const provider = config.stripe && createStripe(config.stripe);
  const settler = new PaymentSettler({ pool, events, holds, checkout, provider, log: logger });
  const lastPayment = new LastPayment({ pool, checkout });
  const times = { cardSeconds: config.cardPaymentSeconds, reportedSeconds: config.reportedPaymentSeconds };
  const pursue = (key: IntentKey) => settler.pursue(key);
  const plans = new PaymentPlans({ pool, events, lastPayment, provider, clock, ...times, pursue });
  const intents = new PaymentIntents({
    pool,
    events,
    holds,
    checkout,
    lastPayment,
    provider,
    clock,
    ids,
    ...times,
    pursue,
  });
  const mailer = config.smtpUrl === undefined ? createOutboxMailer() : createSmtpMailer(config.smtpUrl);
  const publicUrl = config.publicUrl ?? localUrl(config);
  const reconciler = new PaymentReconciler({
    pool,
    clock,
    provider,
    intents,
    settler,
    tell: createRefundTeller({
      pool,
      clock,
      mailer,
      sender: readSenderAddress(config.mailFrom),
      linksOf: (tenantId, transactionId) =>
        publicUrl === undefined ? null : saleLinks(secret, publicUrl, tenantId, transactionId),
    }),
    askSeconds: config.paymentAskSeconds,
    log: logger,
  });
  return {
    stripe: provider,
    paymentMethods: provider ? paymentMethods : counterMethods,
    cards: provider ? { provider: provider.name, seconds: config.cardPaymentSeconds } : null,
    intents,
    plans,
    reconciler,
    reconcilePlans: () => reconcilePlans({ pool, provider, intents, log: logger }),
    tellPlanBuyers: createPlanTeller({ pool, clock, log: logger }),
    closeMailer: () => mailer.close(),
  };
}

/** How what was sold is undone, and its money goes back. */
export function createUndoing(
  { config, clock, ids, logger: log }: TaquillaOptions,
  { pool, events, checkout, secret, changes, onError }: Parts,
  provider: PaymentProvider | undefined,
) {
  const publicUrl = config.publicUrl ?? localUrl(config);
  const repayer = new Repayer({ pool, provider, log });
  const refunder = new Refunder({
    pool,
    events,
    clock,
    linksOf: (tenantId, transactionId) =>
      publicUrl === undefined ? null : saleLinks(secret, publicUrl, tenantId, transactionId),
    payBack: (sale) => void repayer.payBack(sale).catch(onError),
  });
  const exchanger = new Exchanger({ pool, checkout, refunder, log });
  const eventRefunder = new EventRefunder({ pool, clock, refunder, log });
  const bulk = new BulkRunner({
    ...{ pool, clock, ids, refunder, log },
    tell: (tenantId) => changes.tell(tenantId, 'bulk actions'),
  });
  let stopping = false;
  const untilDone = (work: () => Promise<boolean>) => async () => {
    while (!stopping && (await work())) continue;
  };
  const ends = [
    repeat(limits.undoingSweepSeconds, () => repayer.payBack(), onError),
    repeat(limits.undoingSweepSeconds, () => exchanger.sweep(), onError),
    repeat(
      limits.undoingSweepSeconds,
      untilDone(() => eventRefunder.walkPage()),
      onError,
    ),
    repeat(
      limits.undoingSweepSeconds,
      untilDone(() => bulk.runPage()),
      onError,
    ),
  ];
  return {
    refunder,
    exchanger,
    async stop() {
      stopping = true;
      await Promise.all(ends.map((end) => end()));
    },
  };
}
