import { Type, type Static } from 'typebox';
import { object } from '../http/schemas.ts';
import { messageChannels } from './message-kind.ts';
import { channelSchema } from './message.schema.ts';
import type { MessageSettings } from './message-settings.store.ts';

const timeSchema = Type.String({
  pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$',
  maxLength: 5,
  description: "a time of day by the event's clock",
  examples: ['21:00'],
});

/** How a seller writes to its buyers and when it reminds them, as the API shows it. */
export const messageSettingsSchema = object({
  channels: Type.Array(channelSchema, {
    minItems: 1,
    maxItems: messageChannels.length,
    uniqueItems: true,
    description: 'In the order in which they are tried',
    examples: [['whatsapp', 'sms', 'email']],
  }),
  reminder_hours: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 720, description: 'Before an event; absent: nobody is reminded' }),
  ),
  quiet_from: timeSchema,
  quiet_until: timeSchema,
});

const toMinute = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
const toTime = (minute: number) =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;

/** A seller's settings as the API shows them. */
export function messageSettingsAnswer({ channels, reminderHours, quiet }: MessageSettings) {
  return {
    channels,
    ...(reminderHours !== null && { reminder_hours: reminderHours }),
    quiet_from: toTime(quiet.fromMinute),
    quiet_until: toTime(quiet.untilMinute),
  };
}

/** What a body says. */
export function messageSettingsOf(body: Static<typeof messageSettingsSchema>): MessageSettings {
  return {
    channels: body.channels,
    reminderHours: body.reminder_hours ?? null,
    quiet: { fromMinute: toMinute(body.quiet_from), untilMinute: toMinute(body.quiet_until) },
  };
}
