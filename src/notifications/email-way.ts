import { drawTickets } from '../fulfilment/ticket-pdf.ts';
import type { SaleLinks } from '../orders/sale-token.ts';
import { lacksTickets } from '../orders/sale.ts';
import type { EventKey } from '../base/ids.ts';
import type { TicketLook } from '../fulfilment/ticket-look.ts';
import { logoPath } from './logo.ts';
import type { Mailer } from './message.ts';
import type { MessageKind } from './message-kind.ts';
import type { MessageWay } from './outgoing-message.ts';
import { formatReturnPath, type ReturnPaths } from './return-path.ts';
import { saleMailSubject, saleMessageId, writeSaleMail } from './sale-mail.ts';

type Deps = {
  mailer: Mailer;
  /** The address that mails come from. */
  sender: string;
  /** How the tickets of an event look. */
  lookOf(key: EventKey): Promise<TicketLook>;
  /** Where mails come back to when they cannot be delivered; absent: to their sender. */
  returnPaths: ReturnPaths | undefined;
  /** Where mail programs fetch a logo; undefined: mails show none that was uploaded. */
  publicUrl: string | undefined;
  /** The links of a sale, absolute; null when the public address is not known. */
  linksOf(tenantId: number, transactionId: string): SaleLinks | null;
};

/** The kinds that bring the tickets. */
const withTickets: ReadonlySet<MessageKind> = new Set(['tickets', 'event_changed', 'ticket_accepted']);

/** Creates the way by mail. A mail that is sent again has the same Message-ID and the same bytes. */
export function createEmailWay({
  mailer,
  sender,
  lookOf,
  returnPaths,
  publicUrl,
  linksOf,
}: Deps): MessageWay {
  return {
    channel: 'email',
    describe: (message) => ({
      subject: saleMailSubject(message),
      messageId: saleMessageId(message.key, sender),
    }),
    async deliver(message) {
      const { sale, key } = message;
      const event = { tenantId: sale.tenantId, eventId: sale.event.eventId };
      const isMade = !lacksTickets(sale);
      const tickets =
        isMade && withTickets.has(key.kind) ? await drawTickets(sale, await lookOf(event)) : null;
      const links = sale.heldBy === null ? linksOf(key.tenantId, key.transactionId) : null;
      const { logoSha256 } = message.voice.brand;
      const hasLogo = logoSha256 !== null && publicUrl !== undefined;
      const logo = hasLogo && { brand_logo_url: logoPath(publicUrl, key.tenantId, logoSha256) };
      const facts = { ...logo, ...message.facts };
      const mail = writeSaleMail({ ...message, facts }, tickets, sender, links);
      const back = returnPaths && { returnPath: formatReturnPath(returnPaths, key) };
      return await mailer.deliver({ ...mail, ...back });
    },
  };
}
