import path from 'node:path';
import { createPool } from '../db/pool.ts';
import { startEmbeddedPostgres } from '../db/embedded-postgres.ts';
import { CommandError, type CommandContext } from './command.ts';

const oldestServer = 150_000;

/** A database that a command may use until it closes it. */
export type OpenDatabase = {
  url: string;
  /** What it is and where, for people, without its password. */
  description: string;
  close(): Promise<void>;
};

function whereOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname || 'localhost'}:${port || '5432'}${pathname}`;
}

function explainFailure(error: { code?: string; message: string }, url: string): CommandError {
  const where = whereOf(url);
  switch (error.code) {
    case 'ECONNREFUSED':
      return new CommandError(`no PostgreSQL answers at ${where}. Is it running, and is DATABASE_URL right?`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new CommandError(`the host of DATABASE_URL (${where}) is not known.`);
    case '28P01':
    case '28000':
      return new CommandError(`PostgreSQL at ${where} does not accept the user or password of DATABASE_URL.`);
    case '3D000':
      return new CommandError(`PostgreSQL at ${where} has no database of that name; create it first.`);
    default:
      return new CommandError(`PostgreSQL at ${where} cannot be used: ${error.message}.`);
  }
}

/** Says in one sentence why a database cannot be used, before anything else is started. */
async function probe(url: string): Promise<number> {
  const pool = createPool({ url, size: 1, name: 'taquilla probe' });
  try {
    const { rows } = await pool.query<{ version: number }>(
      `select current_setting('server_version_num')::int as version`,
    );
    return rows[0]!.version;
  } catch (error) {
    throw explainFailure(error as Error, url);
  } finally {
    await pool.end();
  }
}

async function openExternal(url: string): Promise<OpenDatabase> {
  const version = await probe(url);
  if (version < oldestServer) {
    throw new CommandError(`PostgreSQL at ${whereOf(url)} is too old (${version}); 15 or newer is needed.`);
  }
  const description = `PostgreSQL ${Math.floor(version / 10_000)} at ${whereOf(url)}`;
  return { url, description, close: async () => {} };
}

/** Opens the database that DATABASE_URL names, or the embedded one. */
export async function openDatabase(
  { config }: Pick<CommandContext, 'config'>,
  log: (line: string) => void,
): Promise<OpenDatabase> {
  if (config.databaseUrl !== undefined) return openExternal(config.databaseUrl);
  const dataDir = path.join(config.dataDir, 'postgres');
  let server;
  try {
    server = await startEmbeddedPostgres({ dataDir, log });
  } catch (error) {
    throw new CommandError(`the embedded PostgreSQL does not start: ${(error as Error).message}`);
  }
  const description = `embedded PostgreSQL at ${whereOf(server.url)}, kept in ${path.relative(process.cwd(), dataDir) || '.'}`;
  return { url: server.url, description, close: () => server.stop() };
}
