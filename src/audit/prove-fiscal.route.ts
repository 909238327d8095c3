import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import type { Clock } from '../base/ids.ts';
import type { Pool } from '../db/pool.ts';
import type { Reader } from '../db/transaction.ts';
import { summariseFiscalSeries } from '../fiscal/fiscal-summary.store.ts';
import type { App } from '../http/app.ts';
import { instantSchema, object } from '../http/schemas.ts';
import { sellerParamsSchema } from '../identity/identity.schema.ts';
import { runAudit } from './run-audit.ts';

const proofSchema = object({
  proven_at: instantSchema,
  holds: Type.Boolean({ description: 'Whether nothing violates any of the checks' }),
  series: Type.Array(
    object({
      series_id: Type.Integer(),
      kind: Type.Enum(['sales', 'credit_notes']),
      documents: Type.Integer(),
      first: Type.Union([Type.String(), Type.Null()]),
      last: Type.Union([Type.String(), Type.Null()]),
    }),
  ),
  checks: Type.Array(
    object({
      id: Type.String({ examples: ['I4 gap'] }),
      sentence: Type.String(),
      violations: Type.Integer(),
      culprits: Type.Array(Type.String(), { description: 'The first of them' }),
    }),
  ),
});

type Deps = { pool: Pool; reader: Reader; clock: Clock };

/** `GET /sellers/{id}/fiscal-proof`: that the seller's numbers have no gap, and that hashes, blocks and Zs hold. */
export function proveFiscalRoute(app: App, { pool, reader, clock }: Deps): void {
  let isRunning = false;
  app.get(
    '/sellers/:seller_id/fiscal-proof',
    {
      config: { right: 'fiscal.read', problems: ['overloaded'] },
      schema: {
        operationId: 'proveFiscal',
        tags: ['fiscal'],
        summary: 'Prove that no fiscal number is missing, by reading all documents',
        params: sellerParamsSchema,
        response: { 200: proofSchema },
      },
    },
    async (request) => {
      // It reads every document: one at a time leaves the connections to those who sell.
      if (isRunning)
        throw new Problem('overloaded', 'Another proof runs. Try again when it is done.', {
          retryAfterSeconds: 5,
        });
      isRunning = true;
      try {
        const { seller_id: tenantId } = request.params;
        const provenAt = clock.now();
        const { violations, lines } = await runAudit(pool, { tenantId, fiscalOnly: true });
        return {
          proven_at: provenAt.toISOString(),
          holds: violations === 0,
          series: await summariseFiscalSeries(reader, tenantId),
          checks: lines.map(({ id, sentence, count, culprits }) => ({
            id,
            sentence,
            violations: count,
            culprits: [...culprits],
          })),
        };
      } finally {
        isRunning = false;
      }
    },
  );
}
