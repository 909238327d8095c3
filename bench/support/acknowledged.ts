import type { Pool } from '../../src/db/pool.ts';
import { formatFiscalNumber } from '../../src/fiscal/fiscal-number.ts';
import type { Acknowledged } from '../load/job.ts';

/** What the clients of a database were told. */
export type Kept = {
  acknowledged: Acknowledged[];
  /** Confirms whose answer never came: each may have made a sale. */
  inDoubt: number;
  /** Sales that were made without these clients: before their load, or beside it. */
  otherSales: number;
  /** Whose sales are compared; absent, all. */
  tenantId?: number;
};

type SaleRow = { transaction_id: string; number: number; total: number; prefix: string; padding: number };

/** The sales that are in the database, page by page. */
async function* readSales(pool: Pool, tenantId: number | undefined): AsyncGenerator<SaleRow[]> {
  const pageRows = 50_000;
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const { rows } = await pool.query<SaleRow>(
      `select t.transaction_id, d.number, t.total, s.prefix, s.padding
         from transactions t
         join fiscal_documents d using (tenant_id, transaction_id)
         join fiscal_series s using (tenant_id, series_id)
        where t.transaction_id > $1 and ($2::integer is null or t.tenant_id = $2) order by t.transaction_id limit ${pageRows}`,
      [after, tenantId],
    );
    if (rows.length === 0) return;
    after = rows.at(-1)!.transaction_id;
    yield rows;
  }
}

/**
 * Compares answers with sales (I12): every 202 is in the database with its number and its total, and there is no
 * sale that nobody was told of, unless an answer was lost.
 * @returns the faults, a sentence each.
 */
export async function findUnkept(pool: Pool, kept: Kept): Promise<string[]> {
  const { acknowledged, inDoubt, otherSales } = kept;
  const told = new Map<string, string>();
  for (const { transactionIds, fiscalNumbers, totals } of acknowledged) {
    transactionIds.forEach((id, i) => told.set(id, `${fiscalNumbers[i]} ${totals[i]}`));
  }
  const faults: string[] = [];
  const answers = acknowledged.reduce((sum, one) => sum + one.transactionIds.length, 0);
  if (answers !== told.size) faults.push(`${answers} answers name ${told.size} sales`);
  let untold = 0;
  for await (const rows of readSales(pool, kept.tenantId)) {
    for (const { transaction_id: id, number, total, prefix, padding } of rows) {
      const answer = told.get(id);
      const sale = `${formatFiscalNumber(prefix, padding, number)} ${total}`;
      if (answer === undefined) untold++;
      else if (answer !== sale) faults.push(`sale ${id} is ${sale}, and its buyer was told ${answer}`);
      told.delete(id);
    }
  }
  if (untold > inDoubt + otherSales) {
    faults.push(`${untold} sales that nobody was told of, where ${inDoubt + otherSales} may be`);
  }
  faults.push(...[...told].map(([id, answer]) => `sale ${id} (${answer}) was answered and is not there`));
  return faults;
}
