import { after } from 'node:test';
import type { App } from '../../src/http/app.ts';
import { createDrain, type DrainLimits } from '../../src/http/drain.ts';
import { buildServer } from '../../src/http/server.ts';
import { createStreams, type Streams, type StreamsOptions } from '../../src/http/sse.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { ServiceMeter } from '../../src/telemetry/service-reading.ts';

type Options = {
  mount?: (app: App, streams: Streams) => void;
  shopDir?: string;
  doorDir?: string;
  consoleDir?: string;
  publicUrl?: string;
  streams?: Partial<StreamsOptions>;
};

/** The HTTP server without the system behind it, with the routes of a test. */
export type BareServer = {
  url: string;
  port: number;
  /** What was logged so far, a line each. */
  log: string[];
  streams: Streams;
  drain(limits: DrainLimits): Promise<boolean>;
};

/** Starts the HTTP server on a free port; it ends with the test file. */
export async function startBareServer(options: Options = {}): Promise<BareServer> {
  const log: string[] = [];
  const drain = createDrain();
  const streams = createStreams({
    max: 3,
    pingSeconds: 15,
    bufferedBytesMax: 65_536,
    behindSecondsMax: 15,
    ...options.streams,
  });
  const app = buildServer({
    logger: createLogger({ level: 'debug', destination: { write: (line) => void log.push(line) } }),
    metrics: createMetrics(),
    meter: new ServiceMeter(() => new Date()),
    trustProxy: false,
    publicUrl: options.publicUrl,
    version: 'test',
    shopDir: options.shopDir,
    doorDir: options.doorDir,
    consoleDir: options.consoleDir,
    isDraining: () => drain.started,
    mount: (scope) => options.mount?.(scope, streams),
  });
  drain.watch(app);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const ended = (limits: DrainLimits) => drain.run(app, streams, limits);
  after(() => ended({ delaySeconds: 0, limitSeconds: 1 }));
  return { url, port: Number(new URL(url).port), log, streams, drain: ended };
}
