import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { formatEventId, parseEventId, type EventKey } from '../base/ids.ts';
import { bulkParamsSchema, ownEventOf } from '../cancellation/bulk-refund.schema.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { eventIdSchema, object } from '../http/schemas.ts';
import { findEventBefore, readEventName, readSoldHours, readSoldStages } from './live-report.store.ts';

const soldSchema = object({
  event_id: eventIdSchema,
  name: Type.String(),
  hours: Type.Array(
    object({
      hour: Type.Integer({ description: 'Hours since the first sale' }),
      tickets: Type.Integer(),
      total: Type.Integer(),
    }),
    {
      description: 'What was sold in that hour, less what of it went back; hours without sales are left out',
    },
  ),
  stages: Type.Array(
    object({
      stage: Type.String({ description: 'Empty: of no stage' }),
      tickets: Type.Integer(),
      total: Type.Integer(),
    }),
  ),
});

async function readSold(reader: Reader, key: EventKey): Promise<Static<typeof soldSchema>> {
  const name = await readEventName(reader, key);
  if (name === null) throw new Problem('event_not_found', `There is no event ${formatEventId(key)}.`);
  const [hours, stages] = await Promise.all([readSoldHours(reader, key), readSoldStages(reader, key)]);
  return { event_id: formatEventId(key), name, hours, stages };
}

/** `GET /sellers/{id}/reports/events/{id}/comparison`: how an event sells beside another, since the first sale of each. */
export function compareEventsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/reports/events/:event_id/comparison',
    {
      config: { right: 'reports.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'compareEvents',
        tags: ['reports'],
        summary: 'What an event sold by hour and by price stage, beside another event',
        params: bulkParamsSchema,
        querystring: object({
          against: Type.Optional({
            ...eventIdSchema,
            description: 'Where nothing is said, the event before that sold something',
          }),
        }),
        response: {
          200: object({ event: soldSchema, against: Type.Union([soldSchema, Type.Null()]) }),
        },
      },
    },
    async ({ params, query }) => {
      const key = ownEventOf(params);
      const { tenantId } = key;
      const named = query.against === undefined ? null : parseEventId(query.against);
      if (query.against !== undefined && named?.tenantId !== tenantId)
        throw new Problem('event_not_found', `There is no event ${query.against}.`);
      const event = await readSold(reader, key);
      const eventId = named?.eventId ?? (await findEventBefore(reader, key));
      return { event, against: eventId === null ? null : await readSold(reader, { tenantId, eventId }) };
    },
  );
}
