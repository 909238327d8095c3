import type { ReceiverLinks, TransferKey } from '../admission/receiver-links.ts';
import { isOpen, readTransfer } from '../admission/ticket-transfer.store.ts';
import { Problem } from '../base/errors.ts';
import { formatDayAndTime, type Locale } from '../base/format.ts';
import type { Reader, Tx } from '../db/transaction.ts';
import { readHeldTickets, saleOfHolder } from '../orders/held-tickets.store.ts';
import { isHeld, type Sale } from '../orders/sale.ts';
import { readSale } from '../orders/sale.store.ts';
import type { MessageChannel, ReceiverKind } from './message-kind.ts';
import { queueMessages, type ClaimedMessage } from './queued-message.store.ts';
import { readRecipient } from './recipient.ts';
import type { Facts } from './template-variables.ts';
import type { Voice } from './template.ts';

/** Where a receiver is written to; both are as a person wrote them, and null when they are not known. */
export type Receiver = { email: string | null; phone: string | null; locale: Locale };

function unreachable(path: '/email' | '/phone', what: string): Problem {
  const detail = `The seller cannot write to this ${what}.`;
  return new Problem('body_invalid', detail, { errors: [{ path, code: 'recipient', message: detail }] });
}

/**
 * Queues what a receiver is told of a transfer: a mail, and a message to the telephone by the first of the seller's
 * channels for it. What is kept of it names the transfer alone: the links are made when it is sent.
 * @param occasion `nextOccasion` gave its number, before the ticket was locked.
 * @throws Problem `body_invalid` for an address or a number that cannot be written to.
 */
export async function queueForReceiver(
  tx: Tx,
  { tenantId, transactionId, transferId }: TransferKey,
  occasion: { kind: ReceiverKind; occasionNo: number; now: Date; deadlineAt: Date },
  receiver: Receiver,
  voice: Voice,
): Promise<void> {
  const { email, phone, locale } = receiver;
  const mailTo = readRecipient('email', email, voice);
  const channel = voice.channels.find((one) => one !== 'email');
  const textTo = channel ? readRecipient(channel, phone, voice) : null;
  if (email !== null && mailTo === null) throw unreachable('/email', 'address');
  if (phone !== null && textTo === null) throw unreachable('/phone', 'number');
  const { kind, occasionNo, now: notBefore, deadlineAt } = occasion;
  const queue = (by: MessageChannel, recipient: string) => ({
    key: { tenantId, transactionId, channel: by, kind, occasionNo },
    facts: { transfer_id: transferId, locale },
    handsOver: true,
    recipient,
    notBefore,
    deadlineAt,
  });
  await queueMessages(tx, tenantId, [
    ...(mailTo === null ? [] : [queue('email', mailTo)]),
    ...(channel && textTo !== null ? [queue(channel, textTo)] : []),
  ]);
}

/** What a message to a receiver says: the sale as they may see it, and what its template is filled with beyond that. */
export type TransferMessage = { sale: Sale; facts: Facts };

/**
 * What a message to a receiver says now.
 * @param linksOf the links of a transfer, absolute; null when the public address is not known.
 * @returns a sentence when there is nothing to be said any more.
 */
export async function readTransferMessage(
  reader: Reader,
  { key, recipient, facts }: Pick<ClaimedMessage, 'key' | 'recipient' | 'facts'>,
  linksOf: (key: TransferKey) => ReceiverLinks | null,
  now: Date,
): Promise<TransferMessage | string> {
  const { tenantId, transactionId } = key;
  const { transfer_id: transferId } = facts;
  if (typeof transferId !== 'string') throw new Error('the message names no transfer');
  const access = { tenantId, transactionId, transferId };
  const links = linksOf(access);
  if (!links) return 'The public address of the shop is not known, so there is no link to send.';
  if (key.kind === 'ticket_accepted') {
    const held = await readHeldTickets(reader, access);
    if (!held?.items.some((item) => isHeld(held, item))) return 'Somebody else has the ticket by now.';
    return { sale: held, facts: { ticket_url: links.page } };
  }
  const [transfer, sale] = await Promise.all([
    readTransfer(reader, tenantId, transferId),
    readSale(reader, key),
  ]);
  if (!transfer || !sale || !isOpen(transfer, now)) return 'The offer has ended.';
  const locale = facts['locale'] === 'en' ? 'en' : 'es';
  const isMail = key.channel === 'email';
  const contact = { email: isMail ? recipient : null, phone: isMail ? null : recipient };
  const { itemNo, expiresAt } = transfer;
  return {
    sale: saleOfHolder(sale, transferId, { itemNo, name: '', ...contact, locale }),
    facts: {
      transfer_url: links.offer,
      transfer_short_url: links.short,
      accept_by: formatDayAndTime(expiresAt, sale.venue.timezone, locale),
    },
  };
}
