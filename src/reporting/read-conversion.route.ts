import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import { bulkParamsSchema, ownEventOf } from '../cancellation/bulk-refund.schema.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { readConversion, readEventName } from './live-report.store.ts';

const countSchema = Type.Integer({ minimum: 0 });
const counts = {
  placed: countSchema,
  confirmed: countSchema,
  expired: countSchema,
  released: countSchema,
  live: Type.Integer({ minimum: 0, description: 'Still held: nobody knows yet' }),
};

/** `GET /sellers/{id}/reports/events/{id}/conversion`: how many of the holds became sales. */
export function readConversionRoute(app: App, { reader, clock }: { reader: Reader; clock: Clock }): void {
  app.get(
    '/sellers/:seller_id/reports/events/:event_id/conversion',
    {
      config: { right: 'reports.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'readConversion',
        tags: ['reports'],
        summary: 'How many of the holds of the last hours became sales',
        params: bulkParamsSchema,
        querystring: object({
          hours: Type.Optional(Type.Integer({ minimum: 1, maximum: limits.conversionHoursMax, default: 24 })),
        }),
        response: {
          200: object({
            total: object({
              ...counts,
              conversion: Type.Union([Type.Number(), Type.Null()], {
                description: 'The share that became a sale, of those that are decided',
              }),
            }),
            data: Type.Array(object({ hour: instantSchema, ...counts })),
          }),
        },
      },
    },
    async ({ params, query: { hours = 24 } }) => {
      const key = ownEventOf(params);
      if ((await readEventName(reader, key)) === null)
        throw new Problem('event_not_found', 'This seller has no such event.');
      const since = new Date(clock.now().getTime() - hours * 3_600_000);
      const rows = await readConversion(reader, key, since);
      const sum = (name: keyof typeof counts) => rows.reduce((all, row) => all + row[name], 0);
      const placed = sum('placed');
      const live = sum('live');
      const confirmed = sum('confirmed');
      const conversion = placed === live ? null : confirmed / (placed - live);
      return {
        total: { placed, confirmed, expired: sum('expired'), released: sum('released'), live, conversion },
        data: rows.map(({ hour, ...row }) => ({ hour: hour.toISOString(), ...row })),
      };
    },
  );
}
