import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { Problem } from '../base/errors.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import { readSnapshot } from '../db/transaction.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { csvLine } from './fiscal-export.ts';
import { exportFiscal, exportRecords, type ExportKind, type ExportRecord } from './fiscal-export.store.ts';
import { sellerParamsSchema } from './fiscal-point.schema.ts';

function csvOf(rows: readonly ExportRecord[], isFirst: boolean): string {
  const columns = rows.map(({ record: _, ...facts }) => facts);
  const head = isFirst ? csvLine(Object.keys(columns[0]!)) : '';
  return head + columns.map((facts) => csvLine(Object.values(facts))).join('');
}

const jsonLinesOf = (rows: readonly ExportRecord[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');

/** Writes an export into a stream as fast as it is read, over one snapshot. */
async function write(
  to: Readable,
  room: () => Promise<void>,
  pool: Pool,
  tenantId: number,
  only?: ExportKind,
) {
  let isFirst = true;
  await readSnapshot(pool, async (tx) => {
    for await (const rows of exportFiscal(tx, tenantId, only)) {
      if (to.destroyed) return;
      if (!to.push(only === undefined ? jsonLinesOf(rows) : csvOf(rows, isFirst))) await room();
      isFirst = false;
    }
  });
  to.push(null);
}

/**
 * A stream that reads an export while it is read itself. A reader that is too slow, or goes away, is cut off: a
 * transaction that stays open keeps the database from clearing up.
 */
function openExport(pool: Pool, tenantId: number, only: ExportKind | undefined, onEnd: () => void): Readable {
  let goOn = () => {};
  const stream = new Readable({
    read: () => goOn(),
    destroy(error, done) {
      clearTimeout(timer);
      goOn();
      done(error);
    },
  });
  const timer = setTimeout(() => stream.destroy(), limits.fiscalExportSecondsMax * 1_000);
  const room = () => new Promise<void>((resolve) => (goOn = resolve));
  write(stream, room, pool, tenantId, only)
    .catch((error: Error) => stream.destroy(error))
    .finally(onEnd);
  return stream;
}

/** `GET /sellers/{id}/fiscal-export`: all numbers of a seller, which an accountant can check without us. */
export function exportFiscalRoute(app: App, { pool }: { pool: Pool }): void {
  let running = 0;
  app.get(
    '/sellers/:seller_id/fiscal-export',
    {
      config: { right: 'fiscal.read', problems: ['overloaded'] },
      schema: {
        operationId: 'exportFiscal',
        tags: ['fiscal'],
        summary: 'All fiscal documents, blocks and Zs as JSON lines, or one kind of record as CSV',
        params: sellerParamsSchema,
        querystring: object({ record: Type.Optional(Type.Enum([...exportRecords])) }),
        produces: ['application/jsonl', 'text/csv'],
      },
    },
    async (request, reply) => {
      if (running >= limits.fiscalExportsMax) {
        throw new Problem('overloaded', 'Another export runs. Try again when it is done.', {
          retryAfterSeconds: 10,
        });
      }
      const { seller_id: tenantId } = request.params;
      const { record } = request.query;
      running += 1;
      const stream = openExport(pool, tenantId, record, () => (running -= 1));
      const name = record === undefined ? `fiscal-${tenantId}.jsonl` : `fiscal-${tenantId}-${record}.csv`;
      return reply
        .type(record === undefined ? 'application/jsonl; charset=utf-8' : 'text/csv; charset=utf-8')
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(stream);
    },
  );
}
