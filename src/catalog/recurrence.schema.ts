import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import { parseLocalTime } from '../base/local-time.ts';
import { object } from '../http/schemas.ts';
import type { EventDraft } from './event-draft.ts';
import { datesOf, weekdays } from './recurrence.ts';

/** When an event takes place again, by the venue's clock. */
export const recurrenceSchema = object({
  frequency: Type.Enum(['daily', 'weekly', 'monthly']),
  interval: Type.Optional(Type.Integer({ minimum: 1, maximum: 52 })),
  weekdays: Type.Optional(Type.Array(Type.Enum([...weekdays]), { minItems: 1, maxItems: weekdays.length })),
  times: Type.Optional(
    Type.Array(Type.String({ maxLength: 5, pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' }), {
      minItems: 1,
      maxItems: 12,
      description: "Times of each day; the event's own when absent",
    }),
  ),
  count: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.recurringEventsMax })),
  until: Type.Optional(Type.String({ maxLength: 10, pattern: '^\\d{4}-\\d{2}-\\d{2}$' })),
});

function refuse(path: string, message: string): Problem {
  return new Problem('recurrence_invalid', message, {
    errors: [{ path, code: 'recurrence_invalid', message }],
  });
}

/** The dates of a rule after an event's own. @throws Problem `recurrence_invalid` for none and for too many. */
export function readDates(event: EventDraft, rule: Static<typeof recurrenceSchema>): Date[] {
  const { frequency, interval = 1, weekdays: days = [], times = [], count, until } = rule;
  if ((count === undefined) === (until === undefined))
    throw refuse('/count', 'A rule ends by a number of events or by a day: give one of them.');
  if (days.length > 0 && frequency !== 'weekly')
    throw refuse('/weekdays', 'Only a weekly rule names days of the week.');
  if (until !== undefined && !parseLocalTime(`${until}T00:00`))
    throw refuse('/until', `There is no day ${until}.`);
  const minutes = times.map((time) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3)));
  const dates = datesOf(
    { frequency, interval, weekdays: days, minutes, count: count ?? null, until: until ?? null },
    event.startsAt,
    event.timezone,
    limits.recurringEventsMax,
  );
  if (dates.length === 0) throw refuse('/until', 'The rule makes no event after the first.');
  if (dates.length > limits.recurringEventsMax)
    throw refuse('/until', `The rule makes more than ${limits.recurringEventsMax} events.`);
  return dates;
}
