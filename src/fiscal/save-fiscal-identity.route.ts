import type { Clock, IdSource } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from './fiscal-point.schema.ts';
import { fiscalIdentitySchema } from './fiscal-identity.schema.ts';
import { changeFiscalIdentity } from './fiscal-identity.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `PUT /sellers/{id}/fiscal-identity`: what documents from now on say of the seller. */
export function saveFiscalIdentityRoute(app: App, { pool, clock, ids }: Deps): void {
  app.put(
    '/sellers/:seller_id/fiscal-identity',
    {
      config: {
        right: 'fiscal.edit',
        problems: [],
      },
      schema: {
        operationId: 'saveFiscalIdentity',
        tags: ['fiscal'],
        summary: 'Who the seller is on its documents; those that were issued stay as they are',
        params: sellerParamsSchema,
        body: fiscalIdentitySchema,
        response: { 200: fiscalIdentitySchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId } = request.params;
      const { legal_name, tax_id, address } = request.body;
      await transact(pool, async (tx) => {
        const to = { legalName: legal_name, taxId: tax_id, address: address ?? null };
        const before = await changeFiscalIdentity(tx, tenantId, to);
        await recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'change',
          object: { kind: 'fiscal_identity', id: String(tenantId) },
          before: { legal_name: before.legalName, tax_id: before.taxId, address: before.address },
          after: { legal_name, tax_id, address: to.address },
        });
      });
      return request.body;
    },
  );
}
