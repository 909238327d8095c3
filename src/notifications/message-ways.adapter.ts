import { FairGate } from '../base/fair-gate.ts';
import { limits } from '../base/limits.ts';
import type { SaleLinks } from '../orders/sale-token.ts';
import type { EventKey } from '../base/ids.ts';
import type { TicketLook } from '../fulfilment/ticket-look.ts';
import { createEmailWay } from './email-way.ts';
import type { Mailer } from './message.ts';
import type { MessageWay, MessageWays } from './outgoing-message.ts';
import type { ReturnPaths } from './return-path.ts';
import type { TextChannels } from './text-channels.adapter.ts';
import { createTextWay } from './text-way.ts';

type Options = {
  mailer: Mailer;
  /** The address that mails come from. */
  sender: string;
  /** How the tickets of an event look. */
  lookOf(key: EventKey): Promise<TicketLook>;
  /** Where mails come back to; absent: to their sender. */
  returnPaths?: ReturnPaths | undefined;
  textChannels: TextChannels;
  /** The public address, if it is known. */
  publicUrl: string | undefined;
  /** The links of a sale, absolute; null when the public address is not known. */
  linksOf(tenantId: number, transactionId: string): SaleLinks | null;
};

/** The same way, with room for so many messages at once, which sellers share. */
function shared(way: MessageWay, roomMax: number): MessageWay {
  const gate = new FairGate<number>(roomMax);
  return {
    ...way,
    deliver: (message, attempt) => gate.run(message.key.tenantId, () => way.deliver(message, attempt)),
  };
}

/** Opens the ways to buyers. Each is shared by the sellers, so that one whose messages hang leaves room for the others. */
export function openMessageWays({
  mailer,
  sender,
  lookOf,
  textChannels,
  returnPaths,
  publicUrl,
  linksOf,
}: Options): MessageWays & { email: MessageWay } {
  const ways: MessageWays & { email: MessageWay } = {
    email: shared(
      createEmailWay({ mailer, sender, lookOf, returnPaths, publicUrl, linksOf }),
      limits.mailConnectionsMax,
    ),
  };
  for (const name of ['sms', 'whatsapp'] as const) {
    const channel = textChannels[name];
    if (channel) ways[name] = shared(createTextWay({ name, channel, linksOf }), limits.textsAtOnceMax);
  }
  return ways;
}
