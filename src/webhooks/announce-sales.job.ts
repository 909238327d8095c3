import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Reader, Tx } from '../db/transaction.ts';
import type { SaleLinks } from '../orders/sale-token.ts';
import { readSaleMilestones, readSellersWithEndpoints } from './sale-milestones.store.ts';
import { writeSaleEvents } from './sale-milestones.ts';
import { publishWebhookEvents } from './webhook-delivery.store.ts';

/** Publishes what has become of sales, in the transaction that makes it so. */
export type AnnounceSales = (tx: Tx, tenantId: number, transactionIds: readonly string[]) => Promise<void>;

type Deps = {
  reader: Reader;
  clock: Clock;
  linksOf(tenantId: number, transactionId: string): SaleLinks | null;
};

/**
 * Creates what tells other systems of sales. It costs those sellers nothing who want to be told of nothing: who they are is
 * read every few seconds, so an endpoint that is added is told of sales a few seconds later.
 */
export function createSaleAnnouncer({ reader, clock, linksOf }: Deps): AnnounceSales {
  let until = -Infinity;
  let sellers: Promise<Set<number>> = Promise.resolve(new Set());
  const whoWants = () => {
    const now = clock.now().getTime();
    if (now < until) return sellers;
    until = now + limits.webhookSellersKeptSeconds * 1_000;
    sellers = readSellersWithEndpoints(reader).then((ids) => new Set(ids));
    sellers.catch(() => (until = -Infinity));
    return sellers;
  };
  return async (tx, tenantId, transactionIds) => {
    if (!(await whoWants()).has(tenantId)) return;
    const sales = await readSaleMilestones(tx, tenantId, transactionIds);
    const events = sales.flatMap((sale) => {
      const links = linksOf(tenantId, sale.transactionId);
      return writeSaleEvents(tenantId, sale, links && { sale: links.self });
    });
    await publishWebhookEvents(tx, tenantId, events, clock.now());
  };
}
