import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import { readIntentSale } from '../orders/intent-sale.store.ts';
import { deadlineOf } from './message-schedule.ts';
import { readMessageSettings } from './message-settings.store.ts';
import {
  countReminder,
  findRemindable,
  findUntoldTenders,
  markTenderTold,
  type RemindableInstalment,
  type UntoldTender,
} from './plan-notice.store.ts';
import { queueForBuyers } from './queue-for-buyers.store.ts';
import { afterQuietHours } from './quiet-hours.ts';
import { SellerTemplates } from './seller-templates.store.ts';

type Deps = {
  pool: Pool;
  clock: Clock;
  log: { warn(fields: Record<string, unknown>, message: string): void };
};

/** Writes to buyers who pay by plans: that money has come, and that an instalment is due. */
class PlanTeller {
  readonly #deps: Deps;
  readonly #templates: SellerTemplates;

  constructor(deps: Deps) {
    this.#deps = deps;
    this.#templates = new SellerTemplates({ reader: reader(deps.pool), clock: deps.clock });
  }

  async run(): Promise<void> {
    const { pool, clock } = this.#deps;
    const rows = limits.paymentSweepRowsMax;
    for (const tender of await findUntoldTenders(reader(pool), rows)) {
      await this.#attempt(tender, () => this.#tell(tender));
    }
    for (const instalment of await findRemindable(reader(pool), clock.now(), rows)) {
      await this.#attempt(instalment, () => this.#remind(instalment));
    }
  }

  async #tell(tender: UntoldTender): Promise<void> {
    const { pool, clock } = this.#deps;
    const { tenantId, tenderNo, amount } = tender;
    const found = await readIntentSale(reader(pool), tender);
    const voice = await this.#templates.voiceOf(tenantId);
    const now = clock.now();
    const kind = 'payment_received';
    const occasion = {
      kind,
      occasionNo: tenderNo,
      notBefore: now,
      deadlineAt: deadlineOf(kind, now),
    } as const;
    await transact(pool, async (tx) => {
      if (!(await markTenderTold(tx, tender)) || !found) return;
      await queueForBuyers(tx, tenantId, occasion, [found.sale], voice, () => ({ amount }));
    });
  }

  /** Reminds before an instalment is due and again when it is overdue, outside quiet hours by the event's clock. */
  async #remind(one: RemindableInstalment): Promise<void> {
    const { pool, clock } = this.#deps;
    const { tenantId, dueAt, lapseAt, missing, instalmentNo } = one;
    const now = clock.now();
    const found = missing > 0 && lapseAt > now ? await readIntentSale(reader(pool), one) : null;
    if (!found) {
      await transact(pool, (tx) => countReminder(tx, one, 2));
      return;
    }
    const settings = await readMessageSettings(reader(pool), tenantId);
    const { timezone } = found.sale.venue;
    if (settings && afterQuietHours(now, timezone, settings.quiet) > now) return;
    const isOverdue = dueAt <= now;
    const payBy = isOverdue ? lapseAt : dueAt;
    const voice = await this.#templates.voiceOf(tenantId);
    const occasion = {
      kind: 'payment_reminder',
      occasionNo: instalmentNo * 2 + (isOverdue ? 2 : 1),
      notBefore: now,
      deadlineAt: payBy,
    } as const;
    await transact(pool, async (tx) => {
      if (!(await countReminder(tx, one, isOverdue ? 2 : 1))) return;
      await queueForBuyers(tx, tenantId, occasion, [found.sale], voice, () => ({ amount: missing, payBy }));
    });
  }

  async #attempt(
    { tenantId, transactionId }: { tenantId: number; transactionId: string },
    work: () => Promise<void>,
  ): Promise<void> {
    await work().catch((error: unknown) => {
      const fields = { err: error, tenant_id: tenantId, transaction_id: transactionId };
      this.#deps.log.warn(fields, "a plan's buyer could not be written to; it is tried again");
    });
  }
}

/** Creates what writes to buyers who pay by plans, once for whatever is due when it is called. */
export function createPlanTeller(deps: Deps): () => Promise<void> {
  const teller = new PlanTeller(deps);
  return () => teller.run();
}
