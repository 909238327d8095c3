import type { Clock } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import type { SaleKey } from '../orders/sale-token.ts';
import { readSales } from '../orders/sale.store.ts';
import { deadlineOf } from './message-schedule.ts';
import { queueForBuyers } from './queue-for-buyers.store.ts';
import { findUnconfirmed } from './queued-message.store.ts';
import { SellerTemplates } from './seller-templates.store.ts';

type Deps = { pool: Pool; clock: Clock };

const kind = 'confirmation';

/**
 * Creates what writes to buyers whose tickets are long in coming that their order is there, once for each sale. Whose
 * tickets come at once gets them without a message before: docs/decisions/0019.
 */
export function createDelayTeller({ pool, clock }: Deps): (sales: readonly SaleKey[]) => Promise<void> {
  const templates = new SellerTemplates({ reader: reader(pool), clock });
  return async (delayed) => {
    for (const [tenantId, own] of Map.groupBy(delayed, (sale) => sale.tenantId)) {
      const asked = own.map((sale) => sale.transactionId);
      const ids = await findUnconfirmed(reader(pool), tenantId, asked);
      if (ids.length === 0) continue;
      const [sales, voice] = await Promise.all([
        readSales(reader(pool), tenantId, ids),
        templates.voiceOf(tenantId),
      ]);
      const now = clock.now();
      const occasion = { kind, occasionNo: 1, notBefore: now, deadlineAt: deadlineOf(kind, now) } as const;
      await transact(pool, (tx) => queueForBuyers(tx, tenantId, occasion, sales, voice, () => ({})));
    }
  };
}
