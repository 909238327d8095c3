import { Type } from 'typebox';
import { locales } from '../base/format.ts';
import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { messageKinds } from './message-kind.ts';
import { changedParts, readOverrides } from './template.store.ts';

/** `GET /sellers/{id}/templates`: every kind of message in every language, and what of it is the seller's own. */
export function listTemplatesRoute(app: App, deps: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/templates',
    {
      config: { right: 'templates.read' },
      schema: {
        operationId: 'listTemplates',
        tags: ['messages'],
        summary: 'The templates of messages',
        params: sellerParamsSchema,
        response: {
          200: object({
            data: Type.Array(
              object({ kind: Type.String(), locale: Type.String(), changed: Type.Array(Type.String()) }),
            ),
          }),
        },
      },
    },
    async ({ params }) => {
      const overrides = await readOverrides(deps.reader, params.seller_id);
      const data = messageKinds.flatMap((kind) =>
        locales.map((locale) => {
          const own = overrides.find((one) => one.kind === kind && one.locale === locale);
          return { kind, locale, changed: changedParts(own ?? null) };
        }),
      );
      return { data };
    },
  );
}
