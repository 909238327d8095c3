import type { SaleLinks } from '../orders/sale-token.ts';
import type { Sale } from '../orders/sale.ts';
import { houseVoice } from './built-in-template.ts';
import { headerText, type Mail } from './message.ts';
import { saleFacts } from './sale-facts.ts';
import type { Voice } from './template.ts';

const fileWords = { es: 'entradas', en: 'tickets' } as const;

/** The subject of the mail that brings a sale's tickets. */
export function ticketsSubject(sale: Sale, voice: Voice = houseVoice): string {
  return voice.template('tickets', sale.locale).fillSubject(saleFacts(sale, voice.brand, null));
}

/** Its Message-ID: the same for every attempt, so that a mail that arrives twice is recognised. */
export function ticketsMessageId(sale: Sale, sender: string): string {
  return `<tickets.${sale.tenantId}.${sale.transactionId}@${sender.slice(sender.lastIndexOf('@') + 1)}>`;
}

/**
 * Writes the mail that brings a sale's tickets, in the buyer's language.
 * @param sender the address that mails come from; its name is the brand's or the seller's.
 * @param links absolute, or null when the shop's public address is not known: then the mail has no link.
 * @param voice the seller's: its brand and its templates.
 */
export function writeTicketsMail(
  sale: Sale & { customer: { email: string } },
  pdf: Buffer,
  sender: string,
  links: SaleLinks | null,
  voice: Voice = houseVoice,
): Mail {
  const number = (sale.fiscalNumber ?? sale.transactionId).replaceAll(/[^A-Za-z0-9-]/g, '');
  const filename = `${fileWords[sale.locale]}-${number}.pdf`;
  return {
    from: { name: headerText(voice.brand.name ?? sale.seller.name), address: sender },
    to: { name: headerText(sale.customer.name), address: sale.customer.email },
    ...voice.template('tickets', sale.locale).fillMail(saleFacts(sale, voice.brand, links)),
    messageId: ticketsMessageId(sale, sender),
    date: sale.createdAt,
    attachments: [{ filename, contentType: 'application/pdf', content: pdf }],
  };
}
