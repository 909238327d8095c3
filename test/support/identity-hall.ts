import { createPool, type Pool } from '../../src/db/pool.ts';
import { createTestDatabase, type TestDatabase } from './database.ts';
import { createHttpClient } from './http-client.ts';
import { createSampleSeller } from './sample-sales.ts';
import { startServer } from './server.ts';

/** A server whose requests come from whatever address a test says, on a database of its own. */
export type IdentityHall = {
  database: TestDatabase;
  pool: Pool;
  url: string;
  client: ReturnType<typeof createHttpClient>;
  stop(): Promise<void>;
};

/**
 * Starts one, without a worker.
 * @param sellers how many sample sellers there are, from tenant 1 on.
 * @param env settings beside the defaults.
 */
export async function startIdentityHall(
  sellers: number,
  env: Record<string, string> = {},
): Promise<IdentityHall> {
  const database = await createTestDatabase();
  const pool = createPool({ url: database.url, size: 6, name: 'test' });
  for (let tenantId = 1; tenantId <= sellers; tenantId++) await createSampleSeller(pool, tenantId);
  const server = await startServer({
    databaseUrl: database.url,
    env: { TRUST_PROXY: 'loopback', ...env },
    worker: false,
  });
  const client = createHttpClient(server.url, 8);
  return {
    database,
    pool,
    url: server.url,
    client,
    async stop() {
      client.close();
      await server.stop();
      await pool.end();
      await database.drop();
    },
  };
}
