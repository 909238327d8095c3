import { failpoints } from '../base/failpoint.ts';
import { requireReplicated, type Client, type Pool } from './pool.ts';

export type Row = Record<string, unknown>;

/** Something that can read: a pool, or a transaction. */
export type Reader = {
  query<R extends Row>(statement: Statement): Promise<R[]>;
};

/** A statement; with a name it is prepared once a connection. */
export type Statement = { name?: string; text: string; values?: unknown[] };

declare const writes: unique symbol;

/** A transaction. Only a Tx can write, and it throws when used after its end. */
export type Tx = Reader & { readonly [writes]: true };

async function run<R extends Row>(client: Client | Pool, statement: Statement): Promise<R[]> {
  const result = await client.query<R>(statement);
  return result.rows;
}

function pointOf({ name, text }: Statement): string {
  return name ?? text.trim().split(/\s+/, 4).join(' ');
}

/** Runs a statement as `transactOnce` does, with a moment between it and its commit, at which its locks are held. */
async function runBreakably<R extends Row>(client: Client, statement: Statement): Promise<R[]> {
  const point = pointOf(statement);
  await failpoints?.reach(`before ${point}`);
  await client.query('begin');
  let rows: R[];
  try {
    rows = await run<R>(client, statement);
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
  await failpoints?.reach(`uncommitted ${point}`);
  await client.query('commit');
  await failpoints?.reach(`committed ${point}`);
  return rows;
}

/** A reader over the pool: each query on a connection of its own. */
export function reader(pool: Pool): Reader {
  return { query: (statement) => run(pool, statement) };
}

/**
 * Runs `work` in one transaction and returns its result once that is committed. Any error rolls back.
 * A connection whose end is unknown is thrown away, never given back.
 */
export async function transact<T>(pool: Pool, work: (tx: Tx) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let open = true;
  // A connection does one statement at a time; those that are asked for together take turns.
  let last: Promise<unknown> = Promise.resolve();
  let point = 'nothing';
  const tx = {
    query<R extends Row>(statement: Statement): Promise<R[]> {
      const use = () => {
        if (!open) throw new Error('a transaction was used after its end');
        return failpoints ? runAndReach() : run<R>(client, statement);
      };
      const runAndReach = async () => {
        const rows = await run<R>(client, statement);
        point = pointOf(statement);
        await failpoints?.reach(`uncommitted ${point}`);
        return rows;
      };
      if (!open) return use();
      const rows = last.then(use);
      last = rows.catch(() => undefined);
      return rows;
    },
  } as Tx;
  try {
    await client.query('begin');
    const result = await work(tx);
    open = false;
    await client.query('commit');
    requireReplicated(client);
    if (failpoints) await failpoints.reach(`committed ${point}`);
    client.release();
    return result;
  } catch (error) {
    open = false;
    // A rollback would wait behind the statement that has no answer.
    const broken = isUnanswered(error)
      ? error
      : await client.query('rollback').then(
          () => isConnectionError(error),
          (e: Error) => e,
        );
    client.release(broken);
    throw error;
  }
}

/** Reads over one snapshot of the whole database, and leaves nothing behind. */
export function readSnapshot<T>(pool: Pool, work: (reader: Reader) => Promise<T>): Promise<T> {
  return transact(pool, async (tx) => {
    await tx.query({ text: 'set transaction isolation level repeatable read, read only' });
    return await work(tx);
  });
}

/**
 * Runs one statement that is a transaction by itself (autocommit): one round trip, one flush. This is
 * how a group's function is called.
 */
export async function transactOnce<R extends Row>(pool: Pool, statement: Statement): Promise<R[]> {
  const client = await pool.connect();
  try {
    const rows = failpoints ? await runBreakably<R>(client, statement) : await run<R>(client, statement);
    requireReplicated(client);
    client.release();
    return rows;
  } catch (error) {
    // A server-side error leaves the connection sound; anything else leaves it in an unknown state.
    const sound = typeof (error as { severity?: unknown }).severity === 'string' && !isConnectionError(error);
    client.release(!sound);
    throw error;
  }
}

/** Whether the answer to a statement did not come in time (`answerSecondsMax` of the pool). */
function isUnanswered(error: unknown): error is Error {
  return error instanceof Error && error.message === 'Query read timeout';
}

/** Whether an error means that the connection is gone, and so the outcome of what ran is unknown. */
export function isConnectionError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  if (typeof code !== 'string')
    return /terminated|timeout|ended|closed|not queryable/i.test((error as Error).message);
  return /^(08|57P|25006$|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_|EHOST|ENET)/.test(code);
}

/** Whether a lock was not to be had within `lock_timeout`. */
export function isLockTimeout(error: unknown): boolean {
  return (error as { code?: unknown }).code === '55P03';
}

/**
 * Whether the same work may succeed a moment later: the server went away, stands by or does not answer, a lock was not to
 * be had, a statement took too long (57014), or this transaction was the one to give way (serialization failure 40001,
 * deadlock 40P01).
 */
export function isPassingError(error: unknown): boolean {
  const code = (error as { code?: unknown }).code;
  if (isConnectionError(error) || isLockTimeout(error)) return true;
  // Class 53 is what the server lacks: disk, memory, connections.
  return code === '40001' || code === '40P01' || code === '57014' || String(code).startsWith('53');
}
