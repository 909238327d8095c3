import type { Locale } from '../base/format.ts';

/** What a text message says: an SMS its words, a WhatsApp the template that Meta has approved and what fills it. */
export type TextContent =
  | { channel: 'sms'; body: string }
  | { channel: 'whatsapp'; template: string; locale: Locale; variables: readonly string[] };

/** An account at Twilio. */
export type TwilioAccount = {
  accountSid: string;
  authToken: string;
  /** A number in E.164, an alphanumeric sender, or the SID of a messaging service (`MG…`). */
  smsFrom: string | undefined;
  /** The number of the WhatsApp sender, in E.164. */
  whatsappFrom: string | undefined;
  /** `https://api.twilio.com`, unless a test says otherwise. */
  apiUrl: string;
};

/** A WhatsApp number at Meta. */
export type MetaNumber = {
  phoneNumberId: string;
  accessToken: string;
  /** With its version: `https://graph.facebook.com/v24.0`. */
  apiUrl: string;
};

/** The providers as they are configured; it can be copied from one thread to another. */
export type ProviderSettings = {
  /** Absent: no SMS, and no WhatsApp by Twilio. */
  twilio: TwilioAccount | undefined;
  /** Absent: no WhatsApp by Meta. */
  meta: MetaNumber | undefined;
  /** The public address, where providers tell what became of messages; absent, they are not asked to. */
  callbacksUrl: string | undefined;
};

/** An SMS or a WhatsApp message, ready to be handed to a provider. */
export type TextMessage = {
  /** The same for every attempt at the same message, and for no other (message-reference.ts). */
  reference: string;
  /** 1 at the first attempt: from the second on, the provider may have the message already. */
  attempt: number;
  /** Since when it has been there: what the provider had before was another message. */
  since: Date;
  /** E.164: `+584125550000`. */
  to: string;
  content: TextContent;
};

/** What a message costs, in millionths of the currency's unit: providers charge fractions of a cent. */
export type MessageCost = { micros: number; currency: string };

/**
 * What came of handing a message to a provider; `reason` is a sentence for the people who read the sale. `untried`:
 * nothing was sent, since the provider is known to be away or busy.
 */
export type ChannelDelivery =
  | { outcome: 'accepted'; providerId: string; cost?: MessageCost }
  | { outcome: 'postponed'; reason: string; retryAfterSeconds?: number; untried?: true }
  | { outcome: 'refused'; reason: string };

/** A way to people's telephones. It never throws: what goes wrong is an outcome. */
export type Channel = {
  /** As it stands in `messages.provider`. */
  provider: 'twilio' | 'meta';
  deliver(message: TextMessage): Promise<ChannelDelivery>;
};
