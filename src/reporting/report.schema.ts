import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { Type, type Static } from 'typebox';
import { formatEventId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { prefersCsv } from '../http/accept.ts';
import { currencySchema, eventIdSchema, instantSchema, moneySchema, object } from '../http/schemas.ts';
import type { EventReport } from './report.store.ts';
import { reportDaySchema } from './report-days.schema.ts';
import { writeCsv, type SalesSums } from './report.ts';
import { contentTypes, streamTable, type TableFormat } from './table-file.ts';

/** What every report may be asked for. */
export const reportQuery = {
  from: Type.Optional(reportDaySchema),
  to: Type.Optional(reportDaySchema),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: limits.reportRowsMax,
      description: `Rows of a page; ${limits.pageRowsDefault} where nothing is said, and as many as may be for a file`,
    }),
  ),
  format: Type.Optional(
    Type.Enum(['json', 'csv', 'xlsx'], { description: 'Where nothing is said, what Accept prefers' }),
  ),
};

const countSchema = Type.Integer({ minimum: 0 });
const returned = { description: 'Of what was sold, what was given back since' };

/** The sums of a report. */
export const sumsSchema = {
  tickets_sold: countSchema,
  net: moneySchema,
  discounts: moneySchema,
  fees: moneySchema,
  taxes: moneySchema,
  total: moneySchema,
  tickets_returned: Type.Integer({ minimum: 0, ...returned }),
  taxes_returned: Type.Integer({ minimum: 0, ...returned }),
  total_returned: Type.Integer({ minimum: 0, ...returned }),
};

/** What an event holds: all its places, and those that live holds keep right now. */
export const placesSchema = {
  capacity: countSchema,
  held: Type.Integer({ minimum: 0, description: 'Right now, whatever the days' }),
};

/** An event in a report, with its sums. */
export const eventReportSchema = object({
  event_id: eventIdSchema,
  name: Type.String(),
  starts_at: instantSchema,
  currency: currencySchema,
  ...placesSchema,
  ...sumsSchema,
});

/** Sums as the API writes them; what is not known is left out. */
export function toSumsAnswer(sums: SalesSums) {
  return {
    tickets_sold: sums.ticketsSold,
    net: sums.net,
    discounts: sums.discounts,
    fees: sums.fees,
    taxes: sums.taxes,
    total: sums.total,
    tickets_returned: sums.ticketsReturned,
    taxes_returned: sums.taxesReturned,
    total_returned: sums.totalReturned,
  };
}

/** An event of a report as the API writes it. */
export function toEventReportAnswer(tenantId: number, report: EventReport): Static<typeof eventReportSchema> {
  const { eventId, name, startsAt, currency, capacity, held } = report;
  const event = { event_id: formatEventId({ tenantId, eventId }), name, starts_at: startsAt.toISOString() };
  return { ...event, currency, capacity, held, ...toSumsAnswer(report) };
}

/** How a report is wanted: as a file of this format or, with null, as JSON, and how many rows of it. */
export function readForm(
  query: { format?: 'json' | TableFormat; limit?: number },
  accept: string | undefined,
): { format: TableFormat | null; limit: number } {
  const asked = query.format ?? (prefersCsv(accept) ? 'csv' : 'json');
  const format = asked === 'json' ? null : asked;
  return { format, limit: query.limit ?? (format ? limits.reportRowsMax : limits.pageRowsDefault) };
}

/**
 * Sends a report as a file.
 * @param next the path of the page that follows, for the Link header (RFC 8288); null after the last.
 */
export function sendFile(
  reply: FastifyReply,
  rows: Parameters<typeof writeCsv>[0],
  file: { columns: readonly string[]; name: string; next: string | null; format: TableFormat },
): FastifyReply {
  const { columns, name, next, format } = file;
  if (next !== null) reply.header('link', `<${next}>; rel="next"`);
  reply.header('content-disposition', `attachment; filename="${name}.${format}"`).type(contentTypes[format]);
  if (format === 'csv') return reply.send(writeCsv(rows, columns));
  const cells = rows.map((row) => columns.map((column) => row[column] ?? ''));
  return reply.send(Readable.fromWeb(streamTable(cells, { columns, format, name: 'report' })));
}

/** The path of the page that follows. */
export function nextPage(url: string, cursor: string): string {
  const [path = '', query = ''] = url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('starting_after', cursor);
  return `${path}?${parameters.toString()}`;
}
