import type { Logger } from '../telemetry/logger.ts';
import type { ServiceMeter } from '../telemetry/service-reading.ts';
import { mountReadings, type ReadingsDeps } from './routes.ts';
import { buildServer } from './server.ts';

type Options = ReadingsDeps & {
  meter: ServiceMeter;
  logger: Logger;
  version: string;
  trustProxy: boolean | string[];
  host: string;
  /** Absent: nothing is shown. */
  metricsPort: number | undefined;
};

/** Shows what a process without an API says of itself, until it is stopped. @throws when the port cannot be had. */
export async function startReadings(
  options: Options,
): Promise<{ url: string; stop(): Promise<void> } | undefined> {
  const { host, metricsPort, logger, version, trustProxy, metrics, meter } = options;
  if (metricsPort === undefined) return undefined;
  const app = buildServer({
    logger,
    metrics,
    meter,
    trustProxy,
    publicUrl: undefined,
    version,
    shopDir: undefined,
    doorDir: undefined,
    consoleDir: undefined,
    isDraining: () => false,
    mount: (scope) => mountReadings(scope, options),
  });
  const url = await app.listen({ host, port: metricsPort });
  return { url, stop: () => app.close() };
}
