import type { SaleLinks } from '../orders/sale-token.ts';
import type { Sale } from '../orders/sale.ts';
import { isTransactional } from './kind-facts.ts';
import { headerText, type Mail } from './message.ts';
import type { MessageKey } from './message-reference.ts';
import type { OutgoingMessage } from './outgoing-message.ts';
import { saleFacts } from './sale-facts.ts';

const fileWords = { es: 'entradas', en: 'tickets' } as const;

/** The subject of a mail about a sale. */
export function saleMailSubject({ key, sale, voice, facts }: OutgoingMessage): string {
  return voice
    .template(key.kind, sale.locale)
    .fillSubject({ ...saleFacts(sale, voice.brand, null), ...facts });
}

/** Its Message-ID: the same for every attempt, so that a mail that arrives twice is recognised. */
export function saleMessageId(key: Omit<MessageKey, 'channel'>, sender: string): string {
  const { kind, tenantId, transactionId, occasionNo } = key;
  const occasion = occasionNo === 1 ? '' : `.${occasionNo}`;
  return `<${kind}.${tenantId}.${transactionId}${occasion}@${sender.slice(sender.lastIndexOf('@') + 1)}>`;
}

/** The file with a sale's tickets, by a name that people recognise. */
function ticketsFile(sale: Sale, pdf: Buffer): Mail['attachments'][number] {
  const number = (sale.fiscalNumber ?? sale.transactionId).replaceAll(/[^A-Za-z0-9-]/g, '');
  const filename = `${fileWords[sale.locale]}-${number}.pdf`;
  return { filename, contentType: 'application/pdf', content: pdf };
}

/** What lets mail programs offer to unsubscribe by one click (RFC 2369, RFC 8058). */
function unsubscribeHeaders(url: string): Record<string, string> {
  return { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' };
}

/**
 * Writes a mail about a sale, in the buyer's language.
 * @param tickets the PDF that goes with it, or null.
 * @param sender the address that mails come from; its name is the brand's or the seller's.
 * @param links absolute, or null when the shop's public address is not known: then the mail has no link.
 */
export function writeSaleMail(
  message: OutgoingMessage,
  tickets: Buffer | null,
  sender: string,
  links: SaleLinks | null,
): Mail {
  const { key, sale, to, voice, facts, since } = message;
  const filled = { ...saleFacts(sale, voice.brand, links), ...facts };
  const unsubscribe = facts['unsubscribe_url'];
  return {
    from: { name: headerText(voice.brand.name ?? sale.seller.name), address: sender },
    to: { name: headerText(sale.customer.name), address: to },
    ...voice.template(key.kind, sale.locale).fillMail(filled),
    messageId: saleMessageId(key, sender),
    date: since,
    attachments: tickets ? [ticketsFile(sale, tickets)] : [],
    ...(typeof unsubscribe === 'string' &&
      !isTransactional(key.kind) && { headers: unsubscribeHeaders(unsubscribe) }),
  };
}
