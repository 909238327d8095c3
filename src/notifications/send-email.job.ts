import type { StepHandler } from '../queue/queue.ts';
import type { MessageWay } from './outgoing-message.ts';
import { createMessageSender, type SenderDeps } from './send-messages.job.ts';

/**
 * Creates the handler of 'email': mails the tickets to the buyer. A worker that dies between the mail server's
 * acceptance and its mark sends again, with the same Message-ID and tickets.
 */
export function createEmailSender(deps: SenderDeps & { way: MessageWay }): StepHandler {
  return createMessageSender(deps, {
    name: 'email',
    waysOf: () => [deps.way],
    handsOver: ({ channels }) => channels.includes('email') && channels.at(-1) !== 'email',
  });
}
