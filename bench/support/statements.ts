import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Pool } from '../../src/db/pool.ts';
import { formatTable } from './result.ts';

/** What a server of a profiled run is started with. */
export const statementSettings = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'all',
  'pg_stat_statements.max': '2000',
  track_io_timing: 'on',
};

const shown = 40;
const textCharacters = 90;

type StatementRow = {
  top: boolean;
  calls: number;
  total_ms: number;
  mean_ms: number;
  rows: number;
  wal: number;
  query: string;
};

/** Begins to count what PostgreSQL does, statement by statement. @returns what ends it and writes the list. */
export async function watchStatements(
  pool: Pool,
  folder: string,
  name: string,
): Promise<() => Promise<void>> {
  await pool.query('create extension if not exists pg_stat_statements');
  await pool.query('select pg_stat_statements_reset()');
  return async () => {
    const { rows } = await pool.query<StatementRow>(
      `select toplevel as top, calls, round(total_exec_time::numeric)::integer as total_ms,
              round(mean_exec_time::numeric, 3)::real as mean_ms, rows, wal_bytes::bigint as wal, query
         from pg_stat_statements where dbid = (select oid from pg_database where datname = current_database())
        order by total_exec_time desc limit $1`,
      [shown],
    );
    const lines = rows.map(({ query, ...row }) => ({
      ...row,
      top: row.top ? 'top' : 'inner',
      query: query.replaceAll(/\s+/g, ' ').slice(0, textCharacters),
    }));
    writeFileSync(path.join(folder, `${name}.statements.txt`), `${formatTable(lines)}\n`);
  };
}
