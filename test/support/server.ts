import { pino } from 'pino';
import { systemClock, systemIds } from '../../src/base/ids.ts';
import { startTaquilla } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { migrateQueue } from '../../src/queue/queue.ts';
import path from 'node:path';

/** The whole system on a database of the test's own. */
export type TestServer = { url: string; stop(): Promise<void> };

type Options = {
  /** A migrated database. */
  databaseUrl: string;
  /** Settings beside the defaults, as the environment would give them. */
  env?: Record<string, string>;
  worker?: boolean;
};

/** Starts API, worker and shop in this process on a free port. */
export async function startServer({ databaseUrl, env = {}, worker = true }: Options): Promise<TestServer> {
  await migrateQueue(databaseUrl);
  const running = await startTaquilla({
    config: readConfig({ PORT: '0', DRAIN_SECONDS: '5', ...env }),
    databaseUrl,
    roles: { api: true, worker },
    clock: systemClock,
    ids: systemIds,
    logger: pino({ level: 'error' }, pino.destination(2)),
    version: 'test',
    shopDir: path.join(import.meta.dirname, '../../web/shop/dist'),
    consoleDir: path.join(import.meta.dirname, '../../web/console/dist'),
  });
  return { url: running.url!, stop: () => running.stop().then(() => undefined) };
}
