import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createClient } from './pool.ts';

const folder = new URL('../../sql/', import.meta.url);
// Any constant does, as long as every process takes the same.
const advisoryLock = 7_214_906;

/**
 * Brings a database to the newest schema: every file of sql/ in the order of its number, each in a
 * transaction of its own, under a lock so that processes that start together do not meet.
 * @returns the names of the files that were applied now.
 * @throws when a file that was applied before has another content now.
 */
export async function migrate(url: string): Promise<string[]> {
  const client = createClient({ url, name: 'taquilla migrate' });
  await client.connect();
  try {
    await client.query('select pg_advisory_lock($1)', [advisoryLock]);
    await client.query(
      'create table if not exists migrations (name text primary key, digest text not null, applied_at timestamptz not null default now())',
    );
    const done = await client.query<{ name: string; digest: string }>('select name, digest from migrations');
    const digests = new Map(done.rows.map((row) => [row.name, row.digest]));
    const files = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
    const applied: string[] = [];
    for (const name of files) {
      const text = await readFile(new URL(name, folder), 'utf8');
      const digest = createHash('sha256').update(text).digest('hex');
      const before = digests.get(name);
      if (before === digest) continue;
      if (before) throw new Error(`${name} was changed after it was applied; add a new migration instead`);
      await client.query('begin');
      await client.query(text);
      await client.query('insert into migrations (name, digest) values ($1, $2)', [name, digest]);
      await client.query('commit');
      applied.push(name);
    }
    return applied;
  } finally {
    await client.end();
  }
}
