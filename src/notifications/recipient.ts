import type { Sale } from '../orders/sale.ts';
import { isMailAddress } from './message.ts';
import type { MessageChannel } from './message-kind.ts';
import { toE164 } from './phone-number.ts';
import type { Voice } from './template.ts';

/** Somebody by one channel: the address or the number as it goes to the provider. */
export type Recipient = { channel: MessageChannel; to: string };

/** The address or number that a text is for a channel, as it goes to the provider; null when it is none. */
export function readRecipient(channel: MessageChannel, text: string | null, voice: Voice): string | null {
  if (text === null) return null;
  if (channel === 'email') return isMailAddress(text) ? text : null;
  return toE164(text, voice.phoneCountry);
}

/** How a buyer can be reached, in the order in which the seller wants it tried. */
export function recipientsOf({ email, phone }: Sale['customer'], voice: Voice): Recipient[] {
  return voice.channels.flatMap((channel) => {
    const to = readRecipient(channel, channel === 'email' ? email : phone, voice);
    return to === null ? [] : [{ channel, to }];
  });
}
