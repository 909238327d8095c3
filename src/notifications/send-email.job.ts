import { reader } from '../db/transaction.ts';
import { TicketLooks } from '../fulfilment/ticket-look.store.ts';
import { drawTickets } from '../fulfilment/ticket-pdf.ts';
import type { StepHandler } from '../queue/queue.ts';
import { isMailAddress, type Mailer } from './message.ts';
import { createMessageSender, type SenderDeps } from './send-messages.job.ts';
import { ticketsMessageId, ticketsSubject, writeTicketsMail } from './tickets-mail.ts';

type Deps = SenderDeps & {
  mailer: Mailer;
  /** The address that mails come from. */
  sender: string;
};

/**
 * Creates the handler of 'email': draws the tickets and mails them to the buyer. A worker that dies
 * between the mail server's acceptance and its mark sends again, with the same Message-ID and tickets.
 */
export function createEmailSender(deps: Deps): StepHandler {
  const { mailer, sender, linksOf } = deps;
  const looks = new TicketLooks({ reader: reader(deps.pool), clock: deps.clock });
  return createMessageSender(deps, {
    name: 'email',
    addressOf({ customer: { email } }) {
      return email !== null && isMailAddress(email) ? email : null;
    },
    addressFault: 'The address is not one that mail can be sent to.',
    describe: (sale, voice) => ({
      subject: ticketsSubject(sale, voice),
      messageId: ticketsMessageId(sale, sender),
    }),
    async deliver({ sale, to, voice }) {
      const pdf = await drawTickets(
        sale,
        await looks.lookOf({ tenantId: sale.tenantId, eventId: sale.event.eventId }),
      );
      const buyer = { ...sale, customer: { ...sale.customer, email: to } };
      const links = linksOf(sale.tenantId, sale.transactionId);
      return await mailer.deliver(writeTicketsMail(buyer, pdf, sender, links, voice));
    },
  });
}
