import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock, IdSource } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { actorOf } from '../http/guard.ts';
import { object } from '../http/schemas.ts';
import { recordChange } from '../identity/audit-log.store.ts';
import { blockParamsSchema, fiscalBlockSchema, toFiscalBlockAnswer } from './fiscal-block.schema.ts';
import { listBlocks, voidBlock } from './fiscal-block.store.ts';

type Deps = { pool: Pool; clock: Clock; ids: IdSource };

/** `POST /sellers/{id}/fiscal-series/{id}/blocks/{id}/void`: what a lost till or a rest has left is never issued. */
export function voidFiscalBlockRoute(app: App, { pool, clock, ids }: Deps): void {
  app.post(
    '/sellers/:seller_id/fiscal-series/:series_id/blocks/:block_id/void',
    {
      config: { right: 'fiscal.close', problems: ['fiscal_block_not_found', 'fiscal_block_in_use'] },
      schema: {
        operationId: 'voidFiscalBlock',
        tags: ['fiscal'],
        summary: 'Void the numbers that a lost till, or a rest that waits, has left',
        params: blockParamsSchema,
        body: object({
          reason: Type.String({ minLength: 1, maxLength: limits.voidReasonCharsMax, pattern: '\\S' }),
        }),
        response: { 200: fiscalBlockSchema },
      },
    },
    async (request) => {
      const { seller_id: tenantId, series_id: seriesId, block_id: blockNo } = request.params;
      const { reason } = request.body;
      const block = await transact(pool, async (tx) => {
        const voided = await voidBlock(tx, { tenantId, seriesId }, blockNo, reason);
        if (!voided) {
          const { blocks } = await listBlocks(
            tx,
            { tenantId, seriesId },
            { limit: 1, startingAfter: blockNo - 1 },
          );
          if (blocks[0]?.blockNo === blockNo) {
            throw new Problem('fiscal_block_in_use', 'It has nothing left, or a process is issuing from it.');
          }
          throw new Problem('fiscal_block_not_found', 'The series has no such block.');
        }
        await recordChange(tx, ids, {
          tenantId,
          at: clock.now(),
          actor: actorOf(request),
          verb: 'void',
          object: { kind: 'fiscal_block', id: `${seriesId}/${blockNo}` },
          after: { reason, first_number: voided.restNumber, last_number: voided.lastNumber },
        });
        return voided;
      });
      return toFiscalBlockAnswer(block);
    },
  );
}
