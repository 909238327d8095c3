import type { FastifyRequest } from 'fastify';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import {
  bulkActionAnswer,
  bulkActionSchema,
  bulkRefundBodySchema,
  bulkResendBodySchema,
} from './bulk-action.schema.ts';
import { readBulkActions, startBulkAction } from './bulk-action.store.ts';
import type { BulkTerms } from './bulk-action.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** Begins a bulk action over chosen sales, and tells of it as it stands. */
async function start(
  { pool, clock, ids }: Deps,
  request: FastifyRequest,
  asked: { tenantId: number; saleIds: string[]; terms: BulkTerms },
) {
  const { tenantId, saleIds, terms } = asked;
  const action = { tenantId, bulkId: ids.uuid(), terms, actor: actorOf(request), createdAt: clock.now() };
  const made = await transact(pool, async (tx) => {
    const sales = await startBulkAction(tx, action, saleIds);
    if (sales === 0) throw new Problem('transaction_not_found', 'None of these is a sale of the seller.');
    await recordChange(tx, ids, {
      tenantId,
      at: action.createdAt,
      actor: action.actor,
      verb: `bulk_${terms.kind}`,
      object: { kind: 'bulk_action', id: action.bulkId },
      after: { sales },
    });
    const [begun] = await readBulkActions(tx, tenantId, { bulkId: action.bulkId, rows: 1, failures: 0 });
    return begun!;
  });
  return bulkActionAnswer(made);
}

const shared = { tags: ['sales desk'], params: sellerParamsSchema, response: { 202: bulkActionSchema } };
const described = `Up to ${limits.bulkActionSalesMax} sales, one by one; how far it is says the bulk action itself.`;

/** `POST /sellers/{id}/bulk-actions/resend|refund`: the same is done to each of many sales. */
export function startBulkActionRoute(app: App, deps: Deps): void {
  app.post(
    '/sellers/:seller_id/bulk-actions/resend',
    {
      config: { right: 'messages.replay', problems: ['transaction_not_found'] },
      schema: {
        ...shared,
        operationId: 'bulkResend',
        summary: "Send many sales' tickets once more",
        description: described,
        body: bulkResendBodySchema,
      },
    },
    async (request, reply) => {
      const { sale_ids: saleIds, channel } = request.body;
      const terms = { kind: 'resend' as const, channel };
      const answer = await start(deps, request, { tenantId: request.params.seller_id, saleIds, terms });
      return reply.code(202).send(answer);
    },
  );
  app.post(
    '/sellers/:seller_id/bulk-actions/refund',
    {
      config: { right: 'sales.refund', problems: ['transaction_not_found'] },
      schema: {
        ...shared,
        operationId: 'bulkRefund',
        summary: 'Refund many sales in whole, each with its credit note',
        description: described,
        body: bulkRefundBodySchema,
      },
    },
    async (request, reply) => {
      const { sale_ids: saleIds, reason, note, return_fees = true, resell = true } = request.body;
      const terms = {
        kind: 'refund' as const,
        reason,
        note: note ?? null,
        feesReturned: return_fees,
        resold: resell,
      };
      const answer = await start(deps, request, { tenantId: request.params.seller_id, saleIds, terms });
      return reply.code(202).send(answer);
    },
  );
}
