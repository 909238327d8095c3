import { Type } from 'typebox';
import { formatEventId, parseEventId } from '../base/ids.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { eventIdSchema, list, object } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { queryProblem, readDays } from './report-days.schema.ts';
import {
  eventReportSchema,
  nextPage,
  readForm,
  reportQuery,
  sendFile,
  toEventReportAnswer,
} from './report.schema.ts';
import { readEventReports } from './report.store.ts';

const columns = Object.keys(eventReportSchema.properties);

function readCursor(tenantId: number, startingAfter: string | undefined): number | undefined {
  if (startingAfter === undefined) return undefined;
  const key = parseEventId(startingAfter);
  if (key?.tenantId === tenantId) return key.eventId;
  throw queryProblem('starting_after', 'id_invalid', 'needs to be the id of an event of this seller');
}

/** `GET /sellers/{id}/reports/events`: what each event sold, the newest event first; JSON, CSV or XLSX. */
export function listEventReportsRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/reports/events',
    {
      config: { right: 'reports.read' },
      schema: {
        operationId: 'listEventReports',
        tags: ['reports'],
        summary: 'What each event sold',
        params: sellerParamsSchema,
        querystring: object({ ...reportQuery, starting_after: Type.Optional(eventIdSchema) }),
        response: { 200: list(eventReportSchema) },
      },
    },
    async (request, reply) => {
      const { seller_id: tenantId } = request.params;
      const days = readDays(request.query);
      const { format, limit } = readForm(request.query, request.headers.accept);
      const before = readCursor(tenantId, request.query.starting_after);
      const { events, hasMore } = await readEventReports(reader, tenantId, days, { before, limit });
      const data = events.map((event) => toEventReportAnswer(tenantId, event));
      if (!format) return { data, has_more: hasMore };
      const last = hasMore ? formatEventId({ tenantId, eventId: events.at(-1)!.eventId }) : null;
      const next = last === null ? null : nextPage(request.url, last);
      return sendFile(reply, data, { columns, name: `seller-${tenantId}-events`, next, format });
    },
  );
}
