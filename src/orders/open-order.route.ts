import { Type } from 'typebox';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { openShortCode, saleLinks, saleNotFound } from './sale-token.ts';

type Deps = { secret: string; publicUrl: string | undefined };

/** `GET /o/{code}`: the short link of an SMS leads to the order's page. */
export function openOrderRoute(app: App, deps: Deps): void {
  app.get(
    '/o/:code',
    {
      config: { problems: ['transaction_not_found'] },
      schema: {
        operationId: 'openOrder',
        tags: ['sales'],
        summary: 'The short link to an order: a redirect to its page',
        params: object({ code: Type.String() }),
      },
    },
    async ({ params }, reply) => {
      const key = openShortCode(deps.secret, params.code);
      if (!key) throw saleNotFound();
      return reply.redirect(
        saleLinks(deps.secret, deps.publicUrl, key.tenantId, key.transactionId).page,
        302,
      );
    },
  );
}
