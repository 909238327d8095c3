import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { redactUrl, type Logger } from '../telemetry/logger.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { ServiceMeter } from '../telemetry/service-reading.ts';

function logRequest(request: FastifyRequest, reply: FastifyReply, route: string): void {
  const status = reply.statusCode;
  const quiet = status < 400 && (request.routeOptions.config.hot === true || route.includes('*'));
  const level = quiet ? 'debug' : 'info';
  if (!(request.log as Logger).isLevelEnabled(level)) return;
  request.log[level](
    {
      method: request.method,
      route,
      url: redactUrl(request.url),
      status,
      milliseconds: Math.round(reply.elapsedTime * 10) / 10,
    },
    'request',
  );
}

/** Writes one line a request to the log, without tokens and without who asked, and measures it by route. */
export function observeRequests(app: FastifyInstance, metrics: Metrics, meter: ServiceMeter): void {
  app.decorateReply('problemCode', '');
  app.addHook('onResponse', (request, reply, done) => {
    // Unknown paths share one label: a label for each would grow without end.
    const route = request.is404 ? 'unknown' : (request.routeOptions.url ?? 'unknown');
    const labels = { method: request.method, route, status: String(reply.statusCode) };
    metrics.httpSeconds.observe(labels, reply.elapsedTime / 1000);
    meter.noteRequest(route, reply.statusCode, reply.elapsedTime / 1000);
    if (reply.problemCode !== '') metrics.refusals.inc({ code: reply.problemCode });
    logRequest(request, reply, route);
    done();
  });
}
