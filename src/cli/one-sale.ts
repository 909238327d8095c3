import { createPool, type Pool } from '../db/pool.ts';
import type { Reader } from '../db/transaction.ts';
import { findSales } from '../orders/find-sales.store.ts';
import type { SaleKey } from '../orders/sale-token.ts';
import { CommandError, type CommandArguments, type CommandContext, type CommandOption } from './command.ts';
import { migrateDatabase } from './migrate.ts';
import { openDatabase } from './open-database.ts';

/** Which seller's, where a fiscal number is of several. */
export const sellerOption: CommandOption = {
  type: 'string',
  value: 'N',
  summary: 'The seller, where several have a sale of this number',
};

/** The number of a seller in the options, or null when none is named. */
export function readSellerOption(options: CommandArguments['options']): number | null {
  const text = options['seller'];
  if (text === undefined) return null;
  if (typeof text === 'string' && /^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new CommandError('--seller takes the number of a seller.');
}

/**
 * The sale that a person names.
 * @throws CommandError when there is none, or when several sellers have one of this fiscal number.
 */
export async function findOneSale(reader: Reader, text: string, tenantId: number | null): Promise<SaleKey> {
  const [sale, other] = await findSales(reader, text.trim(), tenantId);
  if (!sale) throw new CommandError(`there is no sale "${text}".`);
  if (other) throw new CommandError(`several sellers have a sale ${text}; name one with --seller.`);
  return sale;
}

/** Opens the database for a command that works on sales, and closes it after. */
export async function withDatabase(
  name: string,
  context: CommandContext,
  work: (pool: Pool, url: string) => Promise<number>,
): Promise<number> {
  const database = await openDatabase(context, context.err);
  const pool = createPool({ url: database.url, size: 2, name: `taquilla ${name}` });
  try {
    await migrateDatabase(database.url, context.err);
    return await work(pool, database.url);
  } finally {
    await pool.end();
    await database.close();
  }
}
