import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { mergeOverride } from './seller-templates.store.ts';
import { templateAnswer } from './template-answer.ts';
import { templateParamsSchema, templateSchema } from './template.schema.ts';
import { changedParts, readOverride } from './template.store.ts';

/** `GET /sellers/{id}/templates/{kind}/{locale}`: a template as it is written, and what may stand in it. */
export function readTemplateRoute(app: App, deps: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/templates/:kind/:locale',
    {
      config: { right: 'templates.read' },
      schema: {
        operationId: 'readTemplate',
        tags: ['messages'],
        summary: 'One template',
        params: templateParamsSchema,
        response: { 200: templateSchema },
      },
    },
    async ({ params: { seller_id: tenantId, kind, locale } }) => {
      const override = await readOverride(deps.reader, tenantId, { kind, locale });
      return templateAnswer(
        { kind, locale },
        mergeOverride({ kind, locale }, override),
        changedParts(override),
      );
    },
  );
}
