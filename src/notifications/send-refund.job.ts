import { failpoints } from '../base/failpoint.ts';
import { formatMoney, type Locale } from '../base/format.ts';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { reader, transact } from '../db/transaction.ts';
import { readIntentSale } from '../orders/intent-sale.store.ts';
import type { SaleKey, SaleLinks } from '../orders/sale-token.ts';
import type { Sale } from '../orders/sale.ts';
import type { Intent } from '../payments/intent.ts';
import { endingWords } from '../payments/paying-words.ts';
import { markTold } from '../payments/intent.store.ts';
import { endMessages, startMessages, type MessageEnd } from './message.store.ts';
import { headerText, isMailAddress, type Delivery, type Mail, type Mailer } from './message.ts';
import { saleFacts } from './sale-facts.ts';
import { SellerTemplates } from './seller-templates.store.ts';
import type { Voice } from './template.ts';

type Deps = {
  pool: Pool;
  clock: Clock;
  mailer: Mailer;
  /** The address that mails come from. */
  sender: string;
  linksOf(tenantId: number, transactionId: string): SaleLinks | null;
};

function amountOf({ tenders, currency }: Intent, locale: Locale): string {
  const sums = new Map<string, number>();
  for (const { refunded, paidCurrency } of tenders) {
    if (refunded > 0) sums.set(paidCurrency, (sums.get(paidCurrency) ?? 0) + refunded);
  }
  if (sums.size === 0) return formatMoney(0, currency, locale);
  return [...sums].map(([paidIn, amount]) => formatMoney(amount, paidIn, locale)).join(' + ');
}

function writeMail(sale: Sale, intent: Intent, to: string, voice: Voice, { sender, linksOf }: Deps): Mail {
  const { tenantId, transactionId, locale } = sale;
  const facts = {
    ...saleFacts(sale, voice.brand, linksOf(tenantId, transactionId)),
    amount: amountOf(intent, locale),
    note: endingWords(intent.reason, locale),
  };
  return {
    from: { name: headerText(voice.brand.name ?? sale.seller.name), address: sender },
    to: { name: headerText(sale.customer.name), address: to },
    ...voice.template('refund', locale).fillMail(facts),
    messageId: `<refund.${tenantId}.${transactionId}@${sender.slice(sender.lastIndexOf('@') + 1)}>`,
    // The same when it is sent again.
    date: intent.updatedAt,
    attachments: [],
  };
}

async function send(deps: Deps, sale: Sale, intent: Intent, to: string, voice: Voice): Promise<boolean> {
  const { tenantId, transactionId } = sale;
  const mail = writeMail(sale, intent, to, voice, deps);
  const { subject, messageId } = mail;
  const key = { tenantId, transactionId, channel: 'email', kind: 'refund', occasionNo: 1 } as const;
  const [started] = await transact(deps.pool, (tx) =>
    startMessages(tx, tenantId, [{ key, recipient: to, subject, messageId, handsOver: false }]),
  );
  // Its mail server has it already.
  if (!started) return true;
  const delivery: Delivery = await deps.mailer.deliver(mail);
  if (failpoints) await failpoints.reach('delivered refund');
  const isAccepted = delivery.outcome === 'accepted';
  const isLast = delivery.outcome === 'refused' || started.attempts >= limits.stepAttemptsMax;
  const end: MessageEnd = {
    key,
    attemptNo: started.attempts,
    nextAttemptAt: null,
    state: isAccepted ? 'accepted' : isLast ? 'failed' : 'queued',
    lastError: delivery.outcome === 'accepted' ? null : delivery.reason,
    raw: delivery.outcome === 'accepted' ? (delivery.raw ?? null) : null,
  };
  await transact(deps.pool, (tx) => endMessages(tx, tenantId, [end]));
  return isAccepted || isLast;
}

/** Creates what writes to buyers whose money went back, since it came too late or not whole. */
export function createRefundTeller(deps: Deps): (key: SaleKey) => Promise<void> {
  const templates = new SellerTemplates({ reader: reader(deps.pool), clock: deps.clock });
  return async (key) => {
    const found = await readIntentSale(reader(deps.pool), key);
    if (!found) return;
    const to = found.sale.customer.email;
    const isTold =
      to === null ||
      !isMailAddress(to) ||
      (await send(deps, found.sale, found.intent, to, await templates.voiceOf(key.tenantId)));
    if (isTold) await markTold(deps.pool, key);
  };
}
