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
] as const;
export type MessageKind = (typeof messageKinds)[number];

/** The ways a message can go; the order is the one in which screens show them. */
export const messageChannels = ['email', 'sms', 'whatsapp'] as const;
export type MessageChannel = (typeof messageChannels)[number];
