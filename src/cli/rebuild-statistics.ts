import { parseEventId, parseSellerId } from '../base/ids.ts';
import { createPool } from '../db/pool.ts';
import { transact } from '../db/transaction.ts';
import { rebuildStatistics } from '../reporting/statistics.store.ts';
import { CommandError, type Command } from './command.ts';
import { openDatabase } from './open-database.ts';

/** Reads `3` or `1-3` as the number of an event of this seller. */
function readEvent(tenantId: number, text: string | undefined): number | null {
  if (text === undefined) return null;
  const key = parseEventId(text.includes('-') ? text : `${tenantId}-${text}`);
  if (key?.tenantId === tenantId) return key.eventId;
  throw new CommandError(
    `--event takes an event of seller ${tenantId}, such as ${tenantId}-3, not "${text}".`,
  );
}

/** `taquilla rebuild-statistics SELLER`: the statistics anew from the sales, while tickets sell. */
export const rebuildStatisticsCommand: Command = {
  name: 'rebuild-statistics',
  summary: "Make a seller's statistics anew from its sales; safe while tickets sell",
  usage: 'SELLER',
  options: { event: { type: 'string', value: 'ID', summary: 'Only those of this event' } },
  positionals: { min: 1, max: 1 },
  async run({ options, positionals: [seller = ''] }, context) {
    const tenantId = parseSellerId(seller);
    if (tenantId === null) throw new CommandError(`SELLER is the number of a seller, not "${seller}".`);
    const eventId = readEvent(tenantId, options['event'] as string | undefined);
    const database = await openDatabase(context, context.err);
    const pool = createPool({ url: database.url, size: 1, name: 'taquilla rebuild-statistics' });
    try {
      const sales = await transact(pool, (tx) => rebuildStatistics(tx, tenantId, eventId));
      if (sales === null) {
        const what = eventId === null ? `seller ${tenantId}` : `event ${tenantId}-${eventId}`;
        throw new CommandError(`there is no ${what}.`);
      }
      context.out(`${sales} sales are in the statistics.`);
      return 0;
    } finally {
      await pool.end();
      await database.close();
    }
  },
};
