import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { compileParts, templateAnswer } from './template-answer.ts';
import { templateBodySchema, templateParamsSchema, templateSchema } from './template.schema.ts';
import { changedParts, saveOverride, type TemplateOverride } from './template.store.ts';

/** `PUT /sellers/{id}/templates/{kind}/{locale}`: keeps the parts that are given; the others are the house's. */
export function saveTemplateRoute(app: App, deps: { pool: Pool }): void {
  app.put(
    '/sellers/:tenant_id/templates/:kind/:locale',
    {
      config: { right: 'templates.edit' },
      schema: {
        operationId: 'saveTemplate',
        tags: ['messages'],
        summary: 'Change a template; what is wrong is named with its line and column',
        params: templateParamsSchema,
        body: templateBodySchema,
        response: { 200: templateSchema },
      },
    },
    async ({ params: { tenant_id: tenantId, kind, locale }, body }) => {
      const compiled = compileParts({ kind, locale }, body);
      const override: TemplateOverride = {
        mail: body.mail ? { ...compiled.mail, html: compiled.html, plainText: compiled.text } : null,
        sms: body.sms ?? null,
        whatsapp: body.whatsapp ?? null,
      };
      await transact(deps.pool, (tx) => saveOverride(tx, tenantId, { kind, locale }, override));
      return templateAnswer({ kind, locale }, compiled, changedParts(override));
    },
  );
}
