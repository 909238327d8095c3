import { Type } from 'typebox';
import { stepNames } from '../base/step.ts';
import { instantSchema, object, transactionIdSchema } from '../http/schemas.ts';
import { messageChannels, messageKinds } from '../notifications/message-kind.ts';
import { formatMessageReference } from '../notifications/message-reference.ts';
import { timelineEvents, type TimelineEntry, type TimelineParts } from './timeline.ts';

/** A sale's timeline. */
export const timelineSchema = object({
  transaction_id: transactionIdSchema,
  fiscal_number: Type.Union([Type.String(), Type.Null()]),
  status: Type.String(),
  timezone: Type.String({ description: "The seller's", examples: ['America/Caracas'] }),
  data: Type.Array(
    object({
      at: instantSchema,
      event: Type.Enum([...timelineEvents]),
      step: Type.Optional(Type.Enum([...stepNames])),
      message_id: Type.Optional(Type.String()),
      channel: Type.Optional(Type.Enum([...messageChannels])),
      kind: Type.Optional(Type.Enum([...messageKinds])),
      occasion: Type.Optional(Type.Integer()),
      to: Type.Optional(Type.String()),
      attempt: Type.Optional(Type.Integer()),
      by: Type.Optional(Type.String({ description: 'Who asked for it' })),
      detail: Type.Optional(Type.String({ description: 'In words' })),
    }),
    { description: 'From the first to the last' },
  ),
});

function entryAnswer({ at, message, ...rest }: TimelineEntry) {
  const about = message && {
    message_id: formatMessageReference(message),
    channel: message.channel,
    kind: message.kind,
    occasion: message.occasionNo,
  };
  return { at: at.toISOString(), ...rest, ...about };
}

/** A sale's timeline as the API shows it. */
export function timelineAnswer(
  { sale, timezone }: Pick<TimelineParts, 'sale'> & { timezone: string },
  entries: readonly TimelineEntry[],
) {
  return {
    transaction_id: sale.transactionId,
    fiscal_number: sale.fiscalNumber,
    status: sale.status,
    timezone,
    data: entries.map(entryAnswer),
  };
}
