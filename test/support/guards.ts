import assert from 'node:assert/strict';
import type { Pool } from '../../src/db/pool.ts';

/**
 * Runs `work` while a guard is cut out of an SQL function's text, and puts it back. The control of a race test: with its
 * guard off, the test must fail.
 */
export async function withoutGuard(
  pool: Pool,
  name: string,
  guard: RegExp,
  replacement: string,
  work: () => Promise<void>,
): Promise<void> {
  const { rows } = await pool.query<{ source: string }>(
    'select pg_get_functiondef(oid) as source from pg_proc where proname = $1',
    [name],
  );
  const { source } = rows[0]!;
  assert.match(source, guard);
  await pool.query(source.replace(guard, replacement));
  try {
    await work();
  } finally {
    await pool.query(source);
  }
}
