import type { Tx } from '../db/transaction.ts';
import type { Sale } from '../orders/sale.ts';
import { isTransactional, kindFacts, type KindData, type OccasionKind } from './kind-facts.ts';
import { optOutName, readOptOuts } from './opt-out.store.ts';
import { queueMessages } from './queued-message.store.ts';
import { recipientsOf } from './recipient.ts';
import type { Voice } from './template.ts';

/** An occasion on which buyers are written to. */
export type Occasion<K extends OccasionKind> = {
  kind: K;
  /** The how-manieth of its kind for the sale: queueing the same one twice is queueing it once. */
  occasionNo: number;
  /** From when on it may go, and until when it is worth sending. */
  notBefore: Date;
  deadlineAt: Date;
};

/**
 * Queues a message of a kind for the buyers of some sales of one seller, in the transaction that makes it true; workers
 * send it soon, by the first of the seller's channels that works. Who wants no reminders gets none.
 * @param voice the seller's, which knows its channels.
 * @param dataOf what the message says beyond its sale.
 * @returns how many were queued, and how many buyers cannot be written to or do not want to be.
 */
export async function queueForBuyers<K extends OccasionKind>(
  tx: Tx,
  tenantId: number,
  occasion: Occasion<K>,
  sales: readonly Sale[],
  voice: Voice,
  dataOf: (sale: Sale) => KindData[K],
): Promise<{ queued: number; skipped: number }> {
  const { kind, occasionNo, notBefore, deadlineAt } = occasion;
  const reached = sales.map((sale) => ({ sale, recipients: recipientsOf(sale.customer, voice) }));
  const names = reached.flatMap(({ recipients }) => recipients.map(optOutName));
  const optOuts = isTransactional(kind) ? new Set<string>() : await readOptOuts(tx, tenantId, names);
  const messages = reached.flatMap(({ sale, recipients }) => {
    const [first] = recipients;
    if (!first || recipients.some((one) => optOuts.has(optOutName(one)))) return [];
    const { transactionId } = sale;
    return [
      {
        key: { tenantId, transactionId, channel: first.channel, kind, occasionNo },
        recipient: first.to,
        facts: kindFacts(kind, sale, dataOf(sale)),
        notBefore,
        deadlineAt,
        handsOver: true,
      },
    ];
  });
  const queued = messages.length === 0 ? [] : await queueMessages(tx, tenantId, messages);
  return { queued: queued.length, skipped: sales.length - messages.length };
}
