import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const sizeBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

/** The instruments of a process. A room that measures gets the one it needs, not the registry. */
export type Metrics = ReturnType<typeof createMetrics>;

/** Creates the instruments of a process in a registry of their own, so that two servers in one process do not meet. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    httpSeconds: new Histogram({
      name: 'taquilla_http_request_seconds',
      help: 'Time from the request to its answer, by route',
      labelNames: ['method', 'route', 'status'] as const,
      buckets: secondsBuckets,
      registers,
    }),
    groupOrders: new Histogram({
      name: 'taquilla_group_orders',
      help: 'Orders committed together, by kind of group',
      labelNames: ['kind'] as const,
      buckets: sizeBuckets,
      registers,
    }),
    groupSeconds: new Histogram({
      name: 'taquilla_group_seconds',
      help: 'Time that a group takes from its first statement to its commit, by kind',
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
    refusals: new Counter({
      name: 'taquilla_refusals_total',
      help: 'Problems answered, by code',
      labelNames: ['code'] as const,
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
  };
}
