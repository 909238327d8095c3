import type { FastifyReply } from 'fastify';
import { Type, type Static } from 'typebox';
import { Problem } from '../base/errors.ts';
import { formatEventId } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { prefersCsv } from '../http/accept.ts';
import { currencySchema, eventIdSchema, instantSchema, moneySchema, object } from '../http/schemas.ts';
import type { EventReport } from './report.store.ts';
import { isDay, writeCsv, type DayRange, type SalesSums } from './report.ts';

const daySchema = Type.String({
  maxLength: 10,
  pattern: '^20\\d\\d-\\d\\d-\\d\\d$',
  description: "A day in the seller's time zone, included",
  examples: ['2026-11-24'],
});

/** What every report may be asked for. */
export const reportQuery = {
  from: Type.Optional(daySchema),
  to: Type.Optional(daySchema),
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: limits.reportRowsMax,
      description: `Rows of a page; ${limits.pageRowsDefault} where nothing is said, and as many as may be for CSV`,
    }),
  ),
  format: Type.Optional(
    Type.Enum(['json', 'csv'], { description: 'Where nothing is said, what Accept prefers' }),
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

/** A refusal of one parameter of the query. */
export function queryProblem(name: string, code: string, message: string): Problem {
  return new Problem('body_invalid', 'The query string is wrong; "errors" names each parameter.', {
    errors: [{ path: `query/${name}`, code, message }],
  });
}

/**
 * Reads the days of a report.
 * @throws Problem `body_invalid` for a day that no calendar has, and for an end before the start.
 */
export function readDays(query: { from?: string; to?: string }): DayRange {
  const { from = null, to = null }: Partial<DayRange> = query;
  for (const [name, day] of Object.entries({ from, to })) {
    if (day !== null && !isDay(day))
      throw queryProblem(name, 'day_invalid', 'needs to be a day that there is');
  }
  if (from !== null && to !== null && to < from) {
    throw queryProblem('to', 'range_invalid', 'needs to be the same day as "from", or a later one');
  }
  return { from, to };
}

/** How a report is wanted: as CSV, and how many rows of it. */
export function readForm(
  query: { format?: 'json' | 'csv'; limit?: number },
  accept: string | undefined,
): { csv: boolean; limit: number } {
  const csv = query.format === undefined ? prefersCsv(accept) : query.format === 'csv';
  return { csv, limit: query.limit ?? (csv ? limits.reportRowsMax : limits.pageRowsDefault) };
}

/**
 * Sends a report as a file of CSV.
 * @param next the path of the page that follows, for the Link header (RFC 8288); null after the last.
 */
export function sendCsv(
  reply: FastifyReply,
  rows: Parameters<typeof writeCsv>[0],
  { columns, name, next }: { columns: readonly string[]; name: string; next: string | null },
): FastifyReply {
  if (next !== null) reply.header('link', `<${next}>; rel="next"`);
  reply.header('content-disposition', `attachment; filename="${name}.csv"`);
  return reply.type('text/csv; charset=utf-8; header=present').send(writeCsv(rows, columns));
}

/** The path of the page that follows. */
export function nextPage(url: string, cursor: string): string {
  const [path = '', query = ''] = url.split('?');
  const parameters = new URLSearchParams(query);
  parameters.set('starting_after', cursor);
  return `${path}?${parameters.toString()}`;
}
