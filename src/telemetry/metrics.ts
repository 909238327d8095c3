import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const latencyBuckets = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3_600];
const sizeBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** What a gauge with labels reads. */
export type Reading = { labels: Record<string, string>; value: number };

function createInstruments(registers: Registry[]) {
  return {
    httpSeconds: new Histogram({
      name: 'taquilla_http_request_seconds',
      help: 'Time from the request to its answer, by route',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: secondsBuckets,
      registers,
    }),
    groupOrders: new Histogram({
      name: 'taquilla_group_orders',
      help: 'Requests that a group decided together, by kind of group',
      labelNames: ['kind'] as const,
      buckets: sizeBuckets,
      registers,
    }),
    groupSeconds: new Histogram({
      name: 'taquilla_group_seconds',
      help: 'Time in the database of a group, from asking for a connection to the commit, by kind',
      labelNames: ['kind'] as const,
      buckets: secondsBuckets,
      registers,
    }),
    orders: new Counter({
      name: 'taquilla_orders_total',
      help: 'Orders that a group has decided, by outcome',
      labelNames: ['outcome'] as const,
      registers,
    }),
    fiscalBlocks: new Counter({
      name: 'taquilla_fiscal_blocks_total',
      help: 'Blocks of fiscal numbers that were leased ahead of need',
      registers,
    }),
    stepSeconds: new Histogram({
      name: 'taquilla_step_seconds',
      help: 'Time that a step of a sale takes, by name and outcome',
      labelNames: ['step', 'outcome'] as const,
      buckets: secondsBuckets,
      registers,
    }),
    messages: new Counter({
      name: 'taquilla_messages_total',
      help: 'Messages that were accepted by their provider, have failed for good or came back, by channel and kind',
      labelNames: ['channel', 'kind', 'state'] as const,
      registers,
    }),
    stepLatency: new Histogram({
      name: 'taquilla_step_latency_seconds',
      help: 'Time from the confirmation of a sale to the end of a step of it, by name',
      labelNames: ['step'] as const,
      buckets: latencyBuckets,
      registers,
    }),
    seriesHeldSeconds: new Histogram({
      name: 'taquilla_series_held_seconds',
      help: 'Time that a group holds the row of its fiscal series, of one group a second',
      buckets: secondsBuckets,
      registers,
    }),
    refusals: new Counter({
      name: 'taquilla_refusals_total',
      help: 'Problems answered, by code',
      labelNames: ['code'] as const,
      registers,
    }),
  };
}

/** The instruments of a process. A room that measures gets the one it needs, not the registry. */
export type Metrics = ReturnType<typeof createMetrics>;

/** Creates the instruments of a process in a registry of their own, so that two servers in one process do not meet. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    ...createInstruments(registers),
    memoryReleases: new Counter({
      name: 'taquilla_memory_releases_total',
      help: 'Times that a thread gave the memory of a burst back, by thread',
      labelNames: ['thread'] as const,
      registers,
    }),
    /** A gauge that is read when it is scraped: streams open, connections waiting, lanes. */
    gauge(name: string, help: string, read: () => number): void {
      new Gauge({
        name: `taquilla_${name}`,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    },
    /** The same with labels, or when reading takes its time. */
    gauges(name: string, help: string, labelNames: string[], read: () => Promise<Reading[]>): void {
      new Gauge({
        name: `taquilla_${name}`,
        help,
        labelNames,
        registers,
        async collect() {
          const readings = await read();
          this.reset();
          for (const { labels, value } of readings) this.set(labels, value);
        },
      });
    },
  };
}
