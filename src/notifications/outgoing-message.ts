import type { Sale } from '../orders/sale.ts';
import type { Channel, MessageCost } from './channel.ts';
import type { MessageChannel } from './message-kind.ts';
import type { MessageKey } from './message-reference.ts';
import type { Voice } from './template.ts';
import type { Facts } from './template-variables.ts';

/** A message that is about to be sent. */
export type OutgoingMessage = {
  key: MessageKey;
  sale: Sale;
  /** The address or number, as the way writes it. */
  to: string;
  voice: Voice;
  /** What it says beyond what its sale says, such as the amount of a refund. */
  facts: Facts;
  /** Since when it has been there: what a provider had before was another message. */
  since: Date;
};

/**
 * What came of an attempt; sentences are for the people who read the sale. `untried`: nothing was sent, since the
 * provider is known to be away or busy, so it counts as no attempt.
 */
export type Sent =
  | {
      outcome: 'accepted';
      detail: string;
      raw?: Buffer;
      provider?: { name: Channel['provider']; id: string; cost: MessageCost | null };
    }
  | { outcome: 'refused'; reason: string }
  | { outcome: 'postponed'; reason: string; untried?: true; retryAfterSeconds?: number };

/** One way to a buyer: mail, SMS or WhatsApp, by one provider. */
export type MessageWay = {
  channel: MessageChannel;
  /** What stands in the log of messages: a mail's subject, and the name under which a repetition is recognised. */
  describe(message: OutgoingMessage): { subject: string; messageId: string };
  /** Makes the message and sends it. @param attempt 1 for the first. What it throws postpones the message. */
  deliver(message: OutgoingMessage, attempt: number): Promise<Sent>;
};

/** The ways that are configured. */
export type MessageWays = Partial<Record<MessageChannel, MessageWay>>;
