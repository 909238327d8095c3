import type { StepHandler } from '../queue/queue.ts';
import type { MessageChannel } from './message-kind.ts';
import type { MessageWays } from './outgoing-message.ts';
import { readRecipient } from './recipient.ts';
import { createMessageSender, type SenderDeps } from './send-messages.job.ts';

/**
 * Creates the handler of 'sms', the step of a buyer's telephone: writes that the tickets are there, by the first of the
 * seller's channels that works. What goes by WhatsApp becomes a step of its own (docs/decisions/0019). A worker that
 * dies between the provider's acceptance and its mark asks the provider first, or hears of it by a callback
 * (docs/decisions/0012).
 */
export function createTextSender(deps: SenderDeps & { ways: MessageWays }): StepHandler {
  return createMessageSender(deps, {
    name: 'sms',
    waysOf({ customer }, voice) {
      const channels: MessageChannel[] = [];
      for (const channel of voice.channels) {
        // The mail has a step of its own; what stands behind it takes over when it fails.
        if (channel === 'email' && readRecipient('email', customer.email, voice) !== null) break;
        if (channel !== 'email') channels.push(channel);
      }
      const ways = channels.flatMap((channel) => deps.ways[channel] ?? []);
      if (ways.length > 0) return ways;
      if (channels.length === 0) return 'The seller writes by mail first.';
      return 'No provider of SMS or WhatsApp is configured.';
    },
    handsOver: () => false,
  });
}
