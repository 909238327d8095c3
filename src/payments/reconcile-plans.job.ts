import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { reader } from '../db/transaction.ts';
import { noteRefund, once, readIntent } from './intent.store.ts';
import type { PaymentIntents } from './payment-intents.ts';
import { findCancelledPlans, takeExpiredTenders, takeSurplus } from './payment-plan.store.ts';
import { sumOfRefunds, type PaymentProvider } from './payment-provider.ts';

type Deps = {
  pool: Pool;
  provider: PaymentProvider | undefined;
  intents: PaymentIntents;
  log: { warn(fields: Record<string, unknown>, message: string): void };
};

/**
 * Looks after single payments of plans: ends those whose own time is over, and gives back what a plan has no place for.
 * Plans for events that are cancelled end, and all of their money goes back. What fails is logged, and due again.
 */
export async function reconcilePlans({ pool, provider, intents, log }: Deps): Promise<void> {
  const attempt = async (
    about: { tenantId: number; transactionId: string },
    work: () => Promise<unknown>,
  ) => {
    await work().catch((error: unknown) => {
      const fields = { err: error, tenant_id: about.tenantId, transaction_id: about.transactionId };
      log.warn(fields, "a plan's payment could not be reconciled; it is tried again");
    });
  };
  const { providerEventRetrySeconds: seconds, paymentSweepRowsMax: rows } = limits;
  for (const { pageId, ...key } of await takeExpiredTenders(pool, seconds, rows)) {
    await attempt(key, async () => {
      const closed = pageId !== null && provider ? await provider.closePage(pageId) : null;
      await intents.note(key, closed ?? { state: 'cancelled', captured: 0, paymentId: null });
    });
  }
  for (const key of await findCancelledPlans(reader(pool), rows)) {
    await attempt(key, async () =>
      intents.giveUp((await readIntent(reader(pool), key))!, 'cancelled_by_seller'),
    );
  }
  if (!provider) return;
  for (const { paymentId, captured, ...key } of await takeSurplus(pool, seconds, rows)) {
    await attempt(key, async () => {
      const refunds = await provider.refund(key, paymentId, captured, 'all');
      await noteRefund(once(pool), key, sumOfRefunds(refunds));
    });
  }
}
