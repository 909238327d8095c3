import type { Reader } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { listTaxRules, readTaxRounding } from './tax-rule.store.ts';
import { taxesSchema, taxRuleToJson } from './tax.schema.ts';

/** `GET /sellers/{id}/taxes`: the seller's tax rules with their history, and how it rounds. */
export function listTaxesRoute(app: App, { reader }: { reader: Reader }): void {
  app.get(
    '/sellers/:seller_id/taxes',
    {
      config: { right: 'catalog.read' },
      schema: {
        operationId: 'listTaxes',
        tags: ['prices'],
        summary: 'Taxes of the seller',
        params: sellerParamsSchema,
        response: { 200: taxesSchema },
      },
    },
    async ({ params: { seller_id: tenantId } }) => {
      const { rounding, tax_scope, tax_version } = await readTaxRounding(reader, tenantId);
      const rows = await listTaxRules(reader, tenantId);
      return {
        rounding,
        rounding_scope: tax_scope,
        tax_version,
        data: rows.map((row) => taxRuleToJson(tenantId, row)),
      };
    },
  );
}
