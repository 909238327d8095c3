import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { compileParts, overrideFacts, templateAnswer } from './template-answer.ts';
import { templateBodySchema, templateParamsSchema, templateSchema } from './template.schema.ts';
import { changedParts, readOverride, saveOverride, type TemplateOverride } from './template.store.ts';

/** `PUT /sellers/{id}/templates/{kind}/{locale}`: keeps the parts that are given; the others are the house's. */
export function saveTemplateRoute(app: App, deps: { pool: Pool; ids: IdSource; clock: Clock }): void {
  app.put(
    '/sellers/:seller_id/templates/:kind/:locale',
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
    async (request) => {
      const { body } = request;
      const { seller_id: tenantId, kind, locale } = request.params;
      const compiled = compileParts({ kind, locale }, body);
      const override: TemplateOverride = {
        mail: body.mail ? { ...compiled.mail, html: compiled.html, plainText: compiled.text } : null,
        sms: body.sms ?? null,
        whatsapp: body.whatsapp ?? null,
      };
      await transact(deps.pool, async (tx) => {
        const before = await readOverride(tx, tenantId, { kind, locale });
        await saveOverride(tx, tenantId, { kind, locale }, override);
        await recordChange(tx, deps.ids, {
          tenantId,
          at: deps.clock.now(),
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'template', id: `${kind} ${locale}` },
          before: overrideFacts(before),
          after: overrideFacts(override),
        });
      });
      return templateAnswer({ kind, locale }, compiled, changedParts(override));
    },
  );
}
