import type { Clock } from '../base/ids.ts';
import type { Channel, ProviderSettings, TextContent } from './channel.ts';
import { createMetaWhatsappChannel } from './meta-whatsapp.adapter.ts';
import { createTwilioChannel } from './twilio.adapter.ts';

/** The providers that are configured, by what they carry. */
export type TextChannels = Partial<Record<TextContent['channel'], Channel>>;

/** Opens the ways to people's telephones. Meta carries WhatsApp before Twilio does. */
export function openTextChannels(
  { twilio, meta, callbacksUrl }: ProviderSettings,
  clock: Clock,
): TextChannels {
  const channels: TextChannels = {};
  if (twilio) {
    const callbackUrl = (reference: string) =>
      callbacksUrl === undefined ? null : `${callbacksUrl}/callbacks/twilio/messages/${reference}`;
    const channel = createTwilioChannel({ ...twilio, clock, callbackUrl });
    if (twilio.smsFrom !== undefined) channels.sms = channel;
    if (twilio.whatsappFrom !== undefined) channels.whatsapp = channel;
  }
  if (meta) channels.whatsapp = createMetaWhatsappChannel(meta);
  return channels;
}
