import { Type } from 'typebox';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object, transactionIdSchema } from '../http/schemas.ts';
import { openSale, saleNotFound } from '../orders/sale-token.ts';
import { timelineAnswer, timelineSchema } from './timeline.schema.ts';
import { readTimelineParts } from './timeline.store.ts';
import { forBuyer, timelineOf } from './timeline.ts';

type Deps = { secret: string; reader: Reader };

/** `GET /sales/transactions/{id}/timeline`: all that has happened to a sale, for whoever has its secret link. */
export function readTimelineRoute(app: App, deps: Deps): void {
  app.get(
    '/sales/transactions/:transaction_id/timeline',
    {
      config: { problems: ['transaction_not_found'] },
      schema: {
        operationId: 'readTimeline',
        tags: ['sales'],
        summary: 'All that has happened to a sale, also after it was completed',
        params: object({ transaction_id: transactionIdSchema }),
        querystring: object({ token: Type.Optional(Type.String({ maxLength: 64 })) }),
        response: { 200: timelineSchema },
      },
    },
    async ({ params, query }) => {
      const key = openSale(deps.secret, params.transaction_id, query.token);
      const parts = key && (await readTimelineParts(deps.reader, key));
      if (!parts) throw saleNotFound();
      return timelineAnswer(parts, forBuyer(timelineOf(parts)));
    },
  );
}
