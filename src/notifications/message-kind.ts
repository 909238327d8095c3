/** What a message is about; the order is the one of SQL's `message_kind`. */
export const messageKinds = [
  'confirmation',
  'tickets',
  'payment_received',
  'payment_reminder',
  'event_reminder',
  'event_changed',
  'event_cancelled',
  'refund',
  'ticket_offered',
  'ticket_accepted',
] as const;
export type MessageKind = (typeof messageKinds)[number];

/** What goes to whoever takes a ticket over, who is told nothing of its buyer nor of the order. */
export type ReceiverKind = Extract<MessageKind, 'ticket_offered' | 'ticket_accepted'>;

/** Whether a message goes to whoever takes a ticket over, in place of the buyer. */
export function isForReceiver(kind: MessageKind): kind is ReceiverKind {
  return kind === 'ticket_offered' || kind === 'ticket_accepted';
}

/** The ways a message can go; the order is the one in which screens show them. */
export const messageChannels = ['email', 'sms', 'whatsapp'] as const;
export type MessageChannel = (typeof messageChannels)[number];

/** The order in which ways are tried unless a seller says otherwise; the same as SQL's default. */
export const channelOrder: readonly MessageChannel[] = ['whatsapp', 'sms', 'email'];
