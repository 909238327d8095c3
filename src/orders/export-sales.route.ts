import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { toMajorUnits } from '../base/format.ts';
import type { Clock } from '../base/ids.ts';
import { limits } from '../base/limits.ts';
import type { Pool } from '../db/pool.ts';
import type { App } from '../http/app.ts';
import { object } from '../http/schemas.ts';
import { sellerParamsSchema, uuidSchema } from '../identity/identity.schema.ts';
import type { ChangeHub } from '../progress/change-hub.ts';
import { contentTypes, streamTable, tableFormats } from '../reporting/table-file.ts';
import { readSaleFilter, saleFilterQuery } from './sale-list.schema.ts';
import { listSales, type SaleFilter, type SaleRow } from './sale-search.store.ts';

type Deps = { pool: Pool; clock: Clock; changes: ChangeHub };

const columns = [
  'id',
  'status',
  'created_at',
  'fiscal_number',
  'event',
  'starts_at',
  'tickets',
  'seats',
  'currency',
  'total',
  'customer',
  'email',
  'phone',
  'document',
] as const;

function cellsOf(row: SaleRow) {
  return [
    row.transactionId,
    row.status,
    row.createdAt.toISOString(),
    row.fiscalNumber ?? '',
    row.eventName,
    row.startsAt.toISOString(),
    row.tickets,
    row.seats.join(' '),
    row.currency,
    toMajorUnits(row.total, row.currency),
    row.customerName,
    row.customerEmail ?? '',
    row.customerPhone ?? '',
    row.customerDocument ?? '',
  ];
}

/** Reads sales page by page as the file is taken, and tells how far it is. */
async function* readRows(
  { pool, clock }: Deps,
  tenantId: number,
  filter: SaleFilter,
  onRows: (rows: number, isComplete: boolean) => void,
) {
  let startingAfter: string | null = null;
  let rows = 0;
  let hasMore = true;
  while (hasMore && rows < limits.exportRowsMax) {
    const page = await listSales(pool, tenantId, filter, {
      startingAfter,
      limit: limits.exportPageRowsMax,
      now: clock.now(),
    });
    for (const sale of page.sales) yield cellsOf(sale);
    rows += page.sales.length;
    startingAfter = page.sales.at(-1)?.transactionId ?? null;
    hasMore = page.hasMore;
    onRows(rows, !hasMore);
  }
}

/** `GET /sellers/{id}/sales-export`: the sales of a list as a file, written while it is read. */
export function exportSalesRoute(app: App, deps: Deps): void {
  app.get(
    '/sellers/:seller_id/sales-export',
    {
      compress: false,
      config: { right: 'reports.read', problems: ['event_not_found'] },
      schema: {
        operationId: 'exportSales',
        tags: ['sales desk'],
        summary: 'Sales as CSV or XLSX; how far the file is, `streamChanges` tells as `export`',
        description: `Up to ${limits.exportRowsMax} rows, the newest first. Money in the currency's units.`,
        params: sellerParamsSchema,
        querystring: object({
          ...saleFilterQuery,
          format: Type.Optional(Type.Enum([...tableFormats], { default: 'csv' })),
          export_id: Type.Optional({
            ...uuidSchema,
            description: 'By which its progress is told; chosen by who asks',
          }),
        }),
        produces: Object.values(contentTypes),
      },
    },
    async ({ params: { seller_id: tenantId }, query }, reply) => {
      const { format = 'csv', export_id: exportId } = query;
      const filter = readSaleFilter(tenantId, query);
      const onRows = (rows: number, isComplete: boolean) => {
        if (exportId !== undefined) deps.changes.tellExport(tenantId, { exportId, rows, isComplete });
      };
      const rows = readRows(deps, tenantId, filter, onRows);
      const file = streamTable(rows, { columns, format, name: 'sales' });
      return reply
        .header('content-disposition', `attachment; filename="seller-${tenantId}-sales.${format}"`)
        .type(contentTypes[format])
        .send(Readable.fromWeb(file));
    },
  );
}
