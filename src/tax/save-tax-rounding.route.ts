import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { countTaxChange, readTaxRounding, saveTaxRounding } from './tax-rule.store.ts';
import { taxesSchema } from './tax.schema.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

const { rounding, rounding_scope } = taxesSchema.properties;
const roundingSchema = object({ rounding, rounding_scope });

/** `PUT /sellers/{id}/taxes/rounding`: how taxes are rounded, once for a line or once for a document. */
export function saveTaxRoundingRoute(app: App, { pool, clock, ids }: Deps): void {
  app.put(
    '/sellers/:seller_id/taxes/rounding',
    {
      config: { right: 'catalog.edit' },
      schema: {
        operationId: 'saveTaxRounding',
        tags: ['prices'],
        summary: 'How taxes are rounded',
        params: sellerParamsSchema,
        body: roundingSchema,
        response: { 200: roundingSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId } = request.params;
      const { body } = request;
      await transact(pool, async (tx) => {
        await countTaxChange(tx, tenantId);
        const before = await readTaxRounding(tx, tenantId);
        await saveTaxRounding(tx, tenantId, { rounding: body.rounding, scope: body.rounding_scope });
        await recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'tax_rounding', id: String(tenantId) },
          before: { rounding: before.rounding, rounding_scope: before.tax_scope },
          after: { ...body },
        });
      });
      return body;
    },
  );
}
