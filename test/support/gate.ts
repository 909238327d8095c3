import type { Pool } from '../../src/db/pool.ts';
import { waitUntil } from './wait.ts';

/** The key of the advisory lock that stands for the gate; whoever passes takes it shared, for its transaction. */
export const gate = 7_001;

/**
 * Runs work whose statements wait at the gate, and opens it once so many of them wait, there or for each other: so
 * whoever is not held up by a lock has decided before anybody has written.
 * @param query what the text of those statements contains.
 */
export async function throughGate<T>(
  pool: Pool,
  { query, count }: { query: string; count: number },
  work: () => Promise<T>,
): Promise<T> {
  const keeper = await pool.connect();
  try {
    await keeper.query('begin');
    await keeper.query('select pg_advisory_xact_lock($1)', [gate]);
    const running = work();
    await waitUntil('all wait', async () => {
      const { rows } = await pool.query<{ waiting: number }>(
        `select count(*)::int as waiting from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock' and strpos(query, $1) > 0`,
        [query],
      );
      return rows[0]!.waiting === count;
    });
    await keeper.query('commit');
    return await running;
  } finally {
    await keeper.query('rollback');
    keeper.release();
  }
}
