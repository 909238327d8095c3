import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { formatEventId, formatZoneId, parseEventId, parseZoneId, type EventKey } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { eventIdSchema, moneySchema, object } from '../http/schemas.ts';
import { sellerIdSchema } from '../identity/identity.schema.ts';
import { queryProblem, readDays } from './report-days.schema.ts';
import {
  eventReportSchema,
  nextPage,
  placesSchema,
  readForm,
  reportQuery,
  sendFile,
  sumsSchema,
  toEventReportAnswer,
  toSumsAnswer,
} from './report.schema.ts';
import { readEventReports, readReportParts, type ReportRow } from './report.store.ts';
import { breakdowns, isDay, type Breakdown, type SalesSums } from './report.ts';

const partSchema = object({
  key: Type.String({
    description:
      'The id of the zone or tax rule, the code of the channel or price stage (empty: none), the start of the hour, the day',
  }),
  name: Type.Optional(Type.String({ description: "A zone's or tax's; of an hour, the seller's clock" })),
  ...Type.Partial(object({ ...placesSchema, ...sumsSchema })).properties,
  taxes: moneySchema,
});
const partColumns: Record<Breakdown, string[]> = {
  zone: ['key', 'name', ...Object.keys(placesSchema), ...Object.keys(sumsSchema)],
  tax: ['key', 'name', 'taxes'],
  channel: ['key', ...Object.keys(sumsSchema)],
  price_stage: ['key', ...Object.keys(sumsSchema)],
  hour: ['key', 'name', ...Object.keys(sumsSchema)],
  day: ['key', ...Object.keys(sumsSchema)],
};

function formatKey(event: EventKey, by: Breakdown, key: ReportRow['key']): string {
  if (by === 'zone') return formatZoneId(event, Number(key));
  return key instanceof Date ? key.toISOString() : String(key);
}

function parseKey(event: EventKey, by: Breakdown, text: string): ReportRow['key'] | null {
  const zone = by === 'zone' ? parseZoneId(text) : null;
  switch (by) {
    case 'zone':
      return zone?.tenantId === event.tenantId && zone.eventId === event.eventId ? zone.no : null;
    case 'tax':
      return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : null;
    case 'hour':
      return /^20\d\d-\d\d-\d\dT\d\d:\d\d:00\.000Z$/.test(text) && !Number.isNaN(Date.parse(text))
        ? text
        : null;
    case 'day':
      return isDay(text) ? text : null;
    case 'channel':
    case 'price_stage':
      return text;
  }
}

function readCursor(event: EventKey, by: Breakdown, text: string | undefined): ReportRow['key'] | null {
  if (text === undefined) return null;
  const key = parseKey(event, by, text);
  if (key !== null) return key;
  throw queryProblem('starting_after', 'id_invalid', `needs to be the key of a row by ${by}`);
}

function toPartAnswer(event: EventKey, by: Breakdown, row: ReportRow): Static<typeof partSchema> {
  const { key, name, taxes, capacity, held } = row;
  return {
    key: formatKey(event, by, key),
    ...(name === null ? {} : { name }),
    ...(capacity === undefined ? {} : { capacity, held }),
    ...(by === 'tax' ? { taxes } : toSumsAnswer(row as SalesSums)),
  };
}

/** `GET /sellers/{id}/reports/events/{id}`: an event's sales by zone, tax, channel, price stage, hour or day; JSON, CSV or XLSX. */
export function readEventReportRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/reports/events/:event_id',
    {
      config: { right: 'reports.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'readEventReport',
        tags: ['reports'],
        summary: 'What an event sold, and a list of its parts',
        params: object({ seller_id: sellerIdSchema, event_id: eventIdSchema }),
        querystring: object({
          ...reportQuery,
          by: Type.Optional(Type.Enum([...breakdowns], { default: 'zone' })),
          starting_after: Type.Optional(Type.String({ maxLength: 64 })),
        }),
        response: {
          200: object({
            event: eventReportSchema,
            timezone: Type.String({ examples: ['America/Caracas'] }),
            by: Type.Enum([...breakdowns]),
            data: Type.Array(partSchema),
            has_more: Type.Boolean(),
          }),
        },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId, event_id: id } = request.params;
      const { by = 'zone', starting_after } = request.query;
      const days = readDays(request.query);
      const { format, limit } = readForm(request.query, request.headers.accept);
      const key = parseEventId(id);
      const { eventId = 0 } = key?.tenantId === tenantId ? key : {};
      const { events } = await readEventReports(reader, tenantId, days, { eventId, limit: 1 });
      const [event] = events;
      if (!key || !event) throw new Problem('event_not_found', 'This seller has no such event.');
      const after = readCursor(key, by, starting_after);
      const { rows, hasMore } = await readReportParts(reader, key, days, { by, after, limit });
      const data = rows.map((row) => toPartAnswer(key, by, row));
      if (!format) {
        const report = toEventReportAnswer(tenantId, event);
        return { event: report, timezone: event.timezone, by, data, has_more: hasMore };
      }
      const next = hasMore ? nextPage(request.url, data.at(-1)!.key) : null;
      const name = `event-${formatEventId(key)}-by-${by.replace('_', '-')}`;
      return sendFile(reply, data, { columns: partColumns[by], name, next, format });
    },
  );
}
