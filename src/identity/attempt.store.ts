import type { Pool } from '../db/pool.ts';
import { transactOnce, type Row } from '../db/transaction.ts';
import { tooManyAttempts, type AttemptCount, type AttemptRule } from './attempt.ts';

/** Counts an attempt under a key; a window begins with its first. Processes that count at once lose none. */
export async function countAttempt(
  pool: Pool,
  key: string,
  rule: AttemptRule,
  now: Date,
): Promise<AttemptCount> {
  const [row] = await transactOnce<Row & { count: number; window_ends_at: Date }>(pool, {
    name: 'count-attempt',
    text: `insert into attempts as a (key, count, window_ends_at) values ($1, 1, $2)
           on conflict (key) do update
              set count = case when a.window_ends_at <= $3 then 1 else a.count + 1 end,
                  window_ends_at = case when a.window_ends_at <= $3 then excluded.window_ends_at else a.window_ends_at end
           returning count, window_ends_at`,
    values: [key, new Date(now.getTime() + rule.windowSeconds * 1000), now],
  });
  return {
    allowed: row!.count <= rule.max,
    retryAfterSeconds: Math.ceil((row!.window_ends_at.getTime() - now.getTime()) / 1000),
  };
}

/** Counts an attempt. @throws Problem `too_many_attempts` when it is one too many. */
export async function requireAttempt(pool: Pool, key: string, rule: AttemptRule, now: Date): Promise<void> {
  const { allowed, retryAfterSeconds } = await countAttempt(pool, key, rule, now);
  if (!allowed) throw tooManyAttempts(retryAfterSeconds);
}

/** Forgets the attempts under a key, once one has succeeded. */
export async function forgetAttempts(pool: Pool, key: string): Promise<void> {
  await transactOnce(pool, { text: 'delete from attempts where key = $1', values: [key] });
}
