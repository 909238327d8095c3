import { Type } from 'typebox';
import type { Metrics } from '../telemetry/metrics.ts';
import type { App } from './app.ts';

/** `/metrics` for Prometheus. */
export function readMetricsRoute(app: App, deps: { metrics: Metrics }): void {
  const { registry } = deps.metrics;
  app.get(
    '/metrics',
    {
      config: { hot: true },
      schema: {
        operationId: 'readMetrics',
        tags: ['operation'],
        summary: 'Measurements in the Prometheus text format',
        response: { 200: { content: { 'text/plain': { schema: Type.String() } } } },
      },
    },
    async (_request, reply) =>
      reply
        .type(registry.contentType)
        .serializer(String)
        .send(await registry.metrics()),
  );
}
