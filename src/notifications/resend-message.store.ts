import { Problem } from '../base/errors.ts';
import type { IdSource } from '../base/ids.ts';
import type { Row, Tx } from '../db/transaction.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import type { Actor } from '../identity/principal.ts';
import { addSaleTerms } from '../orders/sale-terms.store.ts';
import { saleNotFound } from '../orders/sale-token.ts';
import { lacksTickets } from '../orders/sale.ts';
import { readSale } from '../orders/sale.store.ts';
import type { MessageChannel } from './message-kind.ts';
import { formatMessageReference, type MessageKey } from './message-reference.ts';
import { deadlineOf } from './message-schedule.ts';
import type { MessageState } from './message-state.ts';
import { nextOccasion, queueMessages } from './queued-message.store.ts';
import { readRecipient } from './recipient.ts';
import { SellerTemplates } from './seller-templates.store.ts';

/** Who asks for it, and when. */
export type Asking = { actor: Actor; now: Date; ids: IdSource };

export type Resend = {
  tenantId: number;
  transactionId: string;
  channel: MessageChannel;
  /** Another address or number than the buyer's. */
  to: string | null;
  /** Whether the sale keeps the other address in place of the buyer's. */
  keepsAddress: boolean;
};

const kind = 'tickets';

function recipientProblem(detail: string): Problem {
  return new Problem('body_invalid', detail, {
    errors: [{ path: '/to', code: 'recipient', message: detail }],
  });
}

async function keepAddress(tx: Tx, { tenantId, transactionId, channel, to }: Resend): Promise<void> {
  const column = channel === 'email' ? 'customer_email' : 'customer_phone';
  await tx.query({
    text: `update transactions set ${column} = $3 where tenant_id = $1 and transaction_id = $2`,
    values: [tenantId, transactionId, to],
  });
  await addSaleTerms(tx, { tenantId, transactionId });
}

/**
 * Sends a sale's tickets once more, by a channel and to an address of one's choice: the same tickets, as a message of
 * its own.
 * @returns the message's key.
 * @throws Problem `transaction_not_found`, `message_not_sendable` for a sale without tickets, `tickets_not_ready` while
 *   they are being made, `body_invalid` for an address that is none.
 */
export async function resendTickets(tx: Tx, asked: Resend, { actor, now, ids }: Asking): Promise<MessageKey> {
  const { tenantId, transactionId, channel } = asked;
  const occasionNo = await nextOccasion(tx, asked, kind);
  const sale = await readSale(tx, { tenantId, transactionId });
  if (!sale) throw saleNotFound();
  if (sale.status !== 'processing' && sale.status !== 'completed') {
    throw new Problem('message_not_sendable', `This sale is ${sale.status}, so it has no tickets to send.`);
  }
  if (lacksTickets(sale)) {
    throw new Problem('tickets_not_ready', 'The tickets of this sale are being made; they are sent by then.');
  }
  const voice = await new SellerTemplates({ reader: tx, clock: { now: () => now } }).voiceOf(tenantId);
  const { email, phone } = sale.customer;
  const known = channel === 'email' ? email : phone;
  const recipient = readRecipient(channel, asked.to ?? known, voice);
  if (recipient === null) {
    const what = channel === 'email' ? 'an e-mail address' : 'a telephone number';
    throw recipientProblem(asked.to === null ? `The buyer has not given ${what}.` : `This is not ${what}.`);
  }
  const key: MessageKey = { tenantId, transactionId, channel, kind, occasionNo };
  const deadlineAt = deadlineOf(kind, now);
  const message = { key, recipient, facts: {}, notBefore: now, deadlineAt, handsOver: false };
  await queueMessages(tx, tenantId, [message]);
  const keeps = asked.keepsAddress && asked.to !== null;
  if (keeps) await keepAddress(tx, asked);
  await recordChange(tx, ids, {
    tenantId,
    at: now,
    actor,
    verb: 'resend',
    object: { kind: 'message', id: formatMessageReference(key) },
    ...(keeps && { before: { address: known }, after: { address: asked.to } }),
  });
  return key;
}

/**
 * Sends a message that has failed for good once more, under its own name, until a deadline that starts anew.
 * @throws Problem `message_not_found`, `message_not_failed`.
 */
export async function replayMessage(tx: Tx, key: MessageKey, { actor, now, ids }: Asking): Promise<void> {
  const [known] = await tx.query<Row & { state: MessageState; last_error: string | null }>({
    text: `select state, last_error from messages
            where tenant_id = $1 and transaction_id = $2 and channel = $3 and kind = $4 and occasion_no = $5 for update`,
    values: [key.tenantId, key.transactionId, key.channel, key.kind, key.occasionNo],
  });
  if (!known) throw new Problem('message_not_found', 'There is no such message.');
  if (known.state !== 'failed') {
    const detail = `This message is ${known.state}; only one that has failed is replayed. Resend the tickets instead.`;
    throw new Problem('message_not_failed', detail);
  }
  await tx.query({
    text: `update messages set state = 'queued', due_at = $6, next_attempt_at = $6, deadline_at = $7, failed_at = null, updated_at = $6
            where tenant_id = $1 and transaction_id = $2 and channel = $3 and kind = $4 and occasion_no = $5`,
    values: [
      key.tenantId,
      key.transactionId,
      key.channel,
      key.kind,
      key.occasionNo,
      now,
      deadlineOf(key.kind, now),
    ],
  });
  await recordChange(tx, ids, {
    tenantId: key.tenantId,
    at: now,
    actor,
    verb: 'replay',
    object: { kind: 'message', id: formatMessageReference(key) },
    before: { state: known.state, last_error: known.last_error },
  });
}
