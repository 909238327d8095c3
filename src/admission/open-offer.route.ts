import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { transferLink } from '../orders/sale-token.ts';
import { tokenOfCode } from './receiver-links.ts';

/** `GET /t/{code}`: the short link of an SMS leads to where a ticket is taken. */
export function openOfferRoute(app: App, deps: { publicUrl: string | undefined }): void {
  app.get(
    '/t/:code',
    {
      config: { problems: ['transfer_not_found'] },
      schema: {
        operationId: 'openOffer',
        tags: ['tickets'],
        summary: 'The short link to an offered ticket: a redirect to its page',
        params: object({ code: Type.String() }),
      },
    },
    async ({ params }, reply) => {
      const token = tokenOfCode(params.code);
      if (token === null) throw new Problem('transfer_not_found', 'This link is not complete.');
      return reply.redirect(transferLink(deps.publicUrl, token), 302);
    },
  );
}
