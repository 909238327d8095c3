import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { App } from '../http/app.ts';
import { principalOf } from '../http/guard.ts';
import { deviceParamsSchema } from '../identity/identity.schema.ts';
import { syncAnswerSchema, syncBodySchema, tillOf } from './till.schema.ts';
import type { Tills } from './tills.ts';

/** The lines of a body. A text that is no UTF-8 becomes one that its hash does not belong to. */
function readLines(body: { first_sequence: number; lines: string[] }) {
  return body.lines.map((text, i) => ({
    sequence: body.first_sequence + i,
    line: Buffer.from(text, 'base64url').toString('utf8').replaceAll('\0', '\uFFFD'),
  }));
}

/** `POST /sellers/{id}/tills/{id}/sync`: a till tells of what it sold, line by line in the order of its file. */
export function syncTillRoute(app: App, { tills }: { tills: Tills }): void {
  app.post(
    '/sellers/:seller_id/tills/:device_id/sync',
    {
      config: {
        right: 'tills.sell',
        problems: ['device_not_found', 'till_sequence_gap', 'fiscal_day_closed'],
      },
      schema: {
        operationId: 'syncTill',
        tags: ['tills'],
        summary:
          "Lines of a till's file, in order and at most so many at a time; lines that came before change nothing",
        description: `At most ${limits.tillSyncLinesMax} lines.`,
        params: deviceParamsSchema,
        body: syncBodySchema,
        response: { 200: syncAnswerSchema },
      },
    },
    async (request) => {
      const key = tillOf(request.params, principalOf(request));
      await tills.require(key);
      const lines = readLines(request.body);
      const results = await tills.sync(key, lines);
      const last = results.at(-1)!;
      if (last.outcome === 'gap') {
        const detail = `The next line that can be taken is ${last.expected}.`;
        throw new Problem('till_sequence_gap', detail, { members: { expected: last.expected } });
      }
      return {
        last_sequence: lines.at(-1)!.sequence,
        results: results.map((result, i) => ({
          sequence: lines[i]!.sequence,
          outcome: result.outcome as Exclude<typeof result.outcome, 'gap'>,
          ...('transactionId' in result && result.transactionId && { transaction_id: result.transactionId }),
        })),
      };
    },
  );
}
